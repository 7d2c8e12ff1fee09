"""`python -m openbunker_local`: the same command line as the `openbunker` script."""

from openbunker_local.cli.app import app

app()
