"""The command line: which commands there are. What one does is said in a module of its own.

A command's module is loaded when it is asked for. That is the one place of the command line where
something is loaded late: with all of them, `openbunker --help` cost four times the CPU.
"""

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

ROOM = "openbunker_local.cli"
# By name: the module and what it is called there, and what a listing says of it.
COMMANDS = {
    "run": ("run.command", "run", "Run the whole collector on this machine."),
    "demo": ("demo", "demo", "Show the demo project's curls again, or its keys for a shell."),
    "doctor": ("checking.doctor", "doctor", "Try a running collector from outside, as clients do."),
    "reconcile": (
        "checking.reconcile",
        "reconcile",
        "Compare what was answered with what is stored.",
    ),
    "cost": ("checking.cost", "cost", "Compute what a month of a deployed stack costs."),
    "compact": ("compact", "compact", "Make what was delivered in whole minutes cold."),
    "backup": ("backup", "backup", "Copy a data folder, also while it is in use."),
    "restore": ("backup", "restore", "Make a data folder of a backup."),
    "export": ("export", "export", "Write the events of a project into a file, or a file a day."),
    "usage": ("usage", "usage", "Count events and bytes by project, day and dialect."),
    "limits": ("limits", "limits", "Show the limits of a project, or set them."),
    "refused": ("refused", "app", "What was refused of known keys, and another try."),
    "accounts": ("accounts", "app", "Who owns projects."),
    "projects": ("projects", "app", "Projects: what keys and events belong to."),
    "keys": ("keys", "app", "Keys of a project."),
    "audit": ("audit", "audit", "Show who changed which project or key when, newest first."),
}
# Commands whose options may come from the environment, under this prefix.
SETTINGS = {"run": {"auto_envvar_prefix": "OPENBUNKER"}}
HELP = "A self-hosted event collector that speaks several vendors' wire formats."


class Commands(TyperGroup):
    """The commands by name: told from the table above, loaded when one is to run."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, (_, _, text) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=text, rich_markup_mode=None))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the name, the loaded command and the rest of what was typed."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, found and loaded(str(name)), rest

    def invoke(self, ctx: Any) -> Any:
        """Run what was typed; whatever fails ends it with a sentence and a code."""
        from openbunker_local.cli.terminal import failures  # noqa: PLC0415  # a fifth of --help

        with failures.told():
            return super().invoke(ctx)


def loaded(name: str) -> Any:
    """Return a command or a group of commands, its module loaded."""
    module, attribute, _ = COMMANDS[name]
    found = getattr(import_module(f"{ROOM}.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        one = typer.Typer(add_completion=False, rich_markup_mode=None)
        one.command(name, context_settings=SETTINGS.get(name))(found)
        found = one
    return get_command(found)


app = typer.Typer(
    cls=Commands,
    help=HELP,
    no_args_is_help=True,
    # Help as plain text: with rich it costs twice as much (docs/decisions/0041).
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415  # a quarter of --help

        typer.echo(f"openbunker {version('openbunker')}")
        raise typer.Exit


@app.callback()
def openbunker(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """What all commands have in common is said by each of them."""
