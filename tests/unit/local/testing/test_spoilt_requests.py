"""Whatever is sent to the routes of a twin and of the runtime itself: never a 5xx, always JSON."""

import json
import random
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from openbunker_local.server.gateway import HttpRequest
from openbunker_local.server.proxies import NOBODY
from openbunker_local.testing.clock import SetClock
from openbunker_local.testing.front import ROOT, TwinApp
from openbunker_local.testing.place import Place
from openbunker_local.testing.seen import Sight
from tests.support import mutations

REQUESTS = 150
NOW_MS = 1_790_000_000_000
OWN = ("/health", "/ready", "/openapi.json")
FUEL: dict[str, tuple[Any, ...]] = {
    "reset": ({},),
    "good": ({},),
    "bad": ({},),
    "all": ({},),
    "clock": (
        {"now": "2026-01-01T00:00:00Z", "frozen": True},
        {"now": NOW_MS},
        {"advance_seconds": 1e308},
        {"advance_seconds": 10**300},
        {"now": "0001-01-01T00:00:00+23:59"},
        {"now": "9999-12-31T23:59:59-23:59"},
    ),
    "faults": ({"status": 503, "times": 3, "key": "k", "stored": False, "retry_after": 1},),
}


class Nowhere:
    """A place without a folder."""

    running = SimpleNamespace(health=lambda: {"status": "ok"}, why_not_ready=str)

    def reset(self, forget: Callable[[], None]) -> None:
        forget()

    def request(self) -> Any:
        return nullcontext()


@pytest.fixture(scope="module")
def app() -> TwinApp:
    return TwinApp(cast("Place", Nowhere()), Sight(), SetClock(lambda: NOW_MS), NOBODY)


def asked(app: TwinApp, method: str, path: str, query: str, body: bytes) -> int:
    request = HttpRequest(
        method=method, raw_path=path, raw_query=query, headers=[], body=body, source_ip=""
    )
    answer = app._respond(request)
    json.loads(answer.body)
    assert answer.headers["content-type"] == "application/json"
    return answer.status


@pytest.mark.parametrize("name", [*FUEL, "nowhere"])
def test_a_spoilt_request_of_a_tests_is_its_mistake(app: TwinApp, name: str) -> None:
    rng, met = random.Random(7), set[int]()
    for _ in range(REQUESTS):
        value = mutations.spoil_value(rng.choice(FUEL.get(name, ({},))), rng)
        body = json.dumps(value).encode()
        body = mutations.spoil_bytes(body, rng) if rng.random() < 0.2 else body
        query = mutations.spoil_query("name=a&dialect=segment", rng)
        met.add(asked(app, rng.choice(("GET", "POST", "PUT")), ROOT + name, query, body))
    for value in FUEL.get(name, ()):
        met.add(asked(app, "POST", ROOT + name, "", json.dumps(value).encode()))
    assert met <= {200, 400, 404, 405}


@pytest.mark.parametrize("path", OWN)
def test_the_runtimes_own_routes_take_whatever_is_asked(app: TwinApp, path: str) -> None:
    rng = random.Random(7)
    for _ in range(20):
        query, body = mutations.spoil_query("a=b", rng), mutations.spoil_bytes(b"{}", rng)
        assert asked(app, "GET", path, query, body) == 200
        assert asked(app, rng.choice(("POST", "PUT", "DELETE")), path, query, body) == 405
