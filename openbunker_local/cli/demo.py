"""`openbunker demo`: the demo project's curls again, or its keys as shell variables."""

import shlex
from dataclasses import asdict
from typing import Annotated

import typer

from openbunker_local import demo as demos
from openbunker_local.cli.tenants import existing
from openbunker_local.cli.terminal.curls import curls
from openbunker_local.cli.terminal.exits import cannot
from openbunker_local.cli.terminal.options import DEFAULT_DATA, DataOption, JsonOption
from openbunker_local.cli.terminal.program import typed
from openbunker_local.cli.terminal.tables import show_json
from openbunker_local.demo import Demo


def demo(
    data: DataOption = DEFAULT_DATA,
    *,
    export: Annotated[bool, typer.Option("--export", help="Print shell variables.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the demo project's curls again, or its keys as shell variables."""
    project = demos.load(existing(data))
    if project is None:
        cannot(f"There is no {data / demos.FILE} yet. `{typed()} run` makes it.")
    if as_json:
        show_json(asdict(project))
    elif export:
        for name, value in asdict(project).items():
            typer.echo(f"export {name.upper()}={shlex.quote(value)}")
    else:
        show(project)


def show(project: Demo) -> None:
    """Print the curls so that they can be selected and pasted."""
    for title, command in curls(project).items():
        typer.secho(f"# {title}", fg="cyan", bold=True)
        typer.echo(command + "\n")
