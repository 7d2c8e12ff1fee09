"""What the elements of a question share: the names of fields, the values of filters.

No element and no SQL here. Every refusal is a ValueError that says what is allowed.
"""

import math

from openbunker.query.engine import Scalar
from openbunker.query.question import columns
from openbunker.query.question.bodies import Told, lone_surrogate
from openbunker.query.question.columns import Field

# Athena takes at most 1,024 characters a parameter, quotes included (API, ExecutionParameters).
MAX_TEXT = 1000


def _field(value: object) -> Field:
    if not isinstance(value, str):
        raise ValueError("a field name is a string")
    return columns.field_named(value)


FIELD = Told(_field, str)


def scalar(value: object) -> Scalar:
    """Return a scalar that both engines can bind; numbers are finite."""
    if isinstance(value, str):
        if len(value) + value.count("'") > MAX_TEXT or "\0" in value or lone_surrogate(value):
            text = f"a text has at most {MAX_TEXT} characters (a single quote counts twice)"
            raise ValueError(f"{text}, no NUL and no lone surrogate")
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(_as_float(value)):
        return value
    raise ValueError("a value is a string, a finite number, true, false or null")


def is_number(value: object) -> bool:
    """Return whether a value is a number; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf
