"""The twin: this collector as other people's tests use it, with fixed keys, a clock and a reset.

Nothing of it is in a server that was not started with `--testing`. `plugin` is loaded in every
pytest run of an environment that has openbunker, so this file imports nothing.
"""
