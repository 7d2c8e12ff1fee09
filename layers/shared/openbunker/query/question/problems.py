"""What is wrong with a body, as one RequestRefused.

Names each wrong element by its path (`computations[0].function`) and says what is allowed there.
"""

from typing import TypeVar

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.query.question.bodies import Object, Problem, echo, problems_of

T = TypeVar("T")
# So that the answer stays short.
MAX_PROBLEMS = 20


def read(kind: Object[T], body: object) -> T:
    """Return what a body means. Raises RequestRefused, INVALID_QUERY, that names every mistake."""
    try:
        return kind.read(body)
    except ValueError as error:
        text = "; ".join(_told(one) for one in problems_of(error)[:MAX_PROBLEMS])
        raise RequestRefused(Reason.INVALID_QUERY, text) from None


def _told(problem: Problem) -> str:
    steps = (f"[{p}]" if isinstance(p, int) else f".{echo(p)}" for p in problem.place)
    place = "".join(steps)[1:]
    return f"{place}: {problem.text}" if place else problem.text
