"""`openbunker reconcile`: do the books close? A table, and exit code 1 when they do not.

Prints and parses options; the comparison is `books.compare`'s, AWS is `stack.books`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from openbunker_local.books import compare
from openbunker_local.books.compare import Line
from openbunker_local.cli.tenants import existing
from openbunker_local.cli.terminal import tables
from openbunker_local.cli.terminal.exits import Code
from openbunker_local.cli.terminal.options import (
    DEFAULT_DATA,
    AnyProjectOption,
    DataOption,
    FromOption,
    JsonOption,
    StackOption,
    ToOption,
)
from openbunker_local.cli.terminal.times import span
from openbunker_local.cold import manifest, stored
from openbunker_local.sqlite import audit
from openbunker_local.stream.delivered import ALWAYS_MS

ANSWERED = ("received", "stored", "spilled", "refused", "retry")
LYING = ("lying", "waiting", "missing", "unanswered", "copies", "duplicates")
COLUMNS = ("project", "hour", *ANSWERED, *LYING)


def reconcile(
    *,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    project: AnyProjectOption = "",
    from_: FromOption = "",
    to: ToOption = "",
    strict: Annotated[
        bool, typer.Option("--strict", help="Events that nobody was told of do not close either.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare what was answered with what is stored, by time of receipt.

    Exit code 1 says that answered events are missing or files damaged, 3 that nobody can say.
    """
    found = _lines(data, stack, span(from_, to, 0, ALWAYS_MS))
    lines = [line for line in found if line.project == project or not project]
    damaged = {} if stack else stored.problems(data, manifest.load(data)) | audit.problems(data)
    surplus = strict and any(line.unanswered for line in lines)
    closed = all(line.closes for line in lines) and not damaged and not surplus
    if as_json:
        rows = [{**asdict(line), "closes": line.closes} for line in lines]
        tables.show_json({"closes": closed, "lines": rows, "damaged": damaged})
    else:
        show(lines, damaged if stack else damaged | stored.set_aside(data))
    raise typer.Exit(Code.DONE if closed else Code.REFUSED)


def _lines(data: Path, stack: str, times: tuple[int, int]) -> Sequence[Line]:
    if not stack:
        return compare.reconcile(existing(data), *times)
    # Not every installation has boto3, and it costs 100 ms and more of CPU.
    from openbunker_local.stack import books  # noqa: PLC0415

    return books.reconcile(stack, *times)


def show(lines: Sequence[Line], damaged: Mapping[str, str]) -> None:
    """Print the table, with the numbers that are not 0 in every line, and what is wrong."""
    used = [name for name in COLUMNS if any(getattr(line, name) for line in lines)]
    tables.show([asdict(line) for line in lines], used, "There is no event in these times.")
    bad = [line for line in lines if not line.closes]
    for line in bad:
        some = ", ".join(line.some_missing)
        missing = tables.count(line.missing, "answered event is", "answered events are")
        told = f"{line.project} {line.hour}: {missing} missing" + (f": {some}" if some else "")
        typer.secho(told, fg="red", bold=True)
    if not bad:
        typer.echo(f"The books close: {tables.count(sum(one.received for one in lines), 'item')}.")
    for name, problem in damaged.items():
        typer.secho(f"{name} is damaged: {problem}", fg="red", bold=True)
