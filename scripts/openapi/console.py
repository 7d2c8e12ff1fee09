"""The routes that the console reads, in the OpenAPI document (docs/live.md). Pure."""

from collections.abc import Callable

from openbunker.core.event import MAX_NAME
from openbunker.core.reasons import Reason
from openbunker.query import endpoint, system
from openbunker.query.answers import live as live_endpoint
from openbunker.query.answers import live_row
from openbunker.query.catalogue import endpoint as catalogue
from openbunker.query.question.seen import MAX_TEXT
from scripts.openapi import parts
from scripts.openapi.complete import bounded, whole
from scripts.openapi.parts import Json
from scripts.openapi.reasons import ANY_ROUTE, OF_A_KEY, OF_A_QUESTION

_OBJECT: Json = {"type": "object"}
_TEXT: Json = {"type": "string"}
_MAYBE: Json = {"type": ["string", "null"]}
_TIME: Json = {"type": ["string", "null"], "format": "date-time"}


def _operation(parameters: list[Json], answer: Json, *more: Reason) -> Json:
    reasons = (*ANY_ROUTE, *OF_A_KEY, *OF_A_QUESTION, *more, Reason.INTERNAL_ERROR)
    return {
        "tags": ["query"],
        "security": [{endpoint.KEY_HEADER: []}],
        "parameters": parameters,
        "responses": parts.responses(parts.plain(reasons), whole(parts.success(answer))),
    }


def _live() -> Json:
    text: Json = {"type": "string", "minLength": 1, "maxLength": live_endpoint.MAX_TEXT}
    most = live_endpoint.MAX_LIMIT
    schemas: dict[str, Json] = {
        **dict.fromkeys(live_endpoint.FILTERS, text),
        "after": {"type": "string", "maxLength": MAX_TEXT},
        "limit": {"type": "integer", "minimum": 1, "maximum": most},
        "fate": {"enum": list(live_endpoint.FATES)},
    }
    maybe = ("name", "customer_identifier", "user_id", "reason", "field", "message")
    row: dict[str, Json] = {
        "fate": {"enum": list(live_endpoint.FATES)},
        **dict.fromkeys(("event_id", "received_at", "dialect", "key"), _TEXT),
        **dict.fromkeys(maybe, _MAYBE),
        "time": _TIME,
        "timestamp_ms": {"type": ["integer", "null"]},
        "received_ms": {"type": "integer"},
    }
    rows: Json = {"type": "object", "required": sorted(row), "properties": row}
    kinds: dict[str, Json] = {
        "rows": {"type": "array", "items": rows},
        "next": _TEXT,
        "more": {"type": "boolean"},
        "fresh_to": _TIME,
        "elapsed_ms": {"type": "integer"},
    }
    names = [{"name": n, "in": "query", "schema": schemas[n]} for n in live_endpoint.PARAMETERS]
    return _operation(names, bounded(kinds), Reason.SCOPED_KEY)


def _row() -> Json:
    fates: Json = {"enum": list(live_endpoint.FATES)}
    anything: Json = {}
    kinds: dict[str, Json] = {"fate": fates, "event_id": _TEXT}
    answer = bounded({**kinds, "receipt": {"type": ["object", "null"]}})
    told: dict[str, Json] = dict.fromkeys(("event", "properties", "refused"), _OBJECT)
    answer["properties"] |= told | {"sent": anything}
    schema: Json = {"type": "string", "pattern": "^[0-9a-fA-F-]{32,36}$"}
    event_id: Json = {"name": "event_id", "in": "path", "required": True, "schema": schema}
    return _operation([event_id], answer)


def _names() -> Json:
    text: Json = {"type": "string", "minLength": 1, "maxLength": MAX_NAME}
    schemas: dict[str, Json] = {
        "days": {"type": "integer", "minimum": 1, "maximum": catalogue.MAX_DAYS},
        "name": text,
    }
    kinds: dict[str, Json] = {
        "names": {"type": "array", "items": _OBJECT},
        **dict.fromkeys(("from", "to"), _TEXT),
        "elapsed_ms": {"type": "integer"},
    }
    names = [{"name": n, "in": "query", "schema": schemas[n]} for n in catalogue.PARAMETERS]
    return _operation(names, bounded(kinds))


def _system() -> Json:
    maybe: Json = {"type": ["object", "null"]}
    kinds: dict[str, Json] = {
        "status": {"enum": ["ok", "degraded", None]},
        "causes": {"type": ["array", "null"], "items": _OBJECT},
        **dict.fromkeys(("fresh_to", "compacted_to"), _TIME),
        **dict.fromkeys(("books", "usage"), maybe),
        "elapsed_ms": {"type": "integer"},
    }
    return _operation([], bounded(kinds))


OWN: dict[str, Callable[[], Json]] = {
    live_endpoint.PATH: _live,
    live_row.PATH: _row,
    catalogue.PATH: _names,
    system.PATH: _system,
}
