"""`openbunker backup` and `openbunker restore`: a copy of a data folder, and back.

Print and parse options; the work is `openbunker_local.backup`'s. Exit code 1 tells of damage.
"""

from pathlib import Path
from typing import Annotated

import typer

from openbunker.wiring import system
from openbunker_local.backup.restore import restore as restored
from openbunker_local.backup.take import take, take_erasures
from openbunker_local.cli.tenants import existing
from openbunker_local.cli.terminal.exits import Code
from openbunker_local.cli.terminal.options import DEFAULT_DATA, DataOption
from openbunker_local.cli.terminal.tables import count

TargetArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="Where to: a folder that is not there yet.")
]
ErasuresOption = Annotated[
    bool, typer.Option("--erasures-only", help="Copy who is erased into the file DIR, no more.")
]

BackupArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The backup.")]
LaterOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--erasures",
        help="Where later erasures are kept: a data folder, a newer backup, or a file of "
        "`backup --erasures-only`. May be given several times.",
    ),
]
DamagedOption = Annotated[
    bool, typer.Option("--without-damaged", help="Leave out files that are damaged, and go on.")
]


def backup(
    target: TargetArgument,
    *,
    data: DataOption = DEFAULT_DATA,
    erasures_only: ErasuresOption = False,
) -> None:
    """Copy a data folder, also while a server and its compaction work in it."""
    if erasures_only:
        take_erasures(existing(data), target)
        return
    damaged = take(existing(data), target, system.now_ms())
    for name, problem in damaged.items():
        typer.secho(f"{name} is damaged, and lies in the backup as it is: {problem}", err=True)
    typer.echo(f"{data} is backed up in {target}.")
    raise typer.Exit(Code.REFUSED if damaged else Code.DONE)


def restore(
    backup: BackupArgument,
    *,
    data: DataOption = DEFAULT_DATA,
    erasures: LaterOption = None,
    without_damaged: DamagedOption = False,
) -> None:
    """Make a data folder of a backup, and ask for the erasures of since then again."""
    later, damaged = restored(backup, data, erasures or (), damaged_too=without_damaged)
    for name, problem in damaged.items():
        typer.secho(f"{name} was left out: {problem}", err=True)
    again = count(later, "erasure was", "erasures were")
    typer.echo(f"{backup} is restored into {data}; {again} asked for again.")
    if not erasures:
        told = "Erasures that came after the backup are not known: name them with --erasures."
        typer.secho(told, fg="yellow", err=True)
    raise typer.Exit(Code.REFUSED if damaged else Code.DONE)
