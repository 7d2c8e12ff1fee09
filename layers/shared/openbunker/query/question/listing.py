"""The body of a listing: which fields of which events, newest first, page by page. No SQL.

Told apart from a question by its element `select`. What both have (periods, filters, field names)
is the question's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openbunker.query.question import columns, period, problems
from openbunker.query.question.basis import Basis
from openbunker.query.question.bodies import Choice, Element, Object, OrNull, Text, Told, Whole
from openbunker.query.question.columns import COLUMNS, PROPERTIES, Field
from openbunker.query.question.cursor import MAX_CURSOR
from openbunker.query.question.filters import FILTERS, Filter
from openbunker.query.question.period import Period

SELECT, EVERYTHING = "select", "*"
DEFAULT_LIMIT, MAX_LIMIT, MAX_FIELDS = 100, 1000, 60

# The sender's own fields as one object; no question may group by it.
WHOLE = Field(PROPERTIES, column=PROPERTIES)
ALL = (*(columns.field_named(name) for name in COLUMNS), WHOLE)


def _fields(value: object) -> tuple[Field, ...]:
    """Return the fields of a list of names, in its order."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_FIELDS:
        text = f'is an array of 1 to {MAX_FIELDS} field names, or ["{EVERYTHING}"]'
        raise ValueError(text)
    found = [field for index, name in enumerate(value) for field in _named(name, index)]
    names = [field.name for field in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"the field {name} is named twice")
    return tuple(found)


def _named(name: object, index: int) -> Sequence[Field]:
    if name == EVERYTHING:
        return ALL
    if name == PROPERTIES:
        return (WHOLE,)
    if not isinstance(name, str):
        raise ValueError(f"item {index}: a field name is a string")
    try:
        return (columns.field_named(name),)
    except ValueError as error:
        raise ValueError(f"item {index}: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A listing: the fields to show, of the events of a period that pass all filters."""

    select: tuple[Field, ...]
    time_period: Period
    time_basis: Basis = Basis.EVENT
    filters: tuple[Filter, ...] = ()
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None


LISTING = Object(
    Listing,
    {
        "select": Element(Told(_fields, tuple[str, ...]), required=True),
        "time_period": Element(period.KIND, required=True),
        "time_basis": Element(Choice(Basis)),
        "filters": Element(FILTERS),
        "limit": Element(Whole(1, MAX_LIMIT)),
        "cursor": Element(OrNull(Text(MAX_CURSOR))),
    },
)


def is_one(body: object) -> bool:
    """Return whether a body asks for events instead of computed columns."""
    return isinstance(body, dict) and SELECT in body


def parse(body: dict[str, Any]) -> Listing:
    """Return the listing of a JSON object. Raises RequestRefused naming every wrong element."""
    return problems.read(LISTING, body)
