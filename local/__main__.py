"""`python -m local`: the same command line as the `openbunker` script."""

from local.cli import app

app()
