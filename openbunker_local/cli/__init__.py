"""The command line: one module a command or group. Rules live in the rooms it calls."""
