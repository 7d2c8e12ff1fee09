"""HTTP -> API Gateway event -> handler -> HTTP: what the gateway does in front of Lambda.

Pure but for the handler's call. Sockets are in `server`; routes come from `routes`.
Source of the event's form: API Gateway developer guide, payload format version 2.0.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from http import HTTPStatus
from time import gmtime, strftime
from typing import Any
from urllib.parse import unquote

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.web import nearest
from openbunker.web.guard import plain_refusal
from openbunker_local.server.routes import Routes
from openbunker_local.server.weight import Weighed

# Of anything larger so much is handed on, for the dialect to refuse it in its own shape: it is
# beyond every dialect's limit, also where compression made it longer.
MAX_REQUEST_BYTES = 3 * 512 * 1024
# Paths of functions that answer HEAD as GET; on all others it is a method like any other.
HEADS = ("/",)
JSON = {"content-type": "application/json"}
_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request as a socket brought it: raw path, raw query, header pairs, body bytes.

    `weight` is what there is to read of the body, as `weight` has it.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str
    weight: int = 0

    @property
    def path(self) -> str:
        """Return the path as routes know it: decoded once, behind one slash."""
        return "/" + unquote(self.raw_path).lstrip("/")

    def header(self, name: str) -> str | None:
        """Return the first header of a lower-case name."""
        return next((value for other, value in self.headers if other.lower() == name), None)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What goes back to the socket."""

    status: int
    headers: dict[str, str]
    body: bytes


def respond(routes: Routes, request: HttpRequest, now_ms: int) -> HttpResponse:
    """Answer one request with the handler that the template names, or with a JSON 404.

    A method that a path does not have goes to the path's handler too, which knows who may read its
    405; which methods there are, other handlers' among them, is known here.
    """
    path = request.path
    if path in HEADS and request.method == "HEAD":
        request = replace(request, method="GET")  # who looks whether somebody is there
    found = routes.find(request.method, path)
    handler = found or routes.find_any(path)
    if handler is None:
        text = nearest.not_there(path, routes.paths())
        refused = RequestRefused(Reason.NOT_FOUND, text)
        return _response(plain_refusal(refused).to_gateway())
    event = gateway_event(request, routes.pattern(path), now_ms)
    if parameters := routes.parameters(path):
        event["pathParameters"] = parameters
    answer = _response(handler(event, Weighed(request.weight)))
    if found or answer.status != HTTPStatus.METHOD_NOT_ALLOWED:
        return answer
    told = wrong_method(request.method, path, methods_at(routes, path))
    return HttpResponse(told.status, {**answer.headers, **told.headers}, told.body)


def methods_at(routes: Routes, path: str) -> list[str]:
    """Return the methods that a path is served with, in the order in which they are told."""
    found = {*routes.methods(path), *(("HEAD",) if path in HEADS else ())}
    return sorted(found, key=lambda method: (method == "OPTIONS", method))


def wrong_method(method: str, path: str, allowed: Sequence[str]) -> HttpResponse:
    """Answer 405 with the methods that a path is served with."""
    text = nearest.other_method(method, path, ", ".join(allowed))
    refused = RequestRefused(Reason.METHOD_NOT_ALLOWED, text)
    reply = plain_refusal(refused).with_headers({"allow": ", ".join(allowed)})
    return _response(reply.to_gateway())


def gateway_event(request: HttpRequest, path: str, now_ms: int) -> dict[str, Any]:
    """Return the payload 2.0 event of a request: lower-case headers, repeats joined by commas."""
    headers = _joined(request.headers)
    body, is_base64 = _body(request.body, headers)
    return {
        "version": "2.0",
        "routeKey": f"{request.method} {path}",
        "rawPath": unquote(request.raw_path),
        "rawQueryString": request.raw_query,
        "headers": headers,
        "requestContext": _context(request, path, headers, now_ms),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name.lower(), []).append(value)
    return {name: ",".join(several) for name, several in values.items()}


def _context(
    request: HttpRequest, path: str, headers: dict[str, str], now_ms: int
) -> dict[str, Any]:
    return {
        "accountId": "000000000000",
        "apiId": "local",
        "domainName": headers.get("host", ""),
        "http": {
            "method": request.method,
            "path": request.raw_path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": f"local-{now_ms}",
        "routeKey": f"{request.method} {path}",
        "stage": "$default",
        "time": _time(now_ms // 1000),
        "timeEpoch": now_ms,
    }


@lru_cache(maxsize=8)
def _time(seconds: int) -> str:
    return strftime("%d/%b/%Y:%H:%M:%S +0000", gmtime(seconds))


def _body(body: bytes, headers: dict[str, str]) -> tuple[str, bool]:
    """Return the body as the gateway hands it over: text as it is, anything else as base64."""
    plain = headers.get("content-type", "").lower().startswith(_TEXT_TYPES)
    if plain and "content-encoding" not in headers:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _response(reply: dict[str, Any]) -> HttpResponse:
    body = reply["body"]
    data = base64.b64decode(body) if reply.get("isBase64Encoded") else body.encode()
    return HttpResponse(reply["statusCode"], reply["headers"], data)


def json_response(status: int, body: dict[str, Any]) -> HttpResponse:
    """Return a JSON answer of the runtime itself."""
    return HttpResponse(status, dict(JSON), json.dumps(body).encode())
