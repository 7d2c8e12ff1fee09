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
from openbunker.query import system
from openbunker.query.answers import live as live_endpoint
from openbunker.query.answers import live_row
from openbunker.query.answers import question as answering
from openbunker.query.answers import receipt as receipt_endpoint
from openbunker.query.answers import refused as refused_endpoint
from openbunker.query.catalogue import endpoint as catalogue_endpoint
from openbunker.query.chart import endpoint as chart_endpoint
from openbunker.query.scope_of_key import scope_of
from openbunker.query.services import QueryServices
from openbunker.query.usage import endpoint as usage_endpoint
from openbunker.query.user_sql import endpoint as sql_endpoint
from openbunker.web import nearest, origins
from openbunker.web.guard import guarded, plain_refusal
from openbunker.web.http import Reply, Request
from openbunker.web.log_lines import request_line

PATH = "/v1/query/json"
METHOD = "POST"
# A browser's GET; what is posted there is a vendor's, and another function's.
PAGE = "/"
KEY_HEADER = "x-eventbunker-query-key"
MASTER_HEADER = "x-eventbunker-apikey"
# What a page sends where its preflight names no headers.
HEADERS = f"Content-Type, Accept, {KEY_HEADER}"
INVALID_KEY = f"Invalid {KEY_HEADER}"
TEXTS = {
    Reason.MISSING_KEY: INVALID_KEY,
    Reason.UNKNOWN_KEY: INVALID_KEY,
    Reason.MALFORMED_KEY: f"{INVALID_KEY}: it is cut off or mistyped",
    Reason.WRONG_KEY_KIND: f"Please use a query key for query requests. {INVALID_KEY}",
}


def serve_query(
    event: Mapping[str, Any], context: object, services: QueryServices
) -> dict[str, Any]:
    """Answer one gateway event of the query function. Never raises."""
    if services.budget:
        services.budget.begin(context)
    reply = guarded(
        lambda: _route(services.edge.seen(Request.from_gateway(event)), services),
        plain_refusal,
        services.log,
    )
    return reply.to_gateway()


def _route(request: Request, services: QueryServices) -> Reply:
    if request.path == PAGE:
        return _page(request, services)
    route = next((route for route in ROUTES if route.serves(request.path)), None)
    if route is None:
        text = nearest.not_there(request.path, [route.path for route in ROUTES])
        raise RequestRefused(Reason.NOT_FOUND, text)
    if request.method == "OPTIONS":
        allowed = origins.preflight_headers(request.headers, HEADERS, f"{route.method}, OPTIONS")
        return Reply(204, None, allowed)
    if request.method != route.method:
        methods = f"{route.method}, OPTIONS"
        text = nearest.other_method(request.method, request.path, methods)
        refused = RequestRefused(Reason.METHOD_NOT_ALLOWED, text)
        return _readable(plain_refusal(refused), request).with_headers({"allow": methods})
    started_ms = services.now_ms()
    reply = guarded(
        lambda: _answered(route, request, services, started_ms),
        lambda refused: _readable(plain_refusal(refused), request),
        services.log,
    )
    elapsed_ms = services.now_ms() - started_ms
    services.log(request_line(route.name, reply, None, elapsed_ms))
    return reply


def _page(request: Request, services: QueryServices) -> Reply:
    """Return the console, which takes no key: what it shows it asks of the other routes."""
    from openbunker.console import page  # noqa: PLC0415  # questions do not wait for it

    started_ms = services.now_ms()
    reply = page.answer(request)
    elapsed_ms = services.now_ms() - started_ms
    services.log(request_line("console", reply, None, elapsed_ms))
    return reply


def _answered(route: "_Route", request: Request, services: QueryServices, started_ms: int) -> Reply:
    """Return the route's answer. A page of another site reads it where its key lists the site."""
    key = route.key(request, services)
    origin = request.header("origin") if key.allowed_origins else None
    if origin and not origins.allowed(origin, key.allowed_origins):
        text = origins.foreign(origin, key.key_id)
        raise RequestRefused(Reason.ORIGIN_NOT_ALLOWED, text)
    reply = route.answer(request, key, services, started_ms)
    return _readable(reply, request) if origin else reply


def _readable(reply: Reply, request: Request) -> Reply:
    """Return an answer that the page which asked may read: a refusal tells nothing of the rows."""
    if not request.header("origin"):
        return reply
    return reply.with_headers(origins.answer_headers(request.headers))


def _answer(request: Request, key: Key, services: QueryServices, started_ms: int) -> Reply:
    return answering.answer(request, scope_of(key, services), services, started_ms)


def _selected(request: Request, key: Key, services: QueryServices, started_ms: int) -> Reply:
    return sql_endpoint.answer(request, scope_of(key, services), services, started_ms)


def _charted(request: Request, key: Key, services: QueryServices, started_ms: int) -> Reply:
    return chart_endpoint.answer(request, scope_of(key, services), services, started_ms)


def _receipt(request: Request, key: Key, services: QueryServices, _started_ms: int) -> Reply:
    return receipt_endpoint.answer(request.path, key, services)


def _query_key(request: Request, services: QueryServices) -> Key:
    """Return the QUERY key of a request. Raises RequestRefused with the vendor's kind of text."""
    try:
        return resolve(request.header(KEY_HEADER), services.keys, services.now_ms(), KeyKind.QUERY)
    except RequestRefused as refused:
        text = TEXTS.get(refused.reason, refused.message)
        raise RequestRefused(refused.reason, text) from refused


def _query_or_master_key(request: Request, services: QueryServices) -> Key:
    """Return the QUERY key, or the project's master key in the header of management."""
    master = request.header(MASTER_HEADER)
    if master and not request.header(KEY_HEADER):
        return resolve(master, services.keys, services.now_ms(), KeyKind.MASTER)
    return _query_key(request, services)


@dataclass(frozen=True, slots=True)
class _Route:
    """A method and a path, or what a path begins with; and who answers there."""

    method: str
    path: str
    name: str
    answer: Callable[[Request, Key, QueryServices, int], Reply]
    key: Callable[[Request, QueryServices], Key] = _query_key

    def serves(self, path: str) -> bool:
        return path.startswith(self.path) if self.path.endswith("/") else path == self.path


ROUTES = (
    _Route(METHOD, PATH, "query", _answer),
    _Route(sql_endpoint.METHOD, sql_endpoint.PATH, "sql", _selected),
    _Route(chart_endpoint.METHOD, chart_endpoint.PATH, "chart", _charted),
    _Route(receipt_endpoint.METHOD, receipt_endpoint.PREFIX, "receipt", _receipt),
    _Route(live_endpoint.METHOD, live_endpoint.PATH, "live", live_endpoint.answer),
    _Route(catalogue_endpoint.METHOD, catalogue_endpoint.PATH, "names", catalogue_endpoint.answer),
    _Route(system.METHOD, system.PATH, "system", system.answer),
    _Route(live_row.METHOD, live_row.PREFIX, "live row", live_row.answer),
    _Route(refused_endpoint.METHOD, refused_endpoint.PATH, "refused", refused_endpoint.answer),
    _Route(
        usage_endpoint.METHOD,
        usage_endpoint.PATH,
        "usage",
        usage_endpoint.answer,
        _query_or_master_key,
    ),
)
