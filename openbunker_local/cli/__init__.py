"""The command line: one module a command or group. Rules live in the rooms it calls.

accounts   `openbunker accounts`: who owns projects, and their master keys
app        The command line: which commands there are
audit      `openbunker audit`: who made, changed or ended which project or key, and when
backup     `openbunker backup` and `openbunker restore`: a copy of a data folder, and back
compact    `openbunker compact`
demo       `openbunker demo`: the demo project's curls again, or its keys as shell variables
export     `openbunker export`
keys       `openbunker keys`: list, create, update, rotate, disable, enable, delete
limits     `openbunker limits`: what a project may send, shown or set
projects   `openbunker projects`: list, create, update, reset, delete, restore
refused    `openbunker refused list` and `openbunker refused replay`
resubmit   Sends refused rows again, mended, to a running server
tenants    Opens what commands work on: a data folder, or the tenants of a folder or a stack
usage      `openbunker usage`: what projects sent, by day and dialect
checking/  Commands that check: `openbunker doctor`, `openbunker reconcile`, `openbunker cost`
run/       `openbunker run`: its options, and what they start
terminal/  How commands talk with who typed them
"""
