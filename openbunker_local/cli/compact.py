"""`openbunker compact`: what a server does in the background, now and with a progress bar.

Works beside a running server as well as without one: the lock is that of the cold events.
"""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from openbunker.wiring import system
from openbunker_local.cli.tenants import existing
from openbunker_local.cli.terminal import tables
from openbunker_local.cli.terminal.exits import Code, cannot
from openbunker_local.cli.terminal.options import DEFAULT_DATA, DataOption, JsonOption
from openbunker_local.cli.terminal.progress import Bar
from openbunker_local.compaction import job
from openbunker_local.compaction.run import Result
from openbunker_local.stream.undelivered import oldest_ms


def compact(
    *,
    data: DataOption = DEFAULT_DATA,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Cores to use.")] = 2,
    as_json: JsonOption = False,
) -> None:
    """Make what was delivered in whole minutes cold: fewer, smaller files, each event once."""
    os.umask(0o077)
    now_ms = system.now_ms()
    with Bar("Compacting objects") as bar:
        to_ms = _delivered_to_ms(existing(data), now_ms)
        try:
            result = job.work(data, to_ms, now_ms, bar.update, threads)
        except job.FAILURES as error:
            cannot(f"{data} cannot be compacted: {error}")
    _show(result, as_json=as_json)
    raise typer.Exit(Code.REFUSED if result.unreadable else Code.DONE)


def _delivered_to_ms(data: Path, now_ms: int) -> int:
    """Return the time before which every arrival lies in an object, as the files tell it."""
    waiting = oldest_ms(data)
    return now_ms if waiting is None else min(waiting, now_ms)


def _show(result: Result, *, as_json: bool) -> None:
    told: dict[str, Any] = {
        "objects": result.objects,
        "events": result.rows,
        "copies": result.copies + result.again,
        "erased": result.erased,
        "days": len(result.days),
        "merged_files": result.merged,
        "seconds": round(result.seconds, 1),
    }
    if as_json:
        held_up = sorted(set(result.held_up))
        tables.show_json({**told, "unreadable": result.unreadable, "held_up": held_up})
        return
    tables.show([told], tuple(told), "")
    for name, problem in sorted(result.unreadable.items()):
        typer.secho(f"{name} stays as it is: {problem}", fg="red", err=True)
    for reason in sorted(set(result.held_up)):
        typer.secho(f"An erasure is not done: {reason}", fg="yellow", err=True)
