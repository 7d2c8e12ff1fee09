"""The route of charts: the question's walk, with a page at its end. On a scripted engine."""

import json
from typing import Any

import pytest

from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.query.chart import endpoint
from openbunker.query.endpoint import serve_query
from openbunker.query.engine import Statement, Table
from openbunker.query.question import question
from openbunker.query.services import QueryServices
from tests.support.query.lake import NOW_MS


class _Engine:
    def __init__(self) -> None:
        self.asked: list[Statement] = []

    def run(self, statement: Statement) -> Table:
        self.asked.append(statement)
        return Table(["g0", "c0"], [["DE", 7]], NOW_MS)


def ask(engine: _Engine, body: Any, key: str = "query") -> dict[str, Any]:
    keys = MemoryKeyStore()
    known = Key(key_id="k", kind=KeyKind.QUERY, account_id="a", project_id="project-a")
    keys.add(hash_of("query"), known)
    event = {
        "version": "2.0",
        "rawPath": endpoint.PATH,
        "requestContext": {"http": {"method": endpoint.METHOD}},
        "headers": {"x-eventbunker-query-key": key},
        "body": json.dumps(body),
    }
    lines: list[Any] = []
    services = QueryServices(keys=keys, engine=engine, now_ms=lambda: NOW_MS, log=lines.append)
    return serve_query(event, None, services)


BODY = {"time_period": "minus_5_minutes", "group_by": ["country"]}


def test_an_answer_is_a_page() -> None:
    reply = ask(_Engine(), {**BODY, "chart": {"type": "bar", "title": "Countries"}})

    assert reply["statusCode"] == 200
    assert reply["headers"]["content-type"] == "text/html; charset=utf-8"
    assert "<title>Countries</title>" in reply["body"]
    assert '"rows":[["DE",7]]' in reply["body"]
    assert "2026-11-21T00:00:00.000Z" in reply["body"]


@pytest.mark.parametrize(
    ("body", "key", "status", "reason"),
    [
        (BODY, "nobody's", 401, "unknown_key"),
        ({**BODY, "chart": {"type": "pie"}}, "query", 400, "invalid_query"),
        ({**BODY, "chart": {"type": "line"}}, "query", 400, "invalid_query"),
        ({**BODY, "limit": 0}, "query", 400, "invalid_query"),
        ([], "query", 400, "invalid_query"),
    ],
)
def test_what_is_wrong_is_told_as_json_and_costs_no_query(
    body: Any, key: str, status: int, reason: str
) -> None:
    engine = _Engine()

    reply = ask(engine, body, key)

    assert (reply["statusCode"], reply["headers"]["x-openbunker-reason"]) == (status, reason)
    assert json.loads(reply["body"])["error"]
    assert not engine.asked


@pytest.mark.parametrize(
    ("more", "computed", "date", "timezone", "additive"),
    [
        ({}, 1, None, "UTC", True),
        ({"computations": [{"function": "avg", "field_name": "n"}]}, 1, None, "UTC", False),
        (
            {"group_by_date": {"interval": "minute", "timezone": "Europe/Berlin"}},
            2,
            0,
            "Europe/Berlin",
            True,
        ),
    ],
)
def test_the_shape_is_the_questions(
    more: Any, computed: int, date: int | None, timezone: str, additive: bool
) -> None:
    shape = endpoint.shape_of(question.parse({**BODY, **more}))

    found = (shape.computed, shape.date, shape.timezone, shape.additive)
    assert found == (computed, date, timezone, additive)
