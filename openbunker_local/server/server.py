"""Sockets: an ASGI application under uvicorn that hands requests to the gateway.

Events are taken in by tasks of the event loop, which give way while the disk works; what reads,
and what is large, runs in threads, for it blocks.
No routes and no event shapes here: those are the gateway's.
"""

import asyncio
import errno
import resource
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from functools import partial
from types import FrameType
from typing import Any, cast
from urllib.parse import unquote

import uvicorn

from openbunker.web.http import WAIT_HEADER
from openbunker.wire import registry
from openbunker.wiring.system import now_ms
from openbunker_local import memory
from openbunker_local.server import deployed, gateway, messages
from openbunker_local.server.connections import Connections
from openbunker_local.server.gateway import HttpRequest, HttpResponse
from openbunker_local.server.limits import FrontLimits
from openbunker_local.server.messages import Receive, Send
from openbunker_local.server.protocol import FrontProtocol
from openbunker_local.server.proxies import NOBODY, Proxies
from openbunker_local.server.routes import Routes
from openbunker_local.server.state.health import readiness
from openbunker_local.server.transfer import Heads
from openbunker_local.server.waiting import Stage, Waiting, no_stages
from openbunker_local.server.weight import is_large
from openbunker_local.tasks import task
from openbunker_local.thawed import thaw
from openbunker_local.turns.presence import CURRENT, Presence

DRAIN_SECONDS = 20
# Files of the process beside its connections: journal, objects, SQLite, what questions read.
OWN_FILES = 200
THREADS = 64
QUESTIONS = ("/v1/query/", "/v1/receipts/", "/v1/refused", "/v1/live", "/v1/events/", "/v1/system")
# More than may wait for their turns and have them: who is one too many is told so by a thread.
QUESTION_THREADS = 64
# Large bodies that are read at a time.
LARGE_AT_ONCE = 2
# Who wakes from a sync waits for the interpreter no longer than this: the loop is seldom idle, and
# every commit is waited for by all that are in it.
SWITCH_SECONDS = 0.0005
OWN_METHODS = ("GET", "HEAD")
# In a query: its answer may be waited for.
WAITING = "wait"


async def _nothing() -> None:
    """Do nothing."""


