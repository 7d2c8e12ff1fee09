"""What an answer lacks, and how each form says so. Pure; imports nothing of the package.

Whoever leaves something out names it: a plan that cut its rows, an engine that could not read an
object (in `Table.incomplete`). An answer adds these up and decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# On every answer, in every form.
COMPLETE_HEADER = "x-openbunker-complete"


class Missing(StrEnum):
    """Why something is not in an answer."""

    DAMAGED = "damaged"
    ROW_LIMIT = "row_limit"
    ANSWER_SIZE = "answer_size"
    LOOK_BACK = "look_back"
    NOT_VISIBLE_YET = "not_visible_yet"
    NOT_COUNTED_YET = "not_counted_yet"
    ERASING = "erasing"


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that an answer lacks: why, how many of it, and what brings it.

    `count` is None where nobody knows it. None of the three names an object or a path.
    """

    reason: Missing
    count: int | None
    advice: str


def told(lacks: Sequence[Lack]) -> dict[str, Any]:
    """Return the members of a JSON answer: `complete`, and `incomplete` where it is false."""
    if not lacks:
        return {"complete": True}
    found = [{"reason": one.reason, "count": one.count, "advice": one.advice} for one in lacks]
    return {"complete": False, "incomplete": found}


def headers(lacks: Sequence[Lack]) -> dict[str, str]:
    """Return the header of an answer."""
    return {COMPLETE_HEADER: "false" if lacks else "true"}
