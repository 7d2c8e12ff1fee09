"""A whole openbunker in this process: the same parts, sockets and handlers, in a thread.

A process of its own takes a second of CPU to start. What is about its start or its end, as kills,
drains, exit codes and lines it prints, needs one: `running_server`.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from threading import Event, Thread

from openbunker_local import runtime
from openbunker_local.runtime import Pace
from openbunker_local.server import deployed, routes, server
from openbunker_local.server.limits import FrontLimits
from openbunker_local.server.proxies import Proxies
from tests.support.server import Reached


@dataclass(frozen=True)
class ServerHere(Reached):
    """A server in this process. It is drained when it is stopped, at the latest with its block."""

    stop: Callable[[], None]


@contextmanager
def server_here(data: Path, pace: Pace | None = None) -> Iterator[ServerHere]:
    """Serve a data folder on a free port until the block ends. One at a time in a process."""
    listener = server.bind("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with ExitStack() as parts:
        parts.callback(os.umask, os.umask(0o077))  # the runtime sets it for its process
        running = runtime.running(data, url, lambda _line: None, pace or Pace())
        parts.enter_context(_listening(listener, parts.enter_context(running)))
        yield ServerHere(url, json.loads((data / "demo.json").read_text()), data, parts.close)


@contextmanager
def _listening(listener: socket, running: runtime.Runtime) -> Iterator[None]:
    heard = Event()
    # Its clients are whoever the test says they are, as behind a proxy that is trusted.
    trusted = Proxies.of(["127.0.0.1"])
    table = routes.load(deployed.TEMPLATE)
    app = server.App(
        table,
        running.health,
        proxies=trusted,
        stages=lambda: running.stages,
        underway=running.underway,
    )
    front = server.Server(app, heard.set, FrontLimits())
    thread = Thread(target=front.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        assert heard.wait(30), "the server did not start"
        yield
    finally:
        front.should_exit = True
        thread.join(30)
