"""Every golden case, replayed through the pipeline in both payload formats of API Gateway."""

import json
from typing import Any

from openbunker.core.event import Event
from openbunker.web.http import Request
from openbunker.wire import registry
from openbunker.wire.registry import DIALECTS
from tests.support.laws import each
from tests.wire import cases, replays
from tests.wire.cases import NOW_MS
from tests.wire.replays import Replay

KEYS = cases.keys()


def is_now(value: int) -> bool:
    return value == NOW_MS


@each("replay", lambda: replays.replays("2.0") + replays.replays("1.0"), replays.name)
def test_the_answer_and_the_rows_are_those_of_the_case(replay: Replay) -> None:
    case = replay.case
    body = json.loads(replay.body) if replay.body else None
    assert replay.status == case.status, replay
    assert list(cases.differences(case.answer, body, is_now)) == []
    told = {name: replay.headers.get(name) for name in case.answer_headers}
    assert list(cases.differences(dict(case.answer_headers), told, is_now)) == []
    said = json.dumps([replay.status, replay.headers, replay.body, replay.lines])
    assert not [key for key in KEYS if key in said]
    assert list(cases.differences(list(case.stored), _parts(case, replay.rows), is_now)) == []


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
    every = cases.every()
    storing = {f"{case.method} /{case.path.lstrip('/')}" for case in every if case.stored}
    assert {route for dialect in DIALECTS for route in dialect.routes} <= storing


def test_every_answer_has_a_case_and_stores_nothing() -> None:
    asked = {
        registry.route_of(request): case.stored
        for case in cases.every()
        if (request := Request(method=case.method, path=case.path))
    }
    answers = {route for dialect in DIALECTS for route in dialect.answers}
    assert {route: asked.get(route) for route in answers} == dict.fromkeys(answers, ())
