"""What a twin answers besides the collector's own routes: `/v1/test/…`, and faults that were asked.

Handlers are the deployed ones; what only questions need is opened for the first of them.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from json import loads
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from openbunker.web.http import Request
from openbunker.wire import registry
from openbunker_local.server import deployed, gateway, routes, server
from openbunker_local.server.gateway import HttpRequest, HttpResponse
from openbunker_local.server.proxies import Proxies
from openbunker_local.server.routes import Handler
from openbunker_local.server.sender import written_to
from openbunker_local.server.waiting import Stage
from openbunker_local.testing import faults, seen
from openbunker_local.testing.clock import SetClock
from openbunker_local.testing.faults import FaultRefused, Faults
from openbunker_local.testing.ledger import Ledger, matching
from openbunker_local.testing.place import Place
from openbunker_local.testing.seen import Sight

ROOT = "/v1/test/"
# Functions that questions and managing need; the others serve events.
READING = ("query", "manage")
DIALECT_NAMES = frozenset(dialect.name for dialect in registry.DIALECTS)
Answer = Callable[[HttpRequest], dict[str, Any]]


class TwinApp(server.App):
    """The server's application with the routes of a twin."""

    def __init__(self, place: Place, sight: Sight, clock: SetClock, proxies: Proxies) -> None:
        self._place = place
        self._sight = sight
        self._clock = clock
        self._ledger = Ledger()
        self._faults = Faults()
        self._tests: dict[str, Answer] = {
            "POST reset": self._reset,
            "GET good": self._good,
            "GET bad": self._bad,
            "GET all": lambda _: self._ledger.counts(),
            "GET clock": lambda _: self._time(),
            "POST clock": self._set_clock,
            "GET faults": lambda _: {"faults": self._faults.told()},
            "POST faults": self._add_fault,
        }
        found = routes.load(deployed.TEMPLATE, self._handler)
        super().__init__(
            found,
            self._health,
            self._why_not,
            proxies,
            at_drain=self._drain,
            stages=self._stages,
            underway=self._answering,
            tasks=False,  # a request waits for a reset
        )

    def _health(self) -> dict[str, Any]:
        return self._place.running.health()

    def _stages(self) -> Sequence[Stage]:
        return self._place.running.stages

    def _answering(self) -> AbstractContextManager[None]:
        return self._place.running.underway()

    def _drain(self) -> None:
        self._place.running.drain()

    def _why_not(self) -> str:
        return self._place.running.why_not_ready()

    def _respond(self, request: HttpRequest) -> HttpResponse:
        if request.raw_path.startswith(ROOT):
            return self._test(request)
        with self._place.request():
            answer = super()._respond(request)
            if answer.status == 404 and self._routes.find_any(unquote(request.raw_path)) is None:
                self._enter_lost(request, answer)
            return answer

    def _enter_lost(self, request: HttpRequest, answer: HttpResponse) -> None:
        """Enter what was sent to an address that is none: no handler has seen it."""
        event = gateway.gateway_event(request, request.raw_path, self._clock())
        told = {
            "statusCode": answer.status,
            "headers": answer.headers,
            "body": answer.body.decode(),
        }
        seen.enter(self._ledger, self._sight, Request.from_gateway(event), told)

    def _test(self, request: HttpRequest) -> HttpResponse:
        name = request.raw_path.removeprefix(ROOT)
        answer = self._tests.get(f"{request.method} {name}")
        methods = [one.split()[0] for one in self._tests if one.split()[1] == name]
        if answer:
            try:
                return gateway.json_response(200, answer(request))
            except (ValueError, FaultRefused) as error:
                told = {"error": str(error), "code": "invalid_query"}
                return gateway.json_response(400, told)
        if methods:
            return gateway.wrong_method(request.method, request.raw_path, methods)
        names = sorted({one.split()[1] for one in self._tests})
        told = {"error": f"{ROOT} has {', '.join(names)}", "code": "not_found"}
        return gateway.json_response(404, told)

    def _reset(self, _request: HttpRequest) -> dict[str, Any]:
        self._place.reset(self._forget)
        return {"reset": True}

    def _forget(self) -> None:
        self._ledger.clear()
        self._faults.clear()
        self._clock.reset()

    def _good(self, request: HttpRequest) -> dict[str, Any]:
        return {"events": self._ledger.good(_filter(request))}

    def _bad(self, request: HttpRequest) -> dict[str, Any]:
        return {"refused": self._ledger.bad(_filter(request))}

    def _time(self) -> dict[str, Any]:
        return {"now_ms": self._clock()}

    def _set_clock(self, request: HttpRequest) -> dict[str, Any]:
        set_clock(self._clock, _json(request))
        return self._time()

    def _add_fault(self, request: HttpRequest) -> dict[str, Any]:
        self._faults.add(faults.parsed(_json(request)))
        return {"faults": self._faults.told()}

    def _handler(self, file: Path, attribute: str) -> Handler:
        if file.parent.name in READING:
            return self._reading(file, attribute)
        handler = routes.imported(file, attribute)

        def answered(event: dict[str, Any], context: object) -> dict[str, Any]:
            request = Request.from_gateway(event)
            dialect = written_to(request)
            fault = self._faults.take(request, dialect) if dialect else None
            answer: dict[str, Any] = {}
            if fault is None or fault.stored:
                answer = handler(event, context)
                seen.enter(self._ledger, self._sight, request, answer)
            return (
                faults.reply(fault, request, dialect).to_gateway() if fault and dialect else answer
            )

        return answered

    def _reading(self, file: Path, attribute: str) -> Handler:
        """Return a handler that is imported, and what it reads opened, when it is called."""
        loaded: list[Handler] = []

        def answered(event: dict[str, Any], context: object) -> dict[str, Any]:
            self._place.running.read()
            if not loaded:
                loaded.append(routes.imported(file, attribute))
            return loaded[0](event, context)

        return answered


