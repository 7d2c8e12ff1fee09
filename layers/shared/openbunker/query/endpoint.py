"""The routes of the query function, and the keys that open them. Off the hot path.

Knows HTTP and the key's header; no SQL and no engine. What is answered is the routes' own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.keys.model import Key, KeyKind
from openbunker.keys.resolve import resolve
from openbunker.query.answers import question as answering
from openbunker.query.answers import receipt as receipt_endpoint
from openbunker.query.answers import refused as refused_endpoint
from openbunker.query.chart import endpoint as chart_endpoint
from openbunker.query.scope_of_key import scope_of
from openbunker.query.services import QueryServices
from openbunker.query.usage import endpoint as usage_endpoint
from openbunker.query.user_sql import endpoint as sql_endpoint
from openbunker.web.guard import guarded, plain_refusal
from openbunker.web.http import Reply, Request
from openbunker.web.log_lines import request_line

PATH = "/v1/query/json"
METHOD = "POST"
KEY_HEADER = "x-eventbunker-query-key"
MASTER_HEADER = "x-eventbunker-apikey"
INVALID_KEY = f"Invalid {KEY_HEADER}"
TEXTS = {
    Reason.MISSING_KEY: INVALID_KEY,
    Reason.UNKNOWN_KEY: INVALID_KEY,
    Reason.WRONG_KEY_KIND: f"Please use a query key for query requests. {INVALID_KEY}",
}


def serve_query(
    event: Mapping[str, Any], context: object, services: QueryServices
) -> dict[str, Any]:
    """Answer one gateway event of the query function. Never raises."""
    if services.budget:
        services.budget.begin(context)
    reply = guarded(
        lambda: _route(Request.from_gateway(event), services), plain_refusal, services.log
    )
    return reply.to_gateway()


def _route(request: Request, services: QueryServices) -> Reply:
    route = next((route for route in ROUTES if route.serves(request.path)), None)
    if route is None:
        raise RequestRefused(Reason.NOT_FOUND, f"There is no {request.path} here.")
    if request.method != route.method:
        text = f"{request.method} is not served at {request.path}."
        refused = RequestRefused(Reason.METHOD_NOT_ALLOWED, text)
        return plain_refusal(refused).with_headers({"allow": route.method})
    started_ms = services.now_ms()
    reply = guarded(
        lambda: route.answer(request, services, started_ms), plain_refusal, services.log
    )
    elapsed_ms = services.now_ms() - started_ms
    services.log(request_line(route.name, reply, None, elapsed_ms, started_ms))
    return reply


def _answer(request: Request, services: QueryServices, started_ms: int) -> Reply:
    key = _resolve(request.header(KEY_HEADER), services)
    return answering.answer(request, scope_of(key, services), services, started_ms)


def _selected(request: Request, services: QueryServices, started_ms: int) -> Reply:
    key = _resolve(request.header(KEY_HEADER), services)
    return sql_endpoint.answer(request, scope_of(key, services), services, started_ms)


def _charted(request: Request, services: QueryServices, started_ms: int) -> Reply:
    key = _resolve(request.header(KEY_HEADER), services)
    return chart_endpoint.answer(request, scope_of(key, services), services, started_ms)


def _receipt(request: Request, services: QueryServices, _started_ms: int) -> Reply:
    key = _resolve(request.header(KEY_HEADER), services)
    return receipt_endpoint.answer(request.path, key, services)


def _refused(request: Request, services: QueryServices, started_ms: int) -> Reply:
    key = _resolve(request.header(KEY_HEADER), services)
    return refused_endpoint.answer(request, key, services, started_ms)


def _usage(request: Request, services: QueryServices, started_ms: int) -> Reply:
    """Answer a QUERY key, or the project's master key in the header of management."""
    master = request.header(MASTER_HEADER)
    if master and not request.header(KEY_HEADER):
        key = resolve(master, services.keys, started_ms, KeyKind.MASTER)
    else:
        key = _resolve(request.header(KEY_HEADER), services)
    return usage_endpoint.answer(request, key, services, started_ms)


def _resolve(key_text: str | None, services: QueryServices) -> Key:
    """Return the QUERY key of a text. Raises RequestRefused with the vendor's kind of text."""
    try:
        return resolve(key_text, services.keys, services.now_ms(), KeyKind.QUERY)
    except RequestRefused as refused:
        text = TEXTS.get(refused.reason, refused.message)
        raise RequestRefused(refused.reason, text) from refused


@dataclass(frozen=True, slots=True)
class _Route:
    """A method and a path, or what a path begins with; and who answers there."""

    method: str
    path: str
    name: str
    answer: Callable[[Request, QueryServices, int], Reply]

    def serves(self, path: str) -> bool:
        return path.startswith(self.path) if self.path.endswith("/") else path == self.path


ROUTES = (
    _Route(METHOD, PATH, "query", _answer),
    _Route(sql_endpoint.METHOD, sql_endpoint.PATH, "sql", _selected),
    _Route(chart_endpoint.METHOD, chart_endpoint.PATH, "chart", _charted),
    _Route(receipt_endpoint.METHOD, receipt_endpoint.PREFIX, "receipt", _receipt),
    _Route(refused_endpoint.METHOD, refused_endpoint.PATH, "refused", _refused),
    _Route(usage_endpoint.METHOD, usage_endpoint.PATH, "usage", _usage),
)
