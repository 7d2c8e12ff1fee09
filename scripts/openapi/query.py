"""The routes of the query function in the OpenAPI document: bodies, answers, reasons. Pure."""

from collections.abc import Callable, Sequence

from openbunker.core.reasons import Reason
from openbunker.manage.routes.route import KEY_HEADER as MASTER_HEADER
from openbunker.query import endpoint, receipts
from openbunker.query.answers import formats
from openbunker.query.answers import receipt as receipt_endpoint
from openbunker.query.answers import refused as refused_endpoint
from openbunker.query.chart import endpoint as chart_endpoint
from openbunker.query.chart.look import LOOK
from openbunker.query.question.forms import Form
from openbunker.query.question.journeys import FUNNEL_BODY, RETENTION_BODY
from openbunker.query.question.listing import LISTING
from openbunker.query.question.question import QUESTION
from openbunker.query.usage import endpoint as usage_endpoint
from openbunker.query.user_sql import endpoint as sql_endpoint
from openbunker.query.user_sql.endpoint import TEXT
from scripts.openapi import bodies, console, parts
from scripts.openapi.complete import WHOLE, bounded, whole
from scripts.openapi.parts import Json
from scripts.openapi.reasons import (
    ANY_ROUTE,
    OF_A_BODY,
    OF_A_FORM,
    OF_A_KEY,
    OF_A_QUESTION,
    OF_AN_ENGINE,
)


def _question() -> Json:
    any_of = [bodies.schema(one) for one in (QUESTION, LISTING, FUNNEL_BODY, RETENTION_BODY)]
    cursor: Json = {"type": ["string", "null"]}
    return _asked({"anyOf": any_of}, {"cursor": cursor}, required=("row_count",))


def _chart() -> Json:
    of_all = (*ANY_ROUTE, *OF_A_KEY, *OF_A_BODY, *OF_A_QUESTION, Reason.INTERNAL_ERROR)
    body = bodies.schema(QUESTION)
    body["properties"]["chart"] = bodies.schema(LOOK)
    page: Json = {"text/html": {"schema": {"type": "string"}}}
    policy = parts.header({"type": "string"}, required=True)
    answer = whole({"description": "A page", "content": page})
    answer["headers"]["content-security-policy"] = policy
    return {
        "tags": ["query"],
        "security": [{endpoint.KEY_HEADER: []}],
        "requestBody": parts.request_body(body),
        "responses": parts.responses(parts.plain(of_all), answer),
    }


def _select() -> Json:
    return _asked(
        bodies.schema(TEXT),
        {},
        required=("row_count",),
        more=(Reason.SCOPED_KEY,),
    )


def _asked(
    body: Json, kinds: Json, *, required: Sequence[str], more: Sequence[Reason] = ()
) -> Json:
    """Return an operation that answers with a table, in the form that Accept prefers."""
    of_all = (*ANY_ROUTE, *OF_A_KEY, *OF_A_BODY, *OF_A_QUESTION, *OF_A_FORM)
    told: dict[str, Json] = {
        "columns": {"type": "array", "items": {"type": "string"}},
        "rows": {"type": "array", "items": {"type": "array"}},
        "row_count": {"type": "integer"},
        "elapsed_ms": {"type": "integer"},
        "fresh_to": {"type": ["string", "null"], "format": "date-time"},
        **WHOLE,
    }
    always = ["columns", "rows", "complete", "elapsed_ms", "fresh_to", *required]
    table: Json = {"type": "object", "required": always, "properties": {**told, **kinds}}
    answer = parts.success(table)
    for form in (Form.NDJSON, Form.CSV):
        answer["content"][form.value] = {"schema": {"type": "string"}}
    names = (formats.CURSOR_HEADER, formats.FRESH_HEADER)
    answer["headers"] = {name: parts.header({"type": "string"}, required=False) for name in names}
    answer = whole(answer)
    refusals = parts.plain((*of_all, *more, Reason.INTERNAL_ERROR))
    return {
        "tags": ["query"],
        "security": [{endpoint.KEY_HEADER: []}],
        "requestBody": parts.request_body(body),
        "responses": parts.responses(refusals, answer),
    }


