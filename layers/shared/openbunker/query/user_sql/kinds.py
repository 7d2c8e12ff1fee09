"""The kinds of values in a user's SELECT, and which of them go together. Data and pure functions.

A kind is what both engines mean by a type. Numbers with a point are doubles here, decimals do not
exist: the engines differ in their digits.
"""

from enum import Enum

from sqlglot import exp

from openbunker.query.question.columns import COLUMNS, PROPERTIES
from openbunker.query.question.columns import Kind as Holds


class Kind(Enum):
    """What a value is, as it stands in a sentence."""

    BOOLEAN = "a truth value"
    INTEGER = "a whole number", 32
    BIGINT = "a whole number", 64
    DOUBLE = "a number"
    TEXT = "a text"
    JSON = "the JSON text of properties"
    DATE = "a date"
    TIME = "a timestamp"
    LENGTH = "an interval"
    MONTHS = "an interval of months"
    NULL = "null"

    def __str__(self) -> str:
        return str(self.value[0] if isinstance(self.value, tuple) else self.value)


Kinds = frozenset[Kind]
WHOLE: Kinds = frozenset({Kind.INTEGER, Kind.BIGINT})
NUMBER: Kinds = WHOLE | {Kind.DOUBLE}
TEXT: Kinds = frozenset({Kind.TEXT, Kind.JSON})
JSON: Kinds = frozenset({Kind.JSON})
BOOLEAN: Kinds = frozenset({Kind.BOOLEAN})
TIME: Kinds = frozenset({Kind.TIME})
DAY: Kinds = TIME | {Kind.DATE}
ORDERED: Kinds = NUMBER | TEXT | BOOLEAN | DAY | {Kind.LENGTH}
ANY: Kinds = frozenset(Kind) - {Kind.MONTHS}

TYPES: dict[exp.DType, Kind] = {
    exp.DType.BOOLEAN: Kind.BOOLEAN,
    exp.DType.INT: Kind.INTEGER,
    exp.DType.BIGINT: Kind.BIGINT,
    exp.DType.DOUBLE: Kind.DOUBLE,
    exp.DType.VARCHAR: Kind.TEXT,
    exp.DType.TEXT: Kind.TEXT,
    exp.DType.DATE: Kind.DATE,
    exp.DType.TIMESTAMP: Kind.TIME,
}
_COLUMNS = {Holds.TEXT: Kind.TEXT, Holds.INTEGER: Kind.BIGINT, Holds.NUMBER: Kind.DOUBLE}
_WIDER = (Kind.INTEGER, Kind.BIGINT, Kind.DOUBLE)

EVENTS: dict[str, Kind] = {
    **{name: _COLUMNS[holds] for name, holds in COLUMNS.items()},
    PROPERTIES: Kind.JSON,
    "event_time": Kind.TIME,
    "received_time": Kind.TIME,
}


def common(*kinds: Kind) -> Kind | None:
    """Return the kind that values of all these have together; None where there is none."""
    found: Kind | None = Kind.NULL
    for kind in kinds:
        found = _pair(found, kind)
    return found


def _pair(left: Kind | None, right: Kind) -> Kind | None:
    if left is None or left is right:
        return left
    if Kind.NULL in (left, right):
        return right if left is Kind.NULL else left
    both = {left, right}
    if both <= NUMBER:
        return max(both, key=_WIDER.index)
    if both <= TEXT:
        return Kind.TEXT
    return Kind.TIME if both <= DAY else None


def named(kinds: Kinds) -> str:
    """Return kinds as they stand in a sentence."""
    sets = {NUMBER: "a number", WHOLE: "a whole number", TEXT: "a text", DAY: "a time or a date",
            ORDERED: "a value", ANY: "a value"}  # fmt: skip
    return sets.get(kinds) or " or ".join(sorted(map(str, kinds)))
