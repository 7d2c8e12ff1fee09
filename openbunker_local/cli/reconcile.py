"""`openbunker reconcile`: do the books close? A table, and exit code 1 when they do not.

Prints and parses options; the comparison is `books.compare`'s, AWS is `stack.books`'s.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from openbunker.core.errors import QueryUnavailable
from openbunker_local.stream.delivered import ALWAYS_MS

if TYPE_CHECKING:  # --help stays fast
    from openbunker_local.books.compare import Line

ANSWERED = ("received", "stored", "spilled", "refused", "retry")
LYING = ("lying", "waiting", "missing", "unanswered", "copies", "duplicates")
COLUMNS = (*ANSWERED, *LYING)
# From here on no heading is cut, with project ids of usual length.
WIDE = 150


def reconcile(
    data: Annotated[Path, typer.Option(help="Folder of events and keys.")] = Path(".openbunker"),
    since: Annotated[
        str, typer.Option("--from", help="First time of receipt, ISO 8601, UTC; default: all.")
    ] = "",
    until: Annotated[str, typer.Option("--to", help="Time of receipt to end before.")] = "",
    stack: Annotated[str, typer.Option(help="Compare a deployed stack instead.")] = "",
    strict: Annotated[bool, typer.Option(help="Fail for unanswered events too.")] = False,
) -> None:
    """Compare what was answered with what lies in the store; exit 1 for a loss or for damage."""
    from_ms, to_ms = milliseconds(since, 0), milliseconds(until, ALWAYS_MS)
    if stack:
        from openbunker_local.stack import books as stack_books  # noqa: PLC0415  # it needs boto3

        lines = stack_books.reconcile(stack, from_ms, to_ms)
    elif data.is_dir():
        from openbunker_local.books import compare as reconciliation  # noqa: PLC0415

        try:
            lines = reconciliation.reconcile(data, from_ms, to_ms)
        except QueryUnavailable as error:
            print(f"The cold events cannot be read: {error}")  # noqa: T201  # as in show
            raise typer.Exit(1) from error
    else:
        raise typer.BadParameter(f"there is no folder {data}")
    code = show(Console(), lines)
    if not stack and show_damage(data):
        code = 1
    surplus = strict and any(line.unanswered for line in lines)
    raise typer.Exit(1 if surplus else code)


def show(console: Console, lines: "Sequence[Line]") -> int:
    """Print the table and what is wrong; return the exit code."""
    console.print((_wide if console.width >= WIDE else _narrow)(lines))
    bad = [line for line in lines if not line.closes]
    for line in bad:
        some = ", ".join(line.some_missing)
        text = f"{line.project} {line.hour}: {line.missing} answered events are missing"
        print(f"{text}: {some}" if some else text)  # noqa: T201  # rich would wrap it
    if not bad:
        console.print(f"The books close: {sum(line.received for line in lines):,} items.")
    return 1 if bad else 0


def show_damage(data: Path) -> bool:
    """Print the files that are not as they were written; return whether there are any."""
    from openbunker_local.cold import manifest, stored  # noqa: PLC0415

    found = stored.problems(data, manifest.load(data))
    for name, problem in found.items():
        print(f"{name} is damaged: {problem}")  # noqa: T201  # rich would wrap it
    return bool(found)


def _wide(lines: "Sequence[Line]") -> Table:
    table = Table("project", "hour", *COLUMNS, title="the books")
    for line in lines:
        values = (f"{getattr(line, name):,}" for name in COLUMNS)
        table.add_row(line.project, line.hour, *values, style=_style(line))
    return table


def _narrow(lines: "Sequence[Line]") -> Table:
    """Return a table of what is not zero, in words, where the columns would be cut."""
    table = Table("project", "hour", "answered", "in the store", title="the books", show_lines=True)
    for line in lines:
        told = [
            "\n".join(f"{name} {getattr(line, name):,}" for name in names if getattr(line, name))
            for names in (ANSWERED, LYING)
        ]
        table.add_row(line.project, line.hour, *told, style=_style(line))
    return table


def _style(line: "Line") -> str:
    return "" if line.closes else "bold red"


def milliseconds(text: str, default: int) -> int:
    """Return an ISO time in milliseconds since the epoch. Raises BadParameter."""
    if not text:
        return default
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no time such as 2026-11-21T04:00") from error
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return int(at.timestamp() * 1000)
