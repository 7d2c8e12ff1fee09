"""The OpenAPI 3.1 document, from what the code itself goes by. Off every request's path.

Routes from template.yaml and the dialects, fields from their tables, refusals from asking each
dialect how it refuses, the question from its pydantic model. `python -m scripts.openapi` prints it.
"""

import json
from functools import cache
from importlib.metadata import version

from openbunker import key_validation as validation
from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import FACTS, Reason
from openbunker.erasure.model import Status
from openbunker.manage.endpoint import ROUTES as MANAGE_ROUTES
from openbunker.manage.routes.erasures import KEY_HEADER as DELETE_HEADER
from openbunker.manage.routes.erasures import ROUTES as ERASURE_ROUTES
from openbunker.manage.routes.route import KEY_HEADER as MASTER_HEADER
from openbunker.manage.routes.route import Route
from openbunker.query import endpoint
from openbunker.web.http import REASON_HEADER, Request
from openbunker.wire.dialect import Dialect
from openbunker.wire.registry import dialect_at
from openbunker_local.server import deployed, routes
from scripts.openapi import parts
from scripts.openapi import query as openapi_query
from scripts.openapi.parts import Json
from scripts.openapi.reasons import ANY_ROUTE, OF_A_BODY, OF_A_KEY, OF_AN_ENGINE

_NO_BRACES = str.maketrans("", "", "{}")
# What no dialect says: these are other routes' or the gateway's.
_NOT_A_DIALECTS = {
    *ANY_ROUTE,
    Reason.NOT_A_GATEWAY_EVENT,
    Reason.INVALID_QUERY,
    Reason.NOT_ACCEPTABLE,
    *OF_AN_ENGINE,
    Reason.ANSWER_TOO_LARGE,
    Reason.SCOPED_KEY,
    Reason.LIMIT_REACHED,
    Reason.TOO_MANY_ERASURES,
    Reason.ERASURE_UNAVAILABLE,
}


_ALLOWED = ("access-control-allow-methods", "access-control-allow-headers")


@cache
def document() -> Json:
    """Return the document of all routes of the template and of the local runtime's own."""
    paths: dict[str, Json] = {}
    for route in routes.read_routes(deployed.TEMPLATE):
        told = _operation(route.method, route.path)
        paths.setdefault(route.path, {})[route.method.lower()] = told
    paths["/health"] = {"get": _local("health", "Is it up, and how fresh are queries?")}
    paths["/ready"] = {"get": _ready()}
    paths["/openapi.json"] = {"get": _local("openapi", "This document.")}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "openbunker",
            "version": version("openbunker"),
            "description": "A self-hosted event collector. Every refusal has a code in "
            f"`{REASON_HEADER}`; docs/reasons.md tells what to do next.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {"securitySchemes": _security_schemes()},
    }


def text() -> str:
    """Return the document as it is kept in docs/openapi.json."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _operation(method: str, path: str) -> Json:
    name = f"{method.lower()}{path.replace('/', '_').translate(_NO_BRACES)}"
    return {"operationId": name, **_told(method, path)}


def _told(method: str, path: str) -> Json:
    if f"{method} {path}" == f"GET {endpoint.PAGE}":
        return _page()
    dialect = dialect_at(path)
    if dialect:
        return _of_vendor(dialect, method, path)
    if method == "OPTIONS":
        return {"responses": _preflight(), **_named_in(path)}
    own = {**openapi_query.OWN, validation.PATH: _validation}
    managing = next((one for one in MANAGE_ROUTES if one.path == path), None)
    if managing:
        return (_erasure if managing in ERASURE_ROUTES else _manage)(managing)
    if path in own:
        return own[path]()
    return {"responses": parts.responses(parts.plain(tuple(Reason)))}


def _of_vendor(dialect: Dialect, method: str, path: str) -> Json:
    if method == "OPTIONS":
        answer = {"204": {"description": "What a browser may send", "headers": _cors(dialect)}}
        return {"tags": [dialect.name], "responses": answer, **_named_in(path)}
    if f"{method} {path}" in dialect.answers:
        return _answer(dialect, path)
    return _of_dialect(dialect, method, path)


def _of_dialect(dialect: Dialect, method: str, path: str) -> Json:
    request = Request(method=method, path=path)
    replies = [
        (reason, dialect.refuse(request, RequestRefused(reason, parts.SAMPLE_TEXT)))
        for reason in FACTS
        if reason not in _NOT_A_DIALECTS
    ]
    told: Json = {
        "tags": [dialect.name],
        "requestBody": parts.request_body(parts.body_schema(dialect.bodies.get(path))),
        "responses": parts.responses(
            [*replies, *parts.plain(ANY_ROUTE)], parts.accepted(replies, dialect.own_headers)
        ),
    }
    names = [*dialect.key_headers, *dialect.key_query]
    return {**told, "security": [{name: []} for name in names]} if names else told


def _answer(dialect: Dialect, path: str) -> Json:
    """Return what a vendor's client is told that asks before it sends."""
    script = {"description": "Done", "content": {"text/javascript": {"schema": {"type": "string"}}}}
    answer = script if path.endswith(".js") else parts.success({"type": "object"})
    return {
        "tags": [dialect.name],
        "summary": "What a client asks before it sends.",
        "responses": parts.responses(parts.plain(ANY_ROUTE), answer),
        **_named_in(path),
    }


