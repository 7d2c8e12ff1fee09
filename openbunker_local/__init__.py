"""The same handlers on one machine, on embedded parts: `openbunker run`."""
