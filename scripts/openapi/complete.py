"""What every answer of a query route says of itself in the OpenAPI document: is it whole? Pure."""

from openbunker.query.incomplete import COMPLETE_HEADER, Missing
from scripts.openapi import parts
from scripts.openapi.parts import Json

# What every answer says of itself (docs/query.md, "Whole, or told").
_LACK: Json = {
    "type": "object",
    "required": ["reason", "count", "advice"],
    "properties": {
        "reason": {"enum": [reason.value for reason in Missing]},
        "count": {"type": ["integer", "null"]},
        "advice": {"type": "string"},
    },
}
WHOLE: dict[str, Json] = {
    "complete": {"type": "boolean"},
    "incomplete": {"type": "array", "items": _LACK},
}


def bounded(kinds: dict[str, Json]) -> Json:
    """Return an object that always has these members and `complete`."""
    return {"type": "object", "required": [*kinds, "complete"], "properties": {**kinds, **WHOLE}}


def whole(answer: Json) -> Json:
    """Return an answer with the header that says whether it is complete."""
    told = parts.header({"enum": ["true", "false"]}, required=True)
    return {**answer, "headers": {**answer.get("headers", {}), COMPLETE_HEADER: told}}
