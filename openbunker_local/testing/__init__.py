"""The twin: this collector as other people's tests use it, with fixed keys, a clock and a reset.

Nothing of it is in a server that was not started with `--testing`. `plugin` is loaded in every
pytest run of an environment that has openbunker, so this file imports nothing.

    client       A twin as a test speaks to it: started as a process, asked over HTTP
    clock        The clock of a twin
    differences  How the events that came differ from the one that a test expects, in words
    faults       Faults on demand
    front        What a twin answers besides the collector's own routes
    keys         The keys of a twin: the same at each start, or those of a TOML file
    ledger       What a twin has taken in and refused since its reset, for tests to read
    parts        The parts of a twin: a clock that is set, and a disk that waits for no platter
    place        Where a twin's events lie: one data folder after another, a new one at each reset
    plugin       The pytest plugin: the fixture `openbunker`
    seen         Sees what becomes of each request to a twin
    twin         A twin, started and ended
"""