class App:
    """The ASGI application: state and document of its own, the rest through the gateway.

    `at_drain` is called once no request is taken any more: what takes long is not waited for.
    `at_start` and `at_end` are awaited on the loop, before the first request and behind the last.
    `stages` name what no question sees yet, for answers that wait until one does. `underway` is
    entered for as long as a request that may store something is answered. `tasks`: events are
    taken in on the loop; a handler that blocks must not be. `takes_large`: so are large ones, for
    somebody else reads them.
    """

    def __init__(
        self,
        routes: Routes,
        health: Callable[[], dict[str, Any]],
        why_not_ready: Callable[[], str] = str,
        proxies: Proxies = NOBODY,
        *,
        at_drain: Callable[[], object] = str,
        at_start: Callable[[], Awaitable[None]] = _nothing,
        at_end: Callable[[], Awaitable[None]] = _nothing,
        stages: Callable[[], Sequence[Stage]] = no_stages,
        underway: Callable[[], AbstractContextManager[None]] = nullcontext,
        tasks: bool = True,
        takes_large: Callable[[], bool] = bool,
    ) -> None:
        self._routes = routes
        self._underway = underway
        self._tasks, self._takes_large = tasks, takes_large
        self._waiting = Waiting(stages)
        self.at_drain = at_drain
        self.at_start = at_start
        self.at_end = at_end
        self._proxies = proxies
        self._why_not_ready = why_not_ready
        self.draining = False
        self._own: dict[str, Callable[[], HttpResponse]] = {
            "/health": lambda: gateway.json_response(200, health()),
            "/ready": self._ready,
            "/openapi.json": _document,
        }
        self._events = ThreadPoolExecutor(THREADS, thread_name_prefix="events")
        # Apart, so that however many questions wait, events are answered.
        self._questions = ThreadPoolExecutor(QUESTION_THREADS, thread_name_prefix="questions")
        self._large = ThreadPoolExecutor(LARGE_AT_ONCE, thread_name_prefix="large")
        self._large_questions = ThreadPoolExecutor(1, thread_name_prefix="large-questions")
        self._large_turn = asyncio.Semaphore(LARGE_AT_ONCE)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request. A client that leaves before its body ends gets no answer.

        Who asks whether to send one, to a path that is not there, is told so in its place.
        """
        if messages.waits(scope) and not self._serves(messages.request_of(scope, b"").path):
            answer = self._respond(messages.request_of(scope, b""))
            answer.headers["connection"] = "close"  # the body may come all the same
            await messages.write(send, answer)
            return
        try:
            body = await messages.read(receive)
        except ConnectionAbortedError:
            return
        request = messages.request_of(scope, body)
        large = is_large(request.weight)
        if request.path.startswith(QUESTIONS):
            pool = self._large_questions if large else self._questions
            await messages.write(send, await self._answer(request, receive, pool))
            return
        answer = await self._taken(request, large=large)
        await messages.write(send, await self._waiting.held(request, answer))

    def at_once(self, scope: Mapping[str, Any], body: bytes) -> Callable[[], HttpResponse] | None:
        """Return what answers a request on the loop; None where that takes a thread or a wait."""
        if not self._tasks or scope["method"] != "POST":
            return None
        request = messages.request_of(scope, body)
        if request.path.startswith(QUESTIONS) or not _stores(request):
            return None
        asked = unquote(request.raw_query)  # the walk decodes it as well
        if WAITING in asked or request.header(WAIT_HEADER) is not None:
            return None
        return None if is_large(request.weight) else partial(self._counted, request)

    async def _taken(self, request: HttpRequest, *, large: bool) -> HttpResponse:
        """Answer what is no question: in a task where it stores events, else in a thread."""
        call, loop = partial(self._counted, request), asyncio.get_running_loop()
        if not (self._tasks and _stores(request)):
            return await loop.run_in_executor(self._large if large else self._events, call)
        if not large:
            return await task.start(call, loop)
        if not self._takes_large():
            return await loop.run_in_executor(self._large, call)
        async with self._large_turn:
            return await task.start(call, loop)

    async def _answer(
        self, request: HttpRequest, receive: Receive, pool: ThreadPoolExecutor
    ) -> HttpResponse:
        """Answer a question. When its client leaves, what was begun for it is ended."""
        presence, context = Presence(), copy_context()
        context.run(CURRENT.set, presence)
        call = partial(context.run, self._respond, request)
        answer = asyncio.get_running_loop().run_in_executor(pool, call)
        leaving = asyncio.ensure_future(receive())
        try:
            both: set[asyncio.Future[Any]] = {answer, leaving}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done() and leaving.result()["type"] == "http.disconnect":
                presence.leave()
            return await answer
        finally:
            leaving.cancel()

    def _counted(self, request: HttpRequest) -> HttpResponse:
        with self._underway():
            return self._respond(request)

    def _respond(self, request: HttpRequest) -> HttpResponse:
        own = self._own.get(request.path)
        if own is None:
            return gateway.respond(self._routes, self._proxies.seen(request), now_ms())
        if request.method in OWN_METHODS:
            return own()
        return gateway.wrong_method(request.method, request.path, OWN_METHODS)

    def _serves(self, path: str) -> bool:
        return path in self._own or self._routes.find_any(path) is not None

    def _ready(self) -> HttpResponse:
        why = "the server is ending" if self.draining else self._why_not_ready()
        return gateway.json_response(*readiness(why))


class Server(uvicorn.Server):
    """uvicorn behind the limits of the front, telling when it listens."""

    def __init__(self, app: App, announce: Callable[[], None], limits: FrontLimits) -> None:
        self._connections = Connections(limits, time.monotonic)
        protocol = partial(
            FrontProtocol, connections=self._connections, at_once=app.at_once, heads=Heads()
        )
        config = uvicorn.Config(
            app,
            http=cast("type[asyncio.Protocol]", protocol),
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            use_colors=False,  # else it asks the standard output, which a daemon may have closed
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        super().__init__(config)
        self._announce = announce
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain, and let no balancer send anything more. Called for a signal."""
        self._app.draining = True
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept, then say so."""
        await self._app.at_start()
        await super().startup(sockets)
        self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what is under way, but for what is not waited for, and end."""
        ending = asyncio.get_running_loop().run_in_executor(None, self._app.at_drain)
        await super().shutdown(sockets)
        await ending
        await self._app.at_end()

    async def on_tick(self, counter: int) -> bool:
        """End what took too long; called ten times a second."""
        self._connections.sweep()
        return await super().on_tick(counter)


def serve(
    app: App, listener: socket.socket, announce: Callable[[], None], limits: FrontLimits
) -> None:
    """Serve until SIGINT or SIGTERM, answering what is under way, and return."""
    sys.setswitchinterval(SWITCH_SECONDS)
    memory.give_back()
    thaw(HttpRequest, HttpResponse)
    memory.search_seldom()
    # uvicorn drains on these signals, then raises them again for whoever was there before it.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: sys.exit(0))
    try:
        Server(app, announce, limits).run(sockets=[listener])
    except SystemExit as stop:
        if stop.code:
            raise


def allow_files(connections: int) -> None:
    """Let the process open a file for each connection. Raises OSError where it must not."""
    wanted = connections + OWN_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        text = f"that takes {wanted} open files, and this process may have {hard}"
        raise OSError(errno.EMFILE, text)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def bind(host: str, port: int) -> socket.socket:
    """Return a bound TCP socket. Raises OSError when the address is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _stores(request: HttpRequest) -> bool:
    return registry.dialect_at(request.path) is not None


def _document() -> HttpResponse:
    return HttpResponse(200, dict(gateway.JSON), deployed.OPENAPI.read_bytes())
