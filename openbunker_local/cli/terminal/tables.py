"""Rows for people and JSON for programs. Knows widths, and nothing of what rows mean.

On a terminal only the columns named `free` are folded; where the others do not fit, each
row is told member by member. Into a pipe every row is one whole line.
"""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer

from openbunker_local.cli.terminal.printable import printable

GAP, LEAST_FREE = 2, 12
NO_VALUE: tuple[Any, ...] = (None, "", [])
SHOWN_ONCE = "This key is shown once; keep it now."
Rows = Sequence[Mapping[str, Any]]


def show(
    rows: Rows,
    columns: Sequence[str],
    nothing: str,
    free: Sequence[str] = (),
    spare: str = "",
) -> None:
    """Print some members of each row, or what there is to say where there is none.

    The `spare` column is an ornament: it is there on a terminal that has room for it.
    """
    if not rows:
        typer.echo(nothing)
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    plain = [name for name in columns if name != spare]
    found = list(lines(rows, plain, free, width))
    if spare and width is not None:
        whole = list(lines(rows, columns, free, None))
        found = whole if max(map(len, whole)) <= width else found
    for line in found:
        typer.echo(line)


def lines(
    rows: Rows, columns: Sequence[str], free: Sequence[str], width: int | None
) -> Iterator[str]:
    """Yield the lines of a table. Columns without any value are left out."""
    names = [name for name in columns if any(row.get(name) not in NO_VALUE for row in rows)]
    texts = [[text(row.get(name)) for name in names] for row in rows]
    right = [all(_is_number(row.get(name)) for row in rows) for name in names]
    if width is None:
        texts = [[cell.replace("\n", " ") for cell in row] for row in texts]
    widths = _widths(names, texts)
    if width is not None:
        _fold(widths, names, free, width)
        if _total(widths) > width:
            yield from _told_one_by_one(names, texts, free, width)
            return
    for row in (names, *texts):
        yield from _line(row, widths, right)


def _widths(names: Sequence[str], texts: Sequence[Sequence[str]]) -> list[int]:
    """Return how wide each column is when nothing is folded."""
    columns = zip(names, *texts, strict=True)
    return [max(len(part) for cell in column for part in cell.split("\n")) for column in columns]


def _fold(widths: list[int], names: Sequence[str], free: Sequence[str], width: int) -> None:
    """Take from the free columns, the widest first, what is too wide; none below its least."""
    order = sorted(
        (at for at, name in enumerate(names) if name in free), key=lambda at: -widths[at]
    )
    for at in order:
        least = max(len(names[at]), min(widths[at], LEAST_FREE))
        widths[at] -= min(widths[at] - least, max(_total(widths) - width, 0))


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    folded = [_folded(cell, width) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, folded))):
        parts = [cell[number] if number < len(cell) else "" for cell in folded]
        padded = [
            part.rjust(width) if to_the_right else part.ljust(width)
            for part, width, to_the_right in zip(parts, widths, right, strict=True)
        ]
        yield (" " * GAP).join(padded).rstrip()


def _folded(cell: str, width: int) -> list[str]:
    found = [part for line in cell.split("\n") for part in textwrap.wrap(line, width) or [""]]
    return found if len(cell) > width or "\n" in cell else [cell]


def _told_one_by_one(
    names: Sequence[str], texts: Sequence[Sequence[str]], free: Sequence[str], width: int
) -> Iterator[str]:
    names_width = max(map(len, names))
    left = max(width - names_width - GAP, LEAST_FREE)
    for number, row in enumerate(texts):
        if number:
            yield ""
        for name, cell in zip(names, row, strict=True):
            parts = _folded(cell, left) if name in free else [cell]
            for told, part in zip([name, *[""] * len(parts)], parts, strict=False):
                if cell:
                    yield f"{told:{names_width}}  {part}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def text(value: Any) -> str:
    """Return a value as a terminal may show it."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(text, value))
    if _is_number(value):
        return f"{value:,}"
    return json.dumps(value) if isinstance(value, dict | bool) else printable(str(value))


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: 1 day, 2 days."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def show_one(told: Mapping[str, Any]) -> None:
    """Print what is told of one thing, a member a line; what has no value is left out."""
    told = {name: value for name, value in told.items() if value not in NO_VALUE}
    width = max(map(len, told))
    for name, value in told.items():
        typer.echo(f"{name:{width}}  {text(value)}")


def show_json(value: Any) -> None:
    """Print JSON for programs."""
    typer.echo(json.dumps(value, indent=2))


def show_secret(told: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what is told of a new key, its text among it."""
    if as_json:
        show_json(told)
        return
    show_one(told)
    typer.secho(SHOWN_ONCE, fg="yellow", err=True)


def more(cursor: str | None) -> None:
    """Say how to go on where a listing does not end."""
    if cursor:
        typer.secho(f"There are more: --cursor {cursor}", err=True)
