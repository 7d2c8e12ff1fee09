"""A Function URL on track takes every event: what no gateway routed is answered as what one did."""

import json
from pathlib import Path
from typing import Any

import pytest

from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import hash_of
from openbunker.sinks.memory import MemorySink
from openbunker.wire.registry import DIALECTS
from openbunker.wiring import serving
from openbunker_local.server.routes import imported, read_routes
from tests.support import backends
from tests.support.laws import each
from tests.wire.cases import NOW_MS

ROOT = Path(__file__).resolve().parents[2]
HANDLERS = {
    name: imported(ROOT / "functions" / name / "app.py", "handler") for name in ("track", "batch")
}
TRACK = HANDLERS["track"]
WRITES = {
    f"{route.method} {route.path}": HANDLERS[route.module.parent.name]
    for route in read_routes(ROOT / "template.yaml")
    if route.module.parent.name in HANDLERS
}
EVENTS = [
    event
    for file in sorted((ROOT / "events").glob("*.json"))
    if (event := json.loads(file.read_text(encoding="utf-8"))).get("routeKey") in WRITES
]
HOST = "abcdefghijklmnop.lambda-url.us-east-1.on.aws"


def through_a_url(event: dict[str, Any]) -> dict[str, Any]:
    """The same request as a Function URL hands it over: no route, and a name of its own."""
    own = {"routeKey": "$default", "domainName": HOST, "apiId": HOST.partition(".")[0]}
    context = {**event["requestContext"], **own}
    headers = {**event["headers"], "host": HOST}
    return {**event, "routeKey": "$default", "headers": headers, "requestContext": context}


@pytest.fixture
def sink() -> Any:
    """What took the records of the process's services."""
    taken = MemorySink()
    keys = {hash_of(text): key for text, key in backends.demo_keys().items()}
    services = Services(
        keys=MemoryKeyStore(keys),
        sink=taken,
        now_ms=lambda: NOW_MS,
        new_ids=lambda _, count: [f"{number:032x}" for number in range(count)],
        log=lambda _: None,
    )
    serving.use(services, None)
    yield taken
    serving.use(None, None)


def test_the_events_are_of_every_write_route() -> None:
    routes = {route for dialect in DIALECTS for route in (*dialect.routes, *dialect.answers)}
    assert routes <= {event["routeKey"] for event in EVENTS}


@each("event", EVENTS, lambda event: event["routeKey"])
def test_track_answers_without_a_gateway_what_the_routes_function_answers_behind_one(
    sink: MemorySink, event: dict[str, Any]
) -> None:
    behind = WRITES[event["routeKey"]](event, None)
    stored = len(sink.records)
    alone = TRACK(through_a_url(event), None)

    # The library of a vendor is sent where it asked.
    assert alone == {**behind, "body": behind["body"].replace(event["headers"]["host"], HOST)}
    records = [one.data for one in sink.records]
    sink.records.clear()
    assert records[stored:] == records[:stored]
