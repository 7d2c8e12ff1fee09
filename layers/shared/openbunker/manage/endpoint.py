"""The routes of the manage function and the walk of one request. Off the hot path.

What a route does is in the room of its name; here is only who is asked.
"""

from collections.abc import Mapping
from typing import Any

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.manage.routes import audit as audit_routes
from openbunker.manage.routes import erasures
from openbunker.manage.routes import keys as key_routes
from openbunker.manage.routes import limits as limit_routes
from openbunker.manage.routes import projects as project_routes
from openbunker.manage.routes.route import Route
from openbunker.manage.services import ManageServices
from openbunker.manage.store import TenantsUnavailable
from openbunker.web import nearest
from openbunker.web.guard import guarded, plain_refusal
from openbunker.web.http import Reply, Request
from openbunker.web.log_lines import request_line

ROUTES: tuple[Route, ...] = (
    *project_routes.ROUTES,
    *limit_routes.ROUTES,
    *key_routes.ROUTES,
    *audit_routes.ROUTES,
    *erasures.ROUTES,
)


def serve_manage(
    event: Mapping[str, Any], _context: object, services: ManageServices
) -> dict[str, Any]:
    """Answer one gateway event of the manage function. Never raises."""
    reply = guarded(
        lambda: _route(services.edge.seen(Request.from_gateway(event)), services),
        plain_refusal,
        services.log,
    )
    return reply.to_gateway()


def _route(request: Request, services: ManageServices) -> Reply:
    # A path that is a route's own is none of those that a pattern would take.
    own = [route for route in ROUTES if route.path == request.path]
    here = own or [route for route in ROUTES if route.serves(request.path)]
    if not here:
        text = nearest.not_there(request.path, [route.path for route in ROUTES])
        raise RequestRefused(Reason.NOT_FOUND, text)
    route = next((route for route in here if route.method == request.method), None)
    if route is None:
        allowed = ", ".join(route.method for route in here)
        text = nearest.other_method(request.method, request.path, allowed)
        refused = RequestRefused(Reason.METHOD_NOT_ALLOWED, text)
        return plain_refusal(refused).with_headers({"allow": allowed})
    started_ms = services.now_ms()
    reply = guarded(lambda: _answer(route, request, services), plain_refusal, services.log)
    elapsed_ms = services.now_ms() - started_ms
    services.log(request_line(route.name, reply, None, elapsed_ms))
    return reply


def _answer(route: Route, request: Request, services: ManageServices) -> Reply:
    try:
        return route.answer(request, services)
    except TenantsUnavailable as error:
        text = "Nothing can be changed or listed at the moment."
        raise RequestRefused(Reason.KEY_STORE_UNAVAILABLE, text, cause=str(error)) from error
