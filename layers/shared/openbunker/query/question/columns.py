"""What a question may name: the columns of a row, and fields of `properties` by dot path.

The columns are those of the Event itself, so a new one can be asked for at once. No SQL here.
"""

import re
from dataclasses import dataclass, fields
from enum import StrEnum

from openbunker.core.event import Event
from openbunker.core.refused_rows import Refused

PROPERTIES = "properties"
DATE_COLUMNS = ("timestamp_ms", "received_ms")
MAX_NAME = 200
MAX_DEPTH = 8

# A path is bound as a parameter. Quotes and backslashes would end its quoted part, an asterisk
# means "every key" in DuckDB's JSON paths, and control characters are nobody's field name.
_FORBIDDEN = re.compile(r'["\\*\x00-\x1f\x7f]|[\ud800-\udfff]')


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Field:
    """A field as the question names it: a column of the row, or a path into `properties`.

    `column` is empty exactly when `path` is not.
    """

    name: str
    column: str = ""
    path: tuple[str, ...] = ()

    @property
    def holds(self) -> str:
        """The kind as it stands in a sentence."""
        return "an integer" if self.kind is Kind.INTEGER else f"a {self.kind}"

    @property
    def kind(self) -> Kind | None:
        """What the column holds; None for a field of `properties`, which may hold anything."""
        return COLUMNS.get(self.column)


def field_named(name: str) -> Field:
    """Return the field of a name. Raises ValueError that says what a name may be.

    A column wins over a custom field of the same name; `properties.<name>` reaches the latter.
    """
    if not 1 <= len(name) <= MAX_NAME:
        raise ValueError(f"a field name has 1 to {MAX_NAME} characters")
    if _FORBIDDEN.search(name):
        raise ValueError('a field name holds no " \\ * and no control characters')
    if name in COLUMNS:
        return Field(name, column=name)
    path = tuple(name.removeprefix(PROPERTIES + ".").split("."))
    if name == PROPERTIES or not all(path):
        raise ValueError("name a column, a custom field, or a nested one as parent.child")
    if len(path) > MAX_DEPTH:
        raise ValueError(f"a path has at most {MAX_DEPTH} parts")
    return Field(name, path=path)


# The columns that are no text. What runs deployed knows no types, so this says what they are.
_NUMBERS = {
    **dict.fromkeys(("timestamp_ms", "received_ms", "payload_bytes", "item"), Kind.INTEGER),
    "metric_value": Kind.NUMBER,
}


def _kinds(row: type) -> dict[str, Kind]:
    return {column.name: _NUMBERS.get(column.name, Kind.TEXT) for column in fields(row)}


COLUMNS: dict[str, Kind] = {n: kind for n, kind in _kinds(Event).items() if n != PROPERTIES}
# What a question cannot name: the columns of the rows of what was refused.
REFUSED_COLUMNS: dict[str, Kind] = _kinds(Refused)
