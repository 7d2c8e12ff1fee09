"""The element `chart` of a question: how its answer shall look. Knows no HTML.

What is left out is chosen by the shape of the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.query.question.bodies import (
    Choice,
    Element,
    Object,
    OrNull,
    Problem,
    Text,
    echo,
    problems_of,
)

MAX_TITLE = 200
# More columns than this are a table, however few rows there are.
MAX_NUMBERS = 6


class Type(StrEnum):
    """What is drawn."""

    LINE = "line"
    BAR = "bar"
    TABLE = "table"
    NUMBER = "number"


class Theme(StrEnum):
    """Which colours; `auto` follows the reader's device."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Look:
    """What a request may say about its chart."""

    type: Type | None = None
    title: str = ""
    theme: Theme = Theme.AUTO


LOOK = Object(
    Look,
    {
        "type": Element(OrNull(Choice(Type))),
        "title": Element(Text(MAX_TITLE)),
        "theme": Element(Choice(Theme)),
    },
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the columns of an answer mean.

    `date` is the index of the column of dates, None without one; `computed` that of the first
    computed column, which all the others follow. `additive`: its values may be summed up.
    `ordered`: whoever asked said in which order its rows come.
    """

    columns: Sequence[str]
    computed: int
    date: int | None = None
    timezone: str = "UTC"
    additive: bool = False
    ordered: bool = False


def parse(value: object) -> Look:
    """Return the look of a JSON value. Raises RequestRefused that names the wrong element."""
    try:
        return LOOK.read({} if value is None else value)
    except ValueError as error:
        problem = problems_of(error)[0]
        place = ".".join(["chart", *(echo(str(step)) for step in problem.place)])
        raise RequestRefused(Reason.INVALID_QUERY, f"{place}: {_told(problem)}") from None


def chosen(look: Look, shape: Shape) -> Type:
    """Return what is drawn: what was asked for, or what suits the answer.

    Raises RequestRefused for a chart that the answer has no columns for.
    """
    if look.type is Type.LINE and shape.date is None:
        _refuse("line needs group_by_date")
    if look.type is Type.NUMBER and shape.computed:
        _refuse("number takes a question without group_by and group_by_date")
    if look.type:
        return look.type
    if shape.date is not None:
        return Type.LINE
    if shape.computed:
        return Type.BAR
    return Type.NUMBER if len(shape.columns) <= MAX_NUMBERS else Type.TABLE


def _refuse(problem: str) -> None:
    raise RequestRefused(Reason.INVALID_QUERY, f"chart.type: {problem}")


def _told(problem: Problem) -> str:
    types, themes = ", ".join(Type), ", ".join(Theme)
    element = f"an object with type ({types}), title and theme ({themes})"
    match problem.place:
        case ():
            return f"is {element}"
        case ("type",) | ("theme",):
            return f"allowed: type is one of {types}; theme is one of {themes}"
        case ("title",):
            return problem.text
    return f"is not known; chart is {element}"
