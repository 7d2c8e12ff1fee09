"""Which lines of an object an erasure takes out. Pure: lines in, lines out.

Objects of events and of what was refused differ in how a row is known to be a customer's. Most
lines are never read as JSON: they do not hold her name.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbunker.erasure.model import Erasure

Row = Mapping[str, Any]
# Whether a row is one of those that an erasure takes out.
Taken = Callable[[Erasure, Row], bool]


@dataclass(frozen=True, slots=True)
class Sifted:
    """The lines that stay, and the rows that do not with the erasure that took each."""

    kept: bytes
    gone: Sequence[tuple[Erasure, Row]]


def of_customer(erasure: Erasure, row: Row) -> bool:
    """Return whether a row of an event is to go."""
    return erasure.covers(row["project_id"], row.get("customer_identifier"), row["received_ms"])


def names_customer(erasure: Erasure, row: Row) -> bool:
    """Return whether a row of something refused is to go: its text names the customer."""
    named = erasure.customer_identifier
    if named is None or row["project_id"] != erasure.project_id:
        return False
    early = row["received_ms"] <= erasure.requested_ms
    return early and any(text in row["payload"] for text in quoted(named))


def sifted(lines: bytes, erasures: Sequence[Erasure], taken: Taken) -> Sifted:
    """Return the lines without the rows of erasures that still know their customer.

    Raises ValueError or KeyError for a line that might be hers and is no row.
    """
    names = needles(erasures)
    if not any(name in lines for name in names):
        return Sifted(lines, ())
    kept, gone = [], []
    for line in lines.splitlines(keepends=True):
        row = json.loads(line) if any(name in line for name in names) else None
        taker = row and next((one for one in erasures if taken(one, row)), None)
        if row and taker:
            gone.append((taker, row))
        else:
            kept.append(line)
    return Sifted(b"".join(kept), gone)


def quoted(customer_identifier: str) -> list[str]:
    """Return how a text can stand in JSON that we wrote: as it is, or as ASCII with escapes."""
    forms = (json.dumps(customer_identifier, ensure_ascii=escaped) for escaped in (False, True))
    return list(dict.fromkeys(forms))


def needles(erasures: Iterable[Erasure]) -> list[bytes]:
    """Return how the names can stand in a line: as JSON text, or as that within a text."""
    named = (one.customer_identifier for one in erasures)
    forms = [form for name in named if name is not None for form in quoted(name)]
    within = [text[1:-1] for form in forms for text in quoted(form)]
    return list(dict.fromkeys(form.encode() for form in (*forms, *within)))