def _receipt() -> Json:
    unanswered = (Reason.WRONG_KEY_KIND, Reason.SCOPED_KEY, *OF_AN_ENGINE, Reason.INTERNAL_ERROR)
    text: Json = {"type": "string"}
    kinds: dict[str, Json] = {
        **dict.fromkeys(("id", "event_id", "duplicate_of", "object", "reason", "detail"), text),
        **dict.fromkeys(("refused_id", "field", "message", "dialect", "route"), text),
        "status": {"enum": sorted({*receipts.Place, "duplicate_of"})},
        "line": {"type": "integer", "minimum": 1},
        "received_at": {"type": "string", "format": "date-time"},
        "certain": {"const": False},
        **WHOLE,
    }
    answer = {"type": "object", "required": ["id", "status", "complete"], "properties": kinds}
    schema: Json = {"type": "string", "minLength": 1, "maxLength": receipts.MAX_ID}
    event_id: Json = {"name": "event_id", "in": "path", "required": True, "schema": schema}
    reasons = (*ANY_ROUTE, *OF_A_KEY, *unanswered)
    found = whole(parts.success(answer))
    found["headers"]["retry-after"] = parts.header({"type": "integer"}, required=False)
    return {
        "tags": ["query"],
        "security": [{endpoint.KEY_HEADER: []}],
        "parameters": [event_id],
        "responses": parts.responses(parts.plain(reasons), found),
    }


def _refused() -> Json:
    reasons = (*ANY_ROUTE, *OF_A_KEY, *OF_A_QUESTION, Reason.SCOPED_KEY, Reason.INTERNAL_ERROR)
    kinds: dict[str, Json] = {
        "groups": {"type": "array", "items": {"type": "object"}},
        "elapsed_ms": {"type": "integer"},
        "fresh_to": {"type": ["string", "null"], "format": "date-time"},
    }
    answer = bounded(kinds)
    schemas: dict[str, Json] = {
        "period": {"type": "string", "default": refused_endpoint.DEFAULT_PERIOD},
        "reason": {"enum": [reason.value for reason in Reason]},
        "dialect": {"type": "string"},
    }
    return {
        "tags": ["query"],
        "security": [{endpoint.KEY_HEADER: []}],
        "parameters": [
            {"name": name, "in": "query", "schema": schemas[name]}
            for name in refused_endpoint.PARAMETERS
        ],
        "responses": parts.responses(parts.plain(reasons), whole(parts.success(answer))),
    }


def _usage() -> Json:
    refusing = (Reason.WRONG_KEY_KIND, Reason.SCOPED_KEY, Reason.INVALID_QUERY)
    failing = (Reason.QUERY_UNAVAILABLE, Reason.INTERNAL_ERROR)
    kinds: dict[str, Json] = {
        **{name: {"type": "string"} for name in ("project_id", "from", "to")},
        "usage": {"type": "array", "items": {"type": "object"}},
        **{name: {"type": "object"} for name in ("total", "month", "quota")},
        "counted_at": {"type": ["string", "null"], "format": "date-time"},
    }
    answer = bounded(kinds)
    reasons = (*ANY_ROUTE, *OF_A_KEY, *refusing, *failing)
    return {
        "tags": ["query"],
        "security": [{endpoint.KEY_HEADER: []}, {MASTER_HEADER: []}],
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "string", "format": "date"}}
            for name in usage_endpoint.PARAMETERS
        ],
        "responses": parts.responses(parts.plain(reasons), whole(parts.success(answer))),
    }


OWN: dict[str, Callable[[], Json]] = {
    endpoint.PATH: _question,
    chart_endpoint.PATH: _chart,
    sql_endpoint.PATH: _select,
    receipt_endpoint.PATH: _receipt,
    refused_endpoint.PATH: _refused,
    usage_endpoint.PATH: _usage,
    **console.OWN,
}
