"""The command line: which commands there are. What one does is said in a module of its own."""

import typer

from openbunker_local.cli import accounts, keys, projects, refused, usage
from openbunker_local.cli.audit import audit
from openbunker_local.cli.compact import compact
from openbunker_local.cli.demo import demo
from openbunker_local.cli.export import export
from openbunker_local.cli.reconcile import reconcile
from openbunker_local.cli.run.command import run

app = typer.Typer(
    help="A self-hosted event collector that speaks several vendors' wire formats.",
    no_args_is_help=True,
    add_completion=False,
)
for command in (run, demo, reconcile, compact, export, usage.usage, usage.limits, audit):
    app.command()(command)
for group in (refused, accounts, projects, keys):
    app.add_typer(group.app, name=group.__name__.rpartition(".")[2])
