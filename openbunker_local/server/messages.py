"""Between uvicorn's messages and the gateway's records: a request read whole, an answer sent.

No sockets, no routes and no limits but the size that is read.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from openbunker_local.server import gateway
from openbunker_local.server.gateway import HttpRequest, HttpResponse
from openbunker_local.server.weight import weight_of

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def request_of(scope: Mapping[str, Any], body: bytes) -> HttpRequest:
    """Return the request that a scope tells of."""
    client = scope.get("client") or ("", 0)
    headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"]]
    encoding = next((value for name, value in headers if name.lower() == "content-encoding"), None)
    return HttpRequest(
        method=scope["method"],
        raw_path=scope["raw_path"].decode("latin-1"),
        raw_query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        source_ip=client[0],
        weight=weight_of(body, encoding),
    )


def waits(scope: Mapping[str, Any]) -> bool:
    """Return whether the client sends its body only once it is asked to (RFC 9110, 10.1.1)."""
    return any(
        name == b"expect" and value.lower() == b"100-continue" for name, value in scope["headers"]
    )


async def read(receive: Receive) -> bytes:
    """Return the body; of one that is larger than any function would see, its beginning.

    Raises ConnectionAbortedError when the client left before its end: half a body is no request.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError
        chunk = message.get("body", b"")
        size += len(chunk)
        chunks.append(chunk)
        if not message.get("more_body") or size > gateway.MAX_REQUEST_BYTES:
            return b"".join(chunks)


async def write(send: Send, response: HttpResponse) -> None:
    """Send an answer."""
    headers = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in response.headers.items()]
    if response.status != HTTPStatus.NO_CONTENT:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
