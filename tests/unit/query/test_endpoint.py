"""The walk of a question over HTTP: keys, refusals and the answer's shape, on a scripted engine."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from openbunker.core.errors import QueryUnavailable
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.query.endpoint import serve_query
from openbunker.query.engine import Statement, Table
from openbunker.query.services import QueryServices
from openbunker.query.sql import series
from openbunker.web.http import REASON_HEADER
from tests.support.query.lake import NOW_MS

BODY = {"time_period": "minus_5_minutes"}


class ScriptedEngine:
    """An engine that answers with one table, or raises one error."""

    def __init__(self, table: Table, error: Exception | None = None) -> None:
        self.table, self.error = table, error
        self.asked: list[Statement] = []

    def run(self, statement: Statement) -> Table:
        self.asked.append(statement)
        if self.error:
            raise self.error
        return self.table


class Front:
    """The endpoint with a key of every kind, a clock of its own and a list of log lines."""

    def __init__(self, table: Table | None = None, error: Exception | None = None) -> None:
        self.engine = ScriptedEngine(table or Table(["c0"], [[7]], NOW_MS - 250), error)
        self.keys = MemoryKeyStore()
        for kind in KeyKind:
            self.add(kind.value, kind)
        self.add("scoped", KeyKind.QUERY, customer_identifier="c1")
        self.lines: list[Mapping[str, Any]] = []
        self.now_ms = NOW_MS

    def add(self, text: str, kind: KeyKind, **more: Any) -> None:
        key = Key(key_id=text, kind=kind, account_id="a", project_id="project-a", **more)
        self.keys.add(hash_of(text), key)

    def ask(self, body: Any = BODY, *, key: str | None = "QUERY", **change: str) -> dict[str, Any]:
        event = {
            "version": "2.0",
            "rawPath": change.get("path", "/v1/query/json"),
            "requestContext": {"http": {"method": change.get("method", "POST")}},
            "headers": {"X-EventBunker-Query-Key": key} if key else {},
            "body": body if isinstance(body, str) else json.dumps(body),
        }
        reply = self.send(event)
        return {**reply, "body": json.loads(reply["body"])}

    def send(self, event: dict[str, Any]) -> dict[str, Any]:
        services = QueryServices(
            keys=self.keys, engine=self.engine, now_ms=self.tick, log=self.lines.append
        )
        return serve_query(event, None, services)

    def tick(self) -> int:
        self.now_ms += 5
        return self.now_ms


def test_an_answer_has_the_documented_shape() -> None:
    reply = Front().ask()

    assert reply["statusCode"] == 200
    assert reply["headers"]["content-type"] == "application/json"
    assert reply["body"] == {
        "columns": ["count"],
        "rows": [[7]],
        "row_count": 1,
        "complete": True,
        "elapsed_ms": 10,  # the clock of this test goes on by 5 with each look
        "fresh_to": "2026-11-20T23:59:59.750Z",
    }


def test_the_console_is_answered_without_a_key_and_asks_no_engine() -> None:
    front = Front()
    http = {"http": {"method": "GET"}}
    told = front.send({"version": "2.0", "rawPath": "/", "requestContext": http})

    assert told["statusCode"] == 200
    assert told["headers"]["content-type"].startswith("text/html")
    assert front.engine.asked == []
    assert [line["dialect"] for line in front.lines] == ["console"]


def test_an_engine_that_cannot_know_says_null() -> None:
    assert Front(Table(["c0"], [[7]], None)).ask()["body"]["fresh_to"] is None


def test_json_text_comes_back_as_values() -> None:
    """What a group holds has the type that the sender gave it; infinity is no JSON."""
    rows: list[list[Any]] = [
        ['"a"', 1.0, Decimal(1)],
        ["5", 2.5, None],
        ["true", None, None],
        [None, float("inf"), None],
        ['["x"]', float(2**62), Decimal(2**62 + 1)],
    ]
    body = {
        "time_period": "minus_1_days",
        "group_by": ["plan"],
        "computations": [{"function": "sum", "field_name": "price"}],
    }

    told = Front(Table(["g0", "c0", "e0"], rows, None)).ask(body)["body"]

    assert told["columns"] == ["plan", "sum_price"]
    assert told["rows"] == [["a", 1], [5, 2.5], [True, None], [None, None], [["x"], 2**62 + 1]]


@pytest.mark.parametrize(
    ("key", "reason", "text"),
    [
        (None, "missing_key", "Invalid x-eventbunker-query-key"),
        ("nobody's", "unknown_key", "Invalid x-eventbunker-query-key"),
        ("WRITE", "wrong_key_kind", "Please use a query key for query requests."),
        ("DELETE", "wrong_key_kind", "Please use a query key for query requests."),
        ("MASTER", "wrong_key_kind", "Please use a query key for query requests."),
    ],
)
def test_a_key_that_is_no_query_key_is_refused(key: str | None, reason: str, text: str) -> None:
    front = Front()

    reply = front.ask(key=key)

    assert reply["statusCode"] == 401
    assert reply["headers"][REASON_HEADER] == reply["body"]["code"] == reason
    assert reply["body"]["error"].startswith(text)
    assert front.engine.asked == []


def test_the_scope_comes_from_the_key() -> None:
    """The request has no say in whose rows it sees."""
    front = Front()

    front.ask(key="scoped")
    front.ask(key="QUERY")

    scoped, open_ = (statement.parameters for statement in front.engine.asked)
    assert (scoped["project"], scoped["customer"]) == ("project-a", "c1")
    assert open_["project"] == "project-a"
    assert "customer" not in open_


def test_a_key_store_that_is_down_says_come_again() -> None:
    front = Front()
    front.keys.down = True

    reply = front.ask()

    assert reply["statusCode"] == 503
    assert reply["headers"][REASON_HEADER] == "key_store_unavailable"
    assert reply["headers"]["retry-after"] == "2"


def test_malformed_json_is_told_by_line_and_column() -> None:
    reply = Front().ask('{\n "time_period" "minus_5_minutes"}')

    assert reply["statusCode"] == 400
    assert reply["body"]["code"] == "malformed_json"
    assert "line 2 column 16" in reply["body"]["error"]


def test_a_mistake_in_the_question_is_told() -> None:
    reply = Front().ask({**BODY, "limit": 0})

    assert reply["statusCode"] == 400
    assert reply["headers"][REASON_HEADER] == "invalid_query"
    assert reply["body"]["error"] == "limit: is a whole number from 1 to 10000"


@pytest.mark.parametrize("path", ["/v1/query", "/v1/query/json/"])
def test_another_path_is_404(path: str) -> None:
    reply = Front().ask(path=path)

    assert (reply["statusCode"], reply["body"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_another_method_is_405(method: str) -> None:
    reply = Front().ask(method=method)

    assert (reply["statusCode"], reply["body"]["code"]) == (405, "method_not_allowed")
    assert reply["headers"]["allow"] == "POST, OPTIONS"


def test_an_engine_that_fails_is_503_and_logged() -> None:
    front = Front(error=QueryUnavailable("the disk is gone"))

    reply = front.ask()

    assert reply["statusCode"] == 503
    assert reply["headers"][REASON_HEADER] == "query_unavailable"
    assert reply["headers"]["retry-after"] == "2"
    assert "disk" not in reply["body"]["error"]
    assert front.lines[0]["error"] == "the disk is gone"


def test_a_bug_is_503_and_counted_as_unexpected() -> None:
    front = Front(error=KeyError("g9"))

    reply = front.ask()

    assert (reply["statusCode"], reply["body"]["code"]) == (503, "internal_error")
    assert [line.get("unexpected") for line in front.lines] == [1, None]


def test_every_question_is_one_line_without_its_words() -> None:
    front = Front(Table(["g0", "c0"], [['"secret value"', 1]], None))

    front.ask({**BODY, "group_by": ["secret_field"]})

    assert [(line["dialect"], line["status"]) for line in front.lines] == [("query", 200)]
    assert "secret" not in json.dumps(front.lines)


def test_what_is_no_gateway_event_is_refused() -> None:
    front = Front()
    services = QueryServices(
        keys=front.keys, engine=front.engine, now_ms=front.tick, log=front.lines.append
    )

    assert serve_query({"hello": 1}, None, services)["statusCode"] == 400


def test_more_groups_than_can_be_filled_are_refused() -> None:
    """The engine says how many there are, in a last column that no answer shows."""
    dates = {"interval": "hour", "timezone": "Europe/Berlin"}
    body = {"time_period": "minus_10_hours", "group_by": ["plan"], "group_by_date": dates}
    names = ["d0", "g0", "c0", "d_groups"]
    most = series.most_groups(11)

    told = Front(Table(names, [[0, '"a"', 5, most]], None)).ask(body)["body"]
    refused = Front(Table(names, [[0, '"a"', 5, most + 1]], None)).ask(body)

    assert told["columns"] == ["date", "plan", "count"]
    assert told["rows"] == [["2026-11-20T15:00:00+01:00", "a", 5]]
    assert (refused["statusCode"], refused["body"]["code"]) == (400, "invalid_query")
    assert refused["body"]["error"].startswith("group_by_date.fill: ")


def test_too_many_date_buckets_are_refused_before_anything_is_asked() -> None:
    front = Front()
    body = {"time_period": "minus_8_days", "group_by_date": {"interval": "minute"}}

    reply = front.ask(body)

    assert reply["statusCode"] == 400
    assert reply["body"]["error"].startswith("group_by_date.interval: the period has 11521 buckets")
    assert front.engine.asked == []