def _preflight() -> Json:
    """Return what a page is told that asks before it reads: any header, from any origin."""
    headers = {name: parts.header({"type": "string"}, required=True) for name in _ALLOWED}
    return {"204": {"description": "What a browser may send", "headers": headers}}


def _page() -> Json:
    """Return what a browser is answered. The page takes no key: its questions have one."""
    page = {"description": "The console", "content": {"text/html": {"schema": {"type": "string"}}}}
    kept = {"description": "The browser has it still: If-None-Match names its ETag."}
    return {
        "operationId": "console",
        "tags": ["console"],
        "security": [],
        "responses": {"200": page, "304": kept},
    }


def _named_in(path: str) -> Json:
    """Return the parameters of a path, if it has any."""
    schema = {"in": "path", "required": True, "schema": {"type": "string"}}
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return {"parameters": [{"name": name, **schema} for name in names]} if names else {}


def _erasure(route: Route) -> Json:
    """Return what a route of erasures takes and tells; asking for one is answered with 202."""
    times: Json = {"type": ["string", "null"], "format": "date-time"}
    kinds: Json = {
        "erasure_id": {"type": "string"},
        "status": {"enum": [status.value for status in Status]},
        **dict.fromkeys(("requested_at", "hidden_at", "erased_at"), times),
    }
    answer = parts.success({"type": "object", "required": list(kinds), "properties": kinds})
    own = (Reason.WRONG_KEY_KIND, Reason.ERASURE_UNAVAILABLE, Reason.INTERNAL_ERROR)
    reasons = (*ANY_ROUTE, *OF_A_KEY, *own)
    told: Json = {"tags": ["erasures"], "security": [{DELETE_HEADER: []}]}
    if route.body is None:
        named = {"name": "erasure_id", "in": "path", "required": True}
        return {
            **told,
            "parameters": [{**named, "schema": {"type": "string"}}],
            "responses": parts.responses(parts.plain(reasons), answer),
        }
    body = (Reason.SCOPED_KEY, Reason.INVALID_SCHEMA, Reason.TOO_MANY_ERASURES)
    refusals = parts.responses(parts.plain((*reasons, *OF_A_BODY, *body)))
    schema = parts.inlined(route.body.model_json_schema())
    responses = {"202": answer, **refusals}
    return {**told, "requestBody": parts.request_body(schema), "responses": responses}


def _manage(route: Route) -> Json:
    managing = (Reason.WRONG_KEY_KIND, Reason.INVALID_SCHEMA, Reason.LIMIT_REACHED)
    reasons = (*ANY_ROUTE, *OF_A_KEY, *OF_A_BODY, *managing, Reason.INTERNAL_ERROR)
    schema = parts.inlined(route.body.model_json_schema()) if route.body else {"type": "object"}
    return {
        "tags": ["manage"],
        "security": [{MASTER_HEADER: []}],
        "requestBody": parts.request_body(schema),
        "responses": parts.responses(parts.plain(reasons), parts.success({"type": "object"})),
    }


def _validation() -> Json:
    reasons = (*ANY_ROUTE, *OF_A_KEY, Reason.INTERNAL_ERROR)
    required = ["valid", "kind", "project_id", "dialects"]
    kinds = {"valid": {"const": True}, "dialects": {"type": "array", "items": {"type": "string"}}}
    answer = {"type": "object", "required": required, "properties": kinds}
    names = (*validation.HEADERS, "bearer", *validation.QUERY_NAMES)
    return {
        "tags": ["keys"],
        "security": [{name: []} for name in dict.fromkeys(names)],
        "responses": parts.responses(parts.plain(reasons), parts.success(answer)),
    }


def _local(name: str, summary: str) -> Json:
    answer = parts.responses((), parts.success({"type": "object"}))
    return {"operationId": name, "tags": ["local"], "summary": summary, "responses": answer}


def _ready() -> Json:
    """Return the operation that is for a balancer: 503 while no event could be made durable."""
    told = _local("ready", "Can events be made durable? 503 while none can, or while it drains.")
    body = {"application/json": {"schema": {"type": "object"}}}
    told["responses"]["503"] = {"description": "Send nothing here now.", "content": body}
    return told


def _cors(dialect: Dialect) -> Json:
    cors = dialect.cors
    assert cors is not None
    return {
        "access-control-allow-methods": parts.header({"const": cors.methods}, required=True),
        "access-control-allow-headers": parts.header({"const": cors.headers}, required=True),
    }


def _security_schemes() -> Json:
    headers = dict.fromkeys((*validation.HEADERS, endpoint.KEY_HEADER))
    found: Json = {name: {"type": "apiKey", "in": "header", "name": name} for name in headers}
    for name in validation.QUERY_NAMES:
        found[name] = {"type": "apiKey", "in": "query", "name": name}
    found["bearer"] = {"type": "http", "scheme": "bearer"}
    return found
