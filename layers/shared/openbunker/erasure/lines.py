"""Which lines of an object an erasure takes out. Pure: lines in, lines out.

Objects of events and of what was refused differ in how a row is known to be a customer's. Most
lines of events are never read as JSON: they do not hold her name as we write it. Of what was
refused every line of her project is read: somebody else wrote it, in any spelling.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbunker.erasure.mentions import mentions
from openbunker.erasure.model import Erasure

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sifted:
    """The lines that stay, and the rows that do not with the erasure that took each."""

    kept: bytes
    gone: Sequence[tuple[Erasure, Row]]


def of_customer(erasure: Erasure, row: Row) -> bool:
    """Return whether a row of an event is to go."""
    return erasure.covers(row["project_id"], row.get(erasure.column), row["received_ms"])


def names_customer(erasure: Erasure, row: Row) -> bool:
    """Return whether a row of something refused is to go: its key, or its text, names her."""
    if row["project_id"] != erasure.project_id or row["received_ms"] > erasure.requested_ms:
        return False
    if row.get("customer_hash") == erasure.customer_hash:
        return True
    named = erasure.customer_identifier
    if not named:  # the empty text stands everywhere, and names nobody there
        return False
    return mentions(row["payload"], named) or _said(row["message"], named)


def names(erasures: Iterable[Erasure]) -> list[bytes]:
    """Return how the names stand in a line that we wrote, or in a text within one."""
    named = (one.customer_identifier for one in erasures)
    forms = [form for name in named if name is not None for form in _quoted(name)]
    within = [text[1:-1] for form in forms for text in _quoted(form)]
    return list(dict.fromkeys(form.encode() for form in (*forms, *within)))


def projects(erasures: Iterable[Erasure]) -> list[bytes]:
    """Return how the projects stand in a line."""
    return list(dict.fromkeys(json.dumps(one.project_id).encode() for one in erasures))


@dataclass(frozen=True, slots=True)
class Hunt:
    """How a place is searched: whether a row goes, and what a line that may go holds."""

    taken: Callable[[Erasure, Row], bool]
    needles: Callable[[Iterable[Erasure]], Sequence[bytes]]


EVENTS, REFUSED = Hunt(of_customer, names), Hunt(names_customer, projects)


def sifted(lines: bytes, erasures: Sequence[Erasure], hunt: Hunt) -> Sifted:
    """Return the lines without the rows of erasures that still know their customer.

    Raises ValueError or KeyError for a line that might be hers and is no row.
    """
    needles = hunt.needles(erasures)
    if not any(needle in lines for needle in needles):
        return Sifted(lines, ())
    kept, gone = [], []
    for line in lines.splitlines(keepends=True):
        row = json.loads(line) if any(needle in line for needle in needles) else None
        taker = row and next((one for one in erasures if hunt.taken(one, row)), None)
        if row and taker:
            gone.append((taker, row))
        else:
            kept.append(line)
    return Sifted(b"".join(kept), gone)


def _said(message: str, name: str) -> bool:
    """Return whether our own text of a refusal quotes the name, as a word of its own."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", message) is not None


def _quoted(text: str) -> list[str]:
    """Return how a text stands in JSON that we wrote: as it is, or as ASCII with escapes."""
    forms = (json.dumps(text, ensure_ascii=escaped) for escaped in (False, True))
    return list(dict.fromkeys(forms))
