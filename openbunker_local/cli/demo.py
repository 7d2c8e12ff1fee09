"""`openbunker demo`: the demo project's curls again, or its keys as shell variables."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel

from openbunker_local import demo as demos
from openbunker_local.cli.curls import curls
from openbunker_local.cli.shared import DEFAULT_DATA, stop
from openbunker_local.demo import Demo

DataOption = Annotated[Path, typer.Option(help="Folder of events and keys.")]


def demo(
    data: DataOption = DEFAULT_DATA,
    export: Annotated[bool, typer.Option(help="Print shell variables instead.")] = False,
) -> None:
    """Show the demo project's curls again, or its keys as shell variables."""
    project = demos.load(data)
    if project is None:
        stop(f"There is no {data / demos.FILE} yet. `make run` makes it.")
    if export:
        for name, value in asdict(project).items():
            typer.echo(f"export {name.upper()}={shlex.quote(value)}")
    else:
        show(Console(), project)


def show(console: Console, project: Demo) -> None:
    """Print the curls so that they can be selected and pasted."""
    for title, command in curls(project).items():
        console.print(Panel.fit(title, border_style="cyan"))
        print(command + "\n")  # noqa: T201  # rich would wrap it
