"""HTTP as uvicorn's parser reads it, behind the limits of the front.

What a connection may send before anybody knows who it is, the offers that are ignored, and what
answers bytes that are no request. Whose turn it is to leave is `connections`'s; what a request
means is the gateway's.
"""

import asyncio
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.server import ServerState

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker_local.server.arrival import BETWEEN, BODY, HEAD, LEAVING, Arrival, Part
from openbunker_local.server.connections import Connections
from openbunker_local.server.direct import AtOnce, DirectProtocol, never
from openbunker_local.server.transfer import Ending, Heads, HeldFlow, mistaken, refusal_bytes

# Pieces that are parsed before others have their turn: a small request's head and its body.
AT_ONCE = 2
# What a request costs that waits for the one before it.
REQUEST_BYTES = 2048
# A client that still sends reads its answer first: closed at once, the answer would be lost to it.
LINGER_SECONDS = 5.0
# It is read without a look, so not as fast as it sends: a quarter of a MiB a time.
SKIM_SECONDS = 0.01
BUSY = "The server has no room for this request now; send it again later."
LATE = "The request did not arrive in time; send it again, at once."
CONNECT = "CONNECT is not served: this is no proxy."


class FrontProtocol(DirectProtocol):
    """The protocol of one connection.

    An offer to upgrade is ignored, as RFC 9110 (7.8) has it: httptools ends the request at its
    headers then, so it is parsed again without the offer, and its body stays its body.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        connections: Connections,
        at_once: AtOnce = never,
        heads: Heads | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.held = 0
        self.at_once = at_once
        self.heads = heads or Heads()
        self._among = connections
        self._arrival = Arrival(connections.limits)
        self._unparsed = b""
        self._rest = 0  # of it, as held
        self._offered = False
        self._stage: tuple[Part, bool, int] | None = None
        self._farewell: RequestRefused | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place among the connections, or say that there is none."""
        super().connection_made(transport)
        self.flow: HeldFlow = HeldFlow(transport)
        if self._among.arrived(self):
            self._told()
        else:
            self.evict()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave. What the application still works on is held until it is done."""
        self._among.left(self)
        self._lost = True
        if not self._running:
            self._among.release(self)
        self._unparsed = b""
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, as far as it may be parsed now."""
        if self._farewell or self._arrival.part is LEAVING:
            self.flow.rest(self.loop, SKIM_SECONDS)
            return
        self._unparsed = self._unparsed + data if self._unparsed else data
        self._parse()
        self._told()

    def on_response_complete(self) -> None:
        """Go on with what came meanwhile, or say goodbye where it was no request."""
        last = not self.pipeline
        super().on_response_complete()
        self._among.release(self)
        self._rest = 0
        if last and self._farewell:
            self._say_farewell()
        elif not self._farewell:
            self._among.hold(self, len(self.pipeline) * REQUEST_BYTES)
            self._parse()
        self._told()

    # What the parser tells.

    def on_message_begin(self) -> None:
        """Start a request."""
        super().on_message_begin()
        self._arrival.begin()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        self._arrival.target(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what stands behind a chunked body is none (RFC 9110, 6.5.1)."""
        self._arrival.header(name, value)
        if self._arrival.part is HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start to answer, but for an offer: that head is read again first."""
        self._offered = self.parser.should_upgrade()
        if not self._offered:
            self._arrival.body_begins(self.parser.get_http_version())
            super().on_headers_complete()
            self.cycle.transport = Ending(self.transport, self._end)  # type: ignore[assignment]
            if self.pipeline:
                self._hold(REQUEST_BYTES)
        elif self.parser.get_method() == b"CONNECT":
            raise RequestRefused(Reason.METHOD_NOT_ALLOWED, CONNECT)

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body, if there is room for it and not enough of it yet."""
        taken = self._arrival.part is BODY and not self.cycle.response_complete
        self._arrival.body(len(body))
        if taken:
            self._hold(len(body))
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Have the request whole."""
        if not self._offered:
            self._arrival.ends()
            super().on_message_complete()

    # What ends a connection.

    def expire(self) -> None:
        """End what took too long: a request with an answer, an idle connection without a word."""
        if self._arrival.part is LEAVING or self.transport.is_closing():
            self.transport.abort()
        elif self._arrival.part is BETWEEN:
            self.transport.close()
            self._among.waits(self, LINGER_SECONDS)
        else:
            self._give_up(RequestRefused(Reason.REQUEST_TIMEOUT, LATE))

    def evict(self) -> None:
        """End at once; who was in the middle of a request, or just came, is told why."""
        idle = self._arrival.part is BETWEEN and self._arrival.serial > 0
        if self._arrival.part is not LEAVING and not idle:
            self._give_up(RequestRefused(Reason.SERVER_BUSY, BUSY))
        self._arrival.leave()
        self.transport.close()

    def _parse(self, pieces: int = AT_ONCE) -> None:
        """Feed the parser until its requests have to wait for answers, or for others' turns."""
        data, self._unparsed = self._unparsed, b""
        self._among.hold(self, -self._rest)
        at = self._rest = 0
        try:
            while at < len(data) and not self.pipeline and not self.transport.is_closing():
                if not pieces:  # chunks of a byte each take far more time than their bytes
                    self.loop.call_soon(self._go_on)
                    break
                pieces -= 1
                piece = data[at : at + self._arrival.piece]
                at += len(piece)
                self._arrival.fed(len(piece))
                self._feed(piece)
                self._arrival.check_quiet()
            self._unparsed = data[at:]
            self._rest = len(self._unparsed)
            self._hold(self._rest)
        except RequestRefused as refused:
            self._give_up(refused)
        except httptools.HttpParserError as error:
            # What a callback raised is the context of the parser's own error.
            ours = error.__context__ if isinstance(error.__context__, RequestRefused) else None
            text = "" if ours else mistaken(data, self.logger.warning)
            self._give_up(ours or RequestRefused(Reason.MALFORMED_HTTP, text))
        was, self.flow.held = self.flow.held, bool(self._unparsed)
        if self.flow.held:
            self.flow.pause_reading()
        elif was:
            self.flow.resume_reading()

    def _go_on(self) -> None:
        """Parse on, now that others had their turn."""
        if self._unparsed and self._arrival.part is not LEAVING:
            self._parse(1)
            self._told()

    def _feed(self, piece: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserUpgrade as offer:
                piece = self._head_without_offer() + piece[offer.args[0] :]
                self.parser = self._new_parser()
            else:
                return

    def _head_without_offer(self) -> bytes:
        """Return the head that was read, as it came but for what is offered."""
        version = self.parser.get_http_version().encode()
        line = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)
        kept = [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join((line, *kept, b"", b""))

    def _new_parser(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser

    def _hold(self, size: int) -> None:
        if not self._among.hold(self, size):
            raise RequestRefused(Reason.SERVER_BUSY, BUSY)

    def _told(self) -> None:
        """Tell the other connections what this one waits for, if that has changed."""
        stage = (self._arrival.part, self._answering(), self._arrival.serial)
        if stage == self._stage or self._arrival.part is LEAVING:
            return
        self._stage = stage
        if stage[1]:
            self._among.works(self)
        else:
            self._among.waits(self, self._arrival.seconds)

    def _answering(self) -> bool:
        """Return whether a request that is whole has no answer yet."""
        under_way = self.cycle is not None and not self.cycle.response_complete
        return bool(self.pipeline) or (under_way and self._arrival.part is not BODY)

    def _give_up(self, refused: RequestRefused) -> None:
        """Answer in place of what is arriving, after the requests before it, and close."""
        self._unparsed = b""
        cycle = self.cycle
        if self._arrival.part.is_body:
            if cycle.response_started:  # it was answered before its end
                self._leave()
                return
            cycle.disconnected = True
            cycle.message_event.set()
            if self.pipeline:
                self.pipeline.popleft()
                self._farewell = refused
                return
        elif self._answering():
            self._farewell = refused
            return
        self._farewell = refused
        self._say_farewell()

    def _end(self) -> None:
        """End the connection behind an answer, which a client that still sends has to read."""
        end = self._leave if self._arrival.part.is_body else self.transport.close
        end()

    def _say_farewell(self) -> None:
        assert self._farewell is not None
        self.transport.write(refusal_bytes(self._farewell, self.server_state.default_headers))
        self._leave()

    def _leave(self) -> None:
        """End our half of the connection, and read on for a moment without looking."""
        self._arrival.leave()
        self._among.release(self)
        if self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()
        self._among.waits(self, LINGER_SECONDS)
