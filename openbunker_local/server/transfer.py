"""What goes over a socket past the application: a refusal's bytes, and when to read on.

No parsing and no limits here.
"""

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus

from uvicorn.protocols.http.flow_control import FlowControl

from openbunker.core.errors import RequestRefused
from openbunker.web.guard import plain_refusal


class HeldFlow(FlowControl):
    """Reads on only when what was read is parsed; uvicorn would with every body that it reads."""

    held = False
    _rests = False

    def resume_reading(self) -> None:
        """Read on, unless something holds it."""
        if not self.held and not self._rests:
            super().resume_reading()

    def rest(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        """Read nothing for a moment; what comes meanwhile waits in the line."""
        if not self._rests:
            self._rests = True
            self.pause_reading()
            loop.call_later(seconds, self._rested)

    def _rested(self) -> None:
        self._rests = False
        if not self._transport.is_closing():
            self.resume_reading()


class Ending:
    """The transport of one answer; `close` is the protocol's, which knows what still comes."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = close


def refusal_bytes(refused: RequestRefused, fixed: list[tuple[bytes, bytes]]) -> bytes:
    """Return the whole answer of a connection that ends; `fixed` are headers of every answer."""
    reply = plain_refusal(refused)
    body = json.dumps(reply.body).encode()
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": "close",
        **reply.headers,
    }
    lines = [b"HTTP/1.1 %d %b" % (reply.status, HTTPStatus(reply.status).phrase.encode())]
    lines += [b"%b: %b" % header for header in fixed]
    lines += [f"{name}: {value}".encode() for name, value in headers.items()]
    return b"\r\n".join((*lines, b"", body))
