"""`openbunker compact`: what a server does in the background, now and with a progress bar.

Works beside a running server as well as without one: the lock is that of the cold events.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from openbunker.wiring import system

if TYPE_CHECKING:  # --help stays fast
    from openbunker_local.compaction.run import Result


def compact(
    data: Annotated[Path, typer.Option(help="Folder of events and keys.")] = Path(".openbunker"),
    threads: Annotated[int, typer.Option(min=1, help="Cores to use.")] = 2,
) -> None:
    """Make what was delivered in whole minutes cold: fewer, smaller files, each event once."""
    from openbunker_local.compaction import job  # noqa: PLC0415
    from openbunker_local.stream.disk import FolderInUse  # noqa: PLC0415

    if not data.is_dir():
        _stop(f"There is no data folder {data}. `make run` makes it.")
    os.umask(0o077)
    now_ms = system.now_ms()
    columns = (TextColumn("Compacting objects"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)
        try:
            result = job.work(
                data,
                _delivered_to_ms(data, now_ms),
                now_ms,
                lambda done, of: bar.update(task, completed=done, total=of),
                threads,
            )
        except FolderInUse as error:
            _stop(f"{error}: it is compacting. Try again when it has ended.")
        except job.FAILURES as error:
            _stop(f"Cannot compact {data}: {error}")
    _show(result)
    raise typer.Exit(1 if result.unreadable else 0)


def _delivered_to_ms(data: Path, now_ms: int) -> int:
    """Return the time before which every arrival lies in an object, as the files tell it."""
    from openbunker_local.stream.undelivered import oldest_ms  # noqa: PLC0415

    waiting = oldest_ms(data)
    return now_ms if waiting is None else min(waiting, now_ms)


def _show(result: "Result") -> None:
    table = Table("objects", "events", "copies", "erased", "days", "merged files", "seconds")
    numbers = (result.objects, result.rows, result.copies + result.again, result.erased)
    rest = (len(result.days), result.merged)
    table.add_row(*(f"{number:,}" for number in (*numbers, *rest)), f"{result.seconds:.1f}")
    Console().print(table)
    for name, problem in sorted(result.unreadable.items()):
        typer.secho(f"{name} stays as it is: {problem}", fg="red", err=True)
    for reason in sorted(set(result.held_up)):
        typer.secho(f"An erasure is not done: {reason}", fg="yellow", err=True)


def _stop(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)
