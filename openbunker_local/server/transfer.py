"""What goes over a socket: the bytes of answers, and when to read on. No parsing, no limits."""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from http import HTTPStatus

from uvicorn.protocols.http.flow_control import FlowControl

from openbunker.core.errors import RequestRefused
from openbunker.web.guard import plain_refusal
from openbunker_local.server.gateway import HttpResponse

Fixed = Sequence[tuple[bytes, bytes]]
# What no header may hold: it would end there, and another one begin.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_LINES = {one.value: f"HTTP/1.1 {one.value} {one.phrase}\r\n" for one in HTTPStatus}

MALFORMED = "This is not an HTTP/1.1 request; the connection is closed."
_TLS = "This port speaks HTTP and was spoken to in TLS: use http://, or a proxy that ends TLS."
_HTTP_2 = "This port speaks HTTP/1.1 and was spoken to in HTTP/2: have the proxy speak 1.1 to it."
_PROXY = (
    "This port was spoken to in the PROXY protocol: have the proxy leave it out, send "
    "X-Forwarded-For, and be named with --trusted-proxy."
)
# What is spoken to a port by mistake, by its first bytes; who speaks it cannot read the answer.
_SPOKEN = {
    b"\x16\x03": _TLS,  # a record that holds a handshake (RFC 8446, 5.1)
    b"PRI * HTTP/2": _HTTP_2,  # RFC 9113, 3.4
    b"PROXY ": _PROXY,
    b"\r\n\r\n\0\r\nQUIT\n": _PROXY,  # its second version
}


def mistaken(data: bytes, warn: Callable[[str], None]) -> str:
    """Return what is said of bytes that are no request; of a known mistake the log has it too."""
    told = next((text for start, text in _SPOKEN.items() if data.startswith(start)), MALFORMED)
    if told is not MALFORMED:
        _warn_once(warn, told)
    return told


@cache
def _warn_once(warn: Callable[[str], None], text: str) -> None:
    warn(text)


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


class Heads:
    """Writes whole answers. Headers of every answer are bytes once, until there are others."""

    def __init__(self) -> None:
        self._fixed: tuple[Fixed, str] = (), ""

    def answer(self, response: HttpResponse, fixed: Fixed, *, closes: bool) -> bytes:
        """Return an answer as it goes over the socket; `fixed` are headers of every answer.

        Raises ValueError for a header that would be another one.
        """
        if fixed is not self._fixed[0]:
            lines = [f"{name.decode()}: {value.decode()}\r\n" for name, value in fixed]
            self._fixed = fixed, "".join(lines)
        own = [f"{name}: {value}" for name, value in response.headers.items()]
        if _CONTROL.search("".join(own)):
            raise ValueError("a header holds a control character")
        if response.status != HTTPStatus.NO_CONTENT:
            own.append(f"content-length: {len(response.body)}")
        if closes:
            own.append("connection: close")
        head = (_LINES[response.status], self._fixed[1], "\r\n".join((*own, "", "")))
        return "".join(head).encode("latin-1") + response.body