def set_clock(clock: SetClock, body: object) -> None:
    """Set a clock as JSON says: `now` and `frozen`, or `advance_seconds`. Raises ValueError."""
    if not isinstance(body, dict):
        raise ValueError("a clock is set by an object: now and frozen, or advance_seconds")
    match body:
        case {"advance_seconds": int() | float() as seconds, **rest} if not rest and _real(seconds):
            clock.advance(round(seconds * 1000))
        case {"now": None, **rest} if not rest:
            clock.reset()
        case {"now": str() | int() as now, "frozen": bool() as frozen, **rest} if not rest:
            clock.set(moment_ms(now), frozen=frozen)
        case {"now": str() | int() as now, **rest} if not rest:
            clock.set(moment_ms(now))
        case _:
            raise ValueError(
                "say now (a time or ms since the epoch), and frozen (true or false) with it;"
                " or advance_seconds"
            )


def moment_ms(now: str | int) -> int:
    """Return a time of ISO 8601, UTC unless it says, in ms since the epoch. Raises ValueError."""
    if isinstance(now, bool):
        raise ValueError("now is a time or ms since the epoch")
    if isinstance(now, int):
        return now
    at = datetime.fromisoformat(now)
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _real(seconds: float) -> bool:
    """Return whether it is a number, also as milliseconds."""
    return type(seconds) is int or (type(seconds) is float and isfinite(seconds * 1000))


def _json(request: HttpRequest) -> object:
    """Return a request's JSON. Raises ValueError."""
    try:
        found: object = loads(request.body)
    except RecursionError as error:
        raise ValueError("JSON that is too deep") from error
    return found


def _filter(request: HttpRequest) -> Callable[[Any], bool]:
    asked = parse_qs(request.raw_query)
    if unknown := set(asked) - {"name", "dialect"}:
        raise ValueError(f"filters are name and dialect, not {', '.join(sorted(unknown))}")
    if unknown := set(asked.get("dialect", ())) - DIALECT_NAMES:
        told, known = ", ".join(sorted(unknown)), ", ".join(sorted(DIALECT_NAMES))
        raise ValueError(f"there is no dialect {told}; there are {known}")
    return matching(asked.get("name", ()), asked.get("dialect", ()))
