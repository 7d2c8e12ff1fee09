"""Every golden case, replayed through the pipeline in both payload formats of API Gateway."""

import json
from typing import Any

import pytest

from openbunker.core import ids, records
from openbunker.core.event import Event
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.sinks.memory import MemorySink
from openbunker.wire.registry import DIALECTS
from tests.wire import cases

NOW_MS = 1_790_000_000_000
KEYS = cases.keys()
ALL = [case for dialect in cases.dialects() for case in cases.load(dialect)]


def is_now(value: int) -> bool:
    return value == NOW_MS


@pytest.mark.parametrize("payload", ["2.0", "1.0"])
@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_the_answer_and_the_rows_are_those_of_the_case(case: cases.Case, payload: str) -> None:
    keys = cases.key_store(case)
    keys.down = case.faults.get("keys", False)
    sink = MemorySink(refusing=case.faults.get("sink", ()))
    lines: list[Any] = []
    services = Services(
        keys=keys,
        sink=sink,
        now_ms=lambda: NOW_MS,
        new_id=ids.new_id,
        log=lines.append,
        names=cases.names_used(case),
        buckets=cases.buckets(case),
        monotonic=lambda: 0.0,
    )

    answer = serve(case.gateway_event(payload), None, services)

    body = json.loads(answer["body"]) if answer["body"] else None
    assert answer["statusCode"] == case.status, answer
    assert list(cases.differences(case.answer, body, is_now)) == []
    told = {name: answer["headers"].get(name) for name in case.answer_headers}
    assert list(cases.differences(dict(case.answer_headers), told, is_now)) == []
    assert not [key for key in KEYS if key in json.dumps([answer, lines])]
    rows = [records.decode(record.data) for record in sink.records]
    assert list(cases.differences(list(case.stored), _parts(case, rows), is_now)) == []


def _parts(case: cases.Case, rows: list[Event]) -> list[dict[str, Any]]:
    """Return of each row what its case speaks of."""
    parts = []
    for index, row in enumerate(rows):
        names = case.stored[index] if index < len(case.stored) else {"event_name": ""}
        parts.append({name: getattr(row, name) for name in names})
    return parts


def test_every_dialect_has_cases() -> None:
    assert cases.dialects() == sorted({dialect.name for dialect in DIALECTS})


def test_every_route_has_a_case_that_stores() -> None:
    storing = {f"{case.method} /{case.path.lstrip('/')}" for case in ALL if case.stored}
    assert {route for dialect in DIALECTS for route in dialect.routes} <= storing
