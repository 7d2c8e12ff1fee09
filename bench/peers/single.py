"""`python -m bench.peers.single`: of what the CPU of a single event on one machine is made.

A server under wrk tells what its loop and its other threads take; the loop's own parts are timed
here, warm, with a disk that answers at once, and what is left of the loop is the rest.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from uvicorn.config import Config
from uvicorn.server import ServerState

from bench.local import CONNECTIONS, load_singles
from openbunker.core.books import BOTH
from openbunker.ingest import pipeline
from openbunker.wiring import hot, serving
from openbunker_local import runtime
from openbunker_local.runtime import Pace
from openbunker_local.server import deployed, gateway, routes
from openbunker_local.server.connections import Connections
from openbunker_local.server.gateway import HttpRequest, HttpResponse
from openbunker_local.server.limits import FrontLimits
from openbunker_local.server.protocol import FrontProtocol
from openbunker_local.server.transfer import Heads
from openbunker_local.thawed import thaw
from tests.support.server import running_server

SECONDS, TIMES, ROUNDS = 5, 300, 15
BODY = (
    b'{"event_name": "bench_single", "customer_identifier": "acme", "plan": "pro", "amount": 99.5,'
    b' "tags": ["a", "b"], "page": "https://shop.example/a/long/enough/path/to/count",'
    b' "note": "%b"}'
) % (b"x" * 300)
Parts = dict[str, float]


def main() -> int:
    """Load, time and print; there is no target."""
    loop, others = under_load()
    parts = alone()
    rest = loop - sum(parts.values())
    table = Table("of a single event", "CPU µs", title=f"{CONNECTIONS} connections")
    for name, took in (*parts.items(), ("the loop's rest: sockets, hand-overs, caches", rest)):
        table.add_row(name, f"{took:.0f}")
    table.add_row("the loop, whole", f"{loop:.0f}")
    table.add_row("other threads: both commits, delivery", f"{others:.0f}")
    Console().print(table)
    return 0


def under_load() -> tuple[float, float]:
    """Return what a loaded server's loop and all its other threads take for an event."""
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        load_singles(server, CONNECTIONS, 1)
        pid = server.process.pid
        before = threads_us(pid)
        load = load_singles(server, CONNECTIONS, SECONDS)
        after = threads_us(pid)
    took = {one: at - before.get(one, 0.0) for one, at in after.items()}
    return took.pop(pid) / load.requests, sum(took.values()) / load.requests


def threads_us(pid: int) -> dict[int, float]:
    """Return the CPU of a process's threads so far; the first has its number."""
    folder = Path(f"/proc/{pid}/task")
    return {
        int(one.name): int((one / "schedstat").read_text().split()[0]) / 1000
        for one in folder.iterdir()
    }


def alone() -> Parts:
    """Return what the parts of the loop's work take by themselves, each without the ones before."""
    thaw(HttpRequest, HttpResponse)  # as a server does
    with _request() as (table, request):
        event, services = gateway.gateway_event(request, "/post", 0), hot.current()
        walk = least_us(lambda: pipeline.serve(event, None, services))
        whole = least_us(lambda: gateway.respond(table, request, 0))
        front = least_us(asyncio.run(_fed(request)))
    return {
        "the walk: key, checks, limits, line, entry, answer": walk,
        "request to event and back, as the gateway has it": whole - walk,
        "HTTP: parser, limits of the front, the answer's bytes": front,
    }


def least_us(call: Callable[[], object]) -> float:
    """Return the least CPU of a call: what else the machine does only adds to it."""
    took = []
    for _ in range(ROUNDS):
        started = time.thread_time_ns()
        for _ in range(TIMES):
            call()
        took.append(time.thread_time_ns() - started)
    return min(took) / TIMES / 1000


@contextmanager
def _request() -> Iterator[tuple[routes.Routes, HttpRequest]]:
    """Yield the routes over a folder whose disk answers at once, and a request to them."""

    with (
        tempfile.TemporaryDirectory() as folder,
        runtime.running(Path(folder), "", _nothing, Pace()) as running,
    ):
        services = serving.Installed.services
        assert services
        serving.use(replace(services, together=lambda *_: BOTH), None)
        headers = [
            ("Host", "127.0.0.1:8080"),
            ("content-type", "application/json"),
            ("x-eventbunker-write-key", running.demo.write_key),
            ("Content-Length", str(len(BODY))),
        ]
        request = HttpRequest(
            method="POST",
            raw_path="/post",
            raw_query="",
            headers=headers,
            body=BODY,
            source_ip="127.0.0.1",
        )
        yield routes.load(deployed.TEMPLATE), request


async def _fed(request: HttpRequest) -> Callable[[], None]:
    """Return what has a connection read a request and write a ready answer."""
    told = HttpResponse(200, {"content-type": "application/json"}, bytes(80))
    loop = asyncio.get_running_loop()
    config = Config(_never, ws="none", lifespan="off")
    config.load()
    protocol = FrontProtocol(
        config,
        ServerState(),
        {},
        loop,
        connections=Connections(FrontLimits(), time.monotonic),
        heads=Heads(),
    )
    protocol.connection_made(_Nowhere())
    lines = b"".join(f"{name}: {value}\r\n".encode() for name, value in request.headers)
    data = b"POST /post HTTP/1.1\r\n" + lines + b"\r\n" + request.body
    # What starts a call is the loop's, which is not running: the answer is written at once.
    protocol._start_asgi_task = lambda *_: None  # type: ignore[method-assign]

    def feed() -> None:
        protocol.data_received(data)
        protocol._write(protocol.cycle, told)

    return feed


async def _never(_scope: Any, _receive: Any, _send: Any) -> None:
    """Answer nothing."""


def _nothing(_line: Mapping[str, Any]) -> None:
    """Log nothing."""


class _Nowhere(asyncio.Transport):
    """A socket that takes everything."""

    def write(self, data: Any) -> None:
        """Take it."""

    def is_closing(self) -> bool:
        """Stay open."""
        return False

    def resume_reading(self) -> None:
        """Do nothing."""


if __name__ == "__main__":
    sys.exit(main())
