"""A collector and a clock for tests, in process. The collector keeps events once an id, as the
real one does, and behaves as badly as it is told to, one trouble a request.
"""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openbunker_client import Request, Response, Unsent
from openbunker_client.delivery.core import Core
from openbunker_client.delivery.engine import Engine
from openbunker_client.delivery.outbox import Outbox
from openbunker_client.delivery.sending import sender, teller
from openbunker_client.delivery.spool import Spool
from openbunker_client.model import Item
from openbunker_client.settings import Settings, check

TROUBLES = ("reset", "lost", "slow", "429", "503", "500", "413", "partial", "html", "over_100")


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Collector:
    """A transport. Events named `bad…` are refused; `poison…` is answered 500, every time, of
    `deadly…` the server dies unanswered.
    """

    def __init__(self, clock: Clock | None = None, troubles: list[str] | None = None) -> None:
        self.clock = clock or Clock()
        self.troubles = list(troubles or [])
        self.stored: Counter[str] = Counter()
        self.arrived: Counter[str] = Counter()
        self.names: list[str] = []
        self.requests = 0
        self.sizes: list[int] = []
        self.most = 100

    def __call__(self, request: Request) -> Response:
        self.requests += 1
        events = json.loads(request.body)
        self.sizes.append(len(events))
        trouble = self.troubles.pop(0) if self.troubles else ""
        if trouble == "reset":
            raise ConnectionResetError("reset by peer")
        if trouble == "slow":
            self.clock.now += 7.5
        if trouble == "429":
            return said(429, {"status": "error"}, {"retry-after": "3"})
        if trouble in {"500", "503"}:
            return said(int(trouble), {"status": "error"})
        if trouble == "html":
            return Response(200, {}, b"<html>A captive portal</html>")
        if trouble == "413" and len(events) > 1:
            return said(413, {"status": "error", "message": "Payload too large"})
        if (trouble == "over_100" and len(events) > 1) or len(events) > self.most:
            return said(200, {"status": "error", "message": "Batch too large"})
        if any(event["name"].startswith("poison") for event in events):
            return said(500, {"status": "error"})
        if any(event["name"].startswith("deadly") for event in events):
            raise ConnectionResetError("reset by peer")
        answer = self._store(events, partial=trouble == "partial")
        if trouble == "lost":
            raise TimeoutError("the answer was lost")
        return answer

    def _store(self, events: list[dict[str, Any]], *, partial: bool) -> Response:
        results: list[dict[str, Any]] = []
        for at, event in enumerate(events):
            if event["name"].startswith("bad"):
                found = {"code": "too_big", "path": ["name"], "message": "Too big"}
                results.append(error("Invalid event schema", errors=[found]))
            elif partial and at % 2:
                results.append(error("This was not stored; send it again."))
            else:
                self.arrived[event["eventId"]] += 1
                if not self.stored[event["eventId"]]:
                    self.names.append(event["name"])
                self.stored[event["eventId"]] = 1
                results.append({"status": "success", "eventId": event["eventId"]})
        told = {"x-openbunker-reason": "stream_unavailable"} if partial else {}
        body = {"status": "success", "batch": True, "processed": len(events), "results": results}
        return said(200, body, told)


def said(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    """Return an answer of JSON."""
    return Response(status, headers or {}, json.dumps(body).encode())


def error(message: str, **more: Any) -> dict[str, Any]:
    """Return the result of one event that was not taken."""
    return {"status": "error", "message": message, "eventType": "custom", **more}


def settings(**changes: Any) -> Settings:
    """Return checked settings."""
    defaults = Settings(
        client_id="key", api_url="http://collector.test", batch_size=100, batch_timeout=2.0,
        max_queue_size=10_000, overflow="block", spool=None, on_drop=None, on_refused=None,
        gzip=False, timeout=10.0, max_retries=10, query_key=None, exit_timeout=10.0,
    )  # fmt: skip
    return check(defaults._replace(**changes))


def body(name: str, event_id: str) -> bytes:
    """Return an event as the engine takes it."""
    return json.dumps({"type": "custom", "name": name, "eventId": event_id}).encode()


class Driven:
    """An engine without a thread, driven by the test's clock."""

    def __init__(
        self,
        collector: Callable[[Request], Response],
        clock: Clock,
        *,
        seed: int = 0,
        max_segment: int = 300,
        **changes: Any,
    ) -> None:
        self.refused: list[Unsent] = []
        self.dropped: list[Unsent] = []
        self.clock = clock
        told = {"on_refused": self.refused.append, "on_drop": self.dropped.append}
        self.settings = settings(**(told | changes))
        chance = random.Random(seed)
        folder = self.settings.spool

        def outbox() -> Outbox:
            core = Core(
                batch_size=self.settings.batch_size,
                batch_timeout=self.settings.batch_timeout,
                max_queue_size=self.settings.max_queue_size,
                max_retries=None if folder else self.settings.max_retries,
                random=chance.random,
            )
            spool = Spool(folder, "key", max_segment=max_segment) if folder else None
            return Outbox(core, spool, self.settings.batch_timeout, clock())

        self.engine = Engine(
            outbox=outbox, send=sender(self.settings, collector, clock),
            tell=teller(self.settings), forget=lambda: None, clock=clock,
            exit_timeout=10.0, threaded=False,
        )  # fmt: skip

    def track(self, name: str, event_id: str) -> bool:
        """Put an event in; False when there is no room."""
        return self.engine.put(body(name, event_id), block=False)

    def run(self, most: int = 100_000) -> None:
        """Let time pass until nothing is pending any more."""
        mark = self.engine.begin_flush()
        for _ in range(most):
            if not self.engine.report().pending:
                assert self.engine.flushed(mark)
                self.engine.end_flush(mark)
                return
            if not self.engine.step():
                self.clock.now += 0.5
        raise AssertionError(f"still pending: {self.engine.report()}")


def core(**changes: Any) -> Core:
    """Return a core that knows no chance."""
    options: dict[str, Any] = {
        "batch_size": 3, "batch_timeout": 2.0, "max_queue_size": 10, "max_retries": 4,
        "random": lambda: 0.0,
    }  # fmt: skip
    return Core(**options | changes)


def items(*names: str) -> list[Item]:
    """Return events with their names as ids."""
    return [Item(body(name, name)) for name in names]


def files(folder: Path) -> list[str]:
    """Return what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


class Gate:
    """A collector that answers when it is let; `reached` tells that a request waits."""

    def __init__(self) -> None:
        self.collector = Collector()
        self.reached = threading.Event()
        self.open = threading.Event()

    def __call__(self, request: Request) -> Response:
        self.reached.set()
        assert self.open.wait(30)
        return self.collector(request)
