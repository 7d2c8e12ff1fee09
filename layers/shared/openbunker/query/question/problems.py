"""What is wrong with a body, in our words: pydantic's findings as one RequestRefused.

Names each wrong element by its path (`computations[0].function`) and says what is allowed there.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.query.question.elements import Part

# What a refusal repeats of the request, so that its answer stays short.
MAX_ECHO, MAX_PROBLEMS = 60, 20


def refusal(
    error: ValidationError, root: type[Part], parts: Mapping[str, type[Part]]
) -> RequestRefused:
    """Return the RequestRefused of a body of `root`, whose elements hold objects of `parts`."""
    found = error.errors(include_url=False, include_input=False)
    told = (_told(problem, parts.get(_top(problem), root)) for problem in found[:MAX_PROBLEMS])
    return RequestRefused(Reason.INVALID_QUERY, "; ".join(told))


def _top(problem: Any) -> str:
    return str(problem["loc"][0]) if problem["loc"] else ""


def _told(problem: Any, part: type[Part]) -> str:
    steps = (f"[{p}]" if isinstance(p, int) else f".{p[:MAX_ECHO]}" for p in problem["loc"])
    place, text = "".join(steps)[1:], _text(problem, part)
    return f"{place}: {text}" if place else text


def _text(problem: Any, part: type[Part]) -> str:
    allowed, context = ", ".join(part.model_fields), problem.get("ctx", {})
    texts = {
        "missing": "is required",
        "extra_forbidden": f"is not known; allowed: {allowed}",
        "enum": f"allowed: {context.get('expected')}",
        "model_type": f"is an object with: {allowed}",
        "model_attributes_type": f"is an object with: {allowed}",
        "tuple_type": "is an array",
        "bool_type": "is true or false",
        "too_long": f"has at most {context.get('max_length')} items",
        "value_error": str(context.get("error")),
    }
    if problem["type"] in ("int_type", "greater_than_equal", "less_than_equal"):
        return f"is a whole number from 1 to {part.model_fields['limit'].metadata[-1].le}"
    return texts.get(problem["type"], str(problem["msg"]))
