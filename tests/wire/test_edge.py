"""Every route of every function serves who came through the edge, and nobody else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openbunker.core import records
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import hash_of
from openbunker.manage.memory import MemoryTenants
from openbunker.manage.services import ManageServices
from openbunker.query.services import QueryServices
from openbunker.sinks.memory import MemorySink
from openbunker.web.edge import HEADER, NO_EDGE, Edge
from openbunker.wiring import serving
from openbunker.wiring.office import office_over
from openbunker.wiring.unwired import Unwired
from openbunker_local.server.routes import imported, read_routes
from tests.support import backends
from tests.support.laws import each
from tests.wire.cases import NOW_MS

ROOT = Path(__file__).resolve().parents[2]
SECRET = "s" * 32
HANDLERS = {
    f"{route.method} {route.path}": imported(route.module, route.attribute)
    for route in read_routes(ROOT / "template.yaml")
}
EVENTS = [
    event
    for file in sorted((ROOT / "events").glob("*.json"))
    if (event := json.loads(file.read_text(encoding="utf-8"))).get("routeKey") in HANDLERS
]


def through_the_edge(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "headers": {**event["headers"], HEADER: SECRET}}


def serve_with(edge: Edge) -> MemorySink:
    """Serve the process with an edge in front; return what takes the events."""
    keys = MemoryKeyStore({hash_of(text): key for text, key in backends.demo_keys().items()})
    sink, now = MemorySink(), lambda: NOW_MS
    log: Any = lambda _: None  # noqa: E731
    services = Services(
        keys=keys, sink=sink, now_ms=now, log=log, country_header="cloudfront-viewer-country",
        new_ids=lambda _, count: [f"{number:032x}" for number in range(count)], edge=edge,
    )  # fmt: skip
    questions = QueryServices(keys=keys, engine=Unwired(), now_ms=now, log=log, edge=edge)
    desk = office_over(MemoryTenants(down=True))
    serving.use(
        services, questions, ManageServices(keys=keys, office=desk, now_ms=now, log=log, edge=edge)
    )
    return sink


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    serving.use(None, None)


def answers(edge: Edge, event: dict[str, Any]) -> dict[str, Any]:
    serve_with(edge)
    found: dict[str, Any] = HANDLERS[event["routeKey"]](event, None)
    return found


@each("event", EVENTS, lambda event: event["routeKey"])
def test_each_route_wants_the_edges_word_and_then_is_what_it_was(event: dict[str, Any]) -> None:
    around = answers(Edge((SECRET,)), event)
    assert (around["statusCode"], around["headers"]["x-openbunker-reason"]) == (
        403,
        "not_from_edge",
    )

    through = answers(Edge((SECRET,)), through_the_edge(event))
    assert through == answers(NO_EDGE, event)


def test_the_country_and_the_address_are_the_edges_word() -> None:
    event = next(one for one in EVENTS if one["routeKey"] == "POST /post" and "body" in one)
    told = {"cloudfront-viewer-country": "NZ", "x-forwarded-for": "198.51.100.7, 203.0.113.7"}
    event = {**event, "headers": {**event["headers"], **told}}
    sink = serve_with(Edge((SECRET,)))
    HANDLERS["POST /post"](through_the_edge(event), None)

    (row,) = (records.decode(one.data) for one in sink.records)
    assert (row.country, row.ip) == ("NZ", "198.51.100.0")
