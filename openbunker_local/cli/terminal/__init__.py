"""How commands talk with who typed them, and how they end. Nothing of events or tenants.

asking     Asks before something is ended
curls      One curl per dialect, ready to paste, with the demo's keys filled in
exits      How a command ends
failures   Which error ends a command with which code: one place for all commands
options    The options that several commands have
printable  What others wrote, as a terminal may show it
program    What to type: the command's name as whoever reads a message can type it
progress   A progress bar on a terminal, and nothing where there is nothing to do
tables     Rows for people and JSON for programs
times      How a time on the command line is read: one way, for every command
"""
