"""`openbunker run`: its options, and what they start. What runs is `runtime`'s.

command  `openbunker run`: the whole collector on this machine, until Ctrl-C or SIGTERM
config   The options of `openbunker run` from a file: TOML, each option under its own name
options  The options that bound what clients may do and leave behind
twin     `openbunker run --testing`: what is typed for a twin
"""
