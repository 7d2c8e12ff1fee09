"""Which lines of an object an erasure takes out. Pure: lines in, lines out.

Objects of events and of what was refused differ in how a row is known to be a customer's. Most
lines of events are never read as JSON: they do not hold her name as we write it. Of what was
refused every line of her project is read: somebody else wrote it, in any spelling.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from openbunker.core.refused_rows import MAX_MESSAGE_CHARACTERS
from openbunker.erasure.hashing import hash_of
from openbunker.erasure.mentions import LooseText, Text, ends_within
from openbunker.erasure.model import Erasure

Row = Mapping[str, Any]
# With more needles than this it costs less to read each line.
MANY_NEEDLES = 64


@dataclass(frozen=True, slots=True)
class Sifted:
    """The lines that stay, and the rows that do not with the erasure that took each."""

    kept: bytes
    gone: Sequence[tuple[Erasure, Row]]


class Hunt(Protocol):
    """How the rows of a place are searched for those of some erasures.

    Built once for however many objects, and used by several threads.
    """

    @property
    def needles(self) -> Sequence[bytes]:
        """Return what a line holds that may go."""

    def takers(self, row: Row) -> Iterator[Erasure]:
        """Yield the erasures that a row is to go for. Raises KeyError for what is no row."""


class Events:
    """Rows of events: hers where her name stands in the column of the erasure."""

    def __init__(self, erasures: Sequence[Erasure]) -> None:
        self.needles = names(erasures)
        self._columns = dict.fromkeys(one.column for one in erasures)
        self._known: defaultdict[tuple[str, str], list[Erasure]] = defaultdict(list)
        for one in erasures:
            self._known[one.project_id, one.customer_hash].append(one)

    def takers(self, row: Row) -> Iterator[Erasure]:
        """Yield the erasures that a row is to go for."""
        project_id, received_ms = row["project_id"], row["received_ms"]
        for column in self._columns:
            if (value := row.get(column)) is not None:
                known = self._known.get((project_id, hash_of(project_id, value, column)), ())
                yield from (one for one in known if received_ms <= one.requested_ms)


class Refusals:
    """Rows of what was refused: hers where their key, or what they tell, names her."""

    def __init__(self, erasures: Sequence[Erasure]) -> None:
        self._of: defaultdict[str, list[Erasure]] = defaultdict(list)
        for one in erasures:
            self._of[one.project_id].append(one)
        self.needles = [json.dumps(project_id).encode() for project_id in self._of]

    def takers(self, row: Row) -> Iterator[Erasure]:
        """Yield the erasures that a row is to go for."""
        of_project = self._of.get(row["project_id"], ())
        erasures = [one for one in of_project if row["received_ms"] <= one.requested_ms]
        if erasures:
            told = _Told(row)
            yield from (one for one in erasures if told.of(one))


class Either:
    """Rows of both streams, side by side."""

    def __init__(self, erasures: Sequence[Erasure]) -> None:
        self._events, self._refused = Events(erasures), Refusals(erasures)
        self.needles = [*self._events.needles, *self._refused.needles]

    def takers(self, row: Row) -> Iterator[Erasure]:
        """Yield the erasures that a row is to go for."""
        return (self._refused if "refused_id" in row else self._events).takers(row)


class _Told:
    """What a refused row tells, read once for all erasures of its project."""

    def __init__(self, row: Row) -> None:
        self._hash = row.get("customer_hash")
        self._payload, self._message = Text(row["payload"]), row["message"]
        self._ours = LooseText("\n".join((row["message"], row.get("field") or "")))

    def of(self, erasure: Erasure) -> bool:
        if self._hash == erasure.customer_hash:
            return True
        name = erasure.customer_identifier
        if not name:  # the empty text stands everywhere, and names nobody there
            return False
        if self._payload.unreadable or self._payload.names(name) or self._ours.says(name):
            return True
        return len(self._message) == MAX_MESSAGE_CHARACTERS and ends_within(self._message, name)


# What a place is searched with, for erasures that are not known yet.
Hunting = Callable[[Sequence[Erasure]], Hunt]
EVENTS, REFUSED, EITHER = Events, Refusals, Either


def names(erasures: Iterable[Erasure]) -> list[bytes]:
    """Return how the names stand in a line that we wrote, or in a text within one."""
    named = (one.customer_identifier for one in erasures)
    forms = [form for name in named if name is not None for form in _quoted(name)]
    within = [text[1:-1] for form in forms for text in _quoted(form)]
    return list(dict.fromkeys(form.encode() for form in (*forms, *within)))


def sifted(lines: bytes, hunt: Hunt) -> Sifted:
    """Return the lines without the rows of erasures that still know their customer.

    Raises ValueError or KeyError for a line that might be hers and is no row.
    """
    kept, gone = [], []
    for line, row in _rows(lines, hunt):
        taker = row and next(hunt.takers(row), None)
        if row and taker:
            gone.append((taker, row))
        else:
            kept.append(line)
    return Sifted(b"".join(kept) if gone else lines, gone)


def takers(lines: bytes, hunt: Hunt) -> set[str]:
    """Return the ids of all erasures that a line is to go for. Raises as `sifted` does."""
    return {one.erasure_id for _, row in _rows(lines, hunt) if row for one in hunt.takers(row)}


def _rows(lines: bytes, hunt: Hunt) -> Iterator[tuple[bytes, Row | None]]:
    """Yield each line, and what it holds where it may be hers."""
    needles = hunt.needles
    few = len(needles) <= MANY_NEEDLES
    if not needles or (few and not any(needle in lines for needle in needles)):
        return
    for line in lines.splitlines(keepends=True):
        if few and not any(needle in line for needle in needles):
            yield line, None
            continue
        try:
            yield line, json.loads(line)
        except ValueError:
            if any(needle in line for needle in needles):
                raise
            yield line, None


def _quoted(text: str) -> list[str]:
    """Return how a text stands in JSON that we wrote: as it is, or as ASCII with escapes."""
    forms = (json.dumps(text, ensure_ascii=escaped) for escaped in (False, True))
    return list(dict.fromkeys(forms))
