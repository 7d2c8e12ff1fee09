"""Calls what takes events in past ASGI: no task of asyncio's, no messages, one write.

A request that is whole when its headers are, and that may be answered on the loop, is called and
its answer written at once. Everything else goes to the application as ever, and so does an answer
that cannot be written now. What may be called is the application's to say; no limits here.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from openbunker_local.server.gateway import HttpResponse
from openbunker_local.server.messages import write
from openbunker_local.server.transfer import Heads
from openbunker_local.tasks import task

if TYPE_CHECKING:
    from openbunker_local.server.connections import Connections

Call = Callable[[], HttpResponse]
# Given a scope and a whole body: what answers it on the loop; None where that is the application's.
AtOnce = Callable[[Mapping[str, Any], bytes], Call | None]
Done = asyncio.Future[HttpResponse]


def never(_scope: Mapping[str, Any], _body: bytes) -> Call | None:
    """Leave everything to the application."""
    return None


class DirectProtocol(HttpToolsProtocol):
    """The requests of one connection, called one after the other."""

    at_once: AtOnce
    heads: Heads
    _among: "Connections"
    held: int
    _running = 0  # calls, of the application or past it
    _lost = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running += 1
        self.loop.call_soon(self._begin, cycle, app)

    def _begin(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Have a request answered, now that what came along with its headers is parsed."""
        call = None
        if not (cycle.more_body or cycle.disconnected or cycle.waiting_for_100_continue):
            call = self.at_once(cycle.scope, bytes(cycle.body))
        if call is None:
            self._by_asgi(cycle, app)
            return
        cycle.body = bytearray()  # a connection that is kept keeps nothing of what it was sent
        done = task.start(call, self.loop)
        self.tasks.add(cast("asyncio.Task[None]", done))  # a drain waits for it
        done.add_done_callback(partial(self._called, cycle))

    def _called(self, cycle: RequestResponseCycle, done: Done) -> None:
        self.tasks.discard(cast("asyncio.Task[None]", done))
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        if error or self.flow.write_paused:
            self._by_asgi(cycle, _fails(error) if error else _writes(done.result()))
            return
        try:
            if not cycle.disconnected:
                self._write(cycle, done.result())
        except (ValueError, KeyError) as unsayable:  # no word of it was sent
            self._by_asgi(cycle, _fails(unsayable))
            return
        self._over()

    def on_response_complete(self) -> None:
        """Go on with the next request. Who is idle too long is seen by the front's own sweep."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def _write(self, cycle: RequestResponseCycle, answer: HttpResponse) -> None:
        """Send a whole answer, as the application's two messages would.

        Raises ValueError or KeyError before a word of it is sent, for what no answer can hold.
        """
        fixed, closes = cycle.default_headers, not cycle.keep_alive
        cycle.transport.write(self.heads.answer(answer, fixed, closes=closes))
        cycle.response_started = cycle.response_complete = True
        if closes:
            cycle.transport.close()
        cycle.on_response()
        cycle.on_response = _nothing  # which holds the connection

    def _by_asgi(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        super()._start_asgi_task(cycle, partial(self._run, app))

    async def _run(self, app: ASGI3Application, *three: Any) -> None:
        try:
            await app(*three)
        # A part of the server ended, or all of it ends and has waited long enough: nobody knows the
        # answer, and none is better than a wrong one.
        except (ConnectionAbortedError, asyncio.CancelledError):
            three[1].__self__.disconnected = True
            self.transport.abort()
        finally:
            self._over()

    def _over(self) -> None:
        self._running -= 1
        if self._lost and not self._running:
            self._among.release(cast("Any", self))


def _nothing() -> None:
    """Do nothing."""


def _fails(error: BaseException) -> ASGI3Application:
    async def app(*_: Any) -> None:
        raise error

    return app


def _writes(answer: HttpResponse) -> ASGI3Application:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await write(send, answer)

    return app
