"""SQL over HTTP: which keys may, the answer's shape, and what an engine's refusal says."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from openbunker.core.errors import QueryTimedOut
from openbunker.keys.model import KeyKind
from openbunker.query.engine import StatementRejected, Table
from openbunker.query.user_sql.endpoint import PATH
from tests.support.query.lake import NOW_MS
from tests.unit.query.test_endpoint import Front

BODY = {"sql": "select url, count(*) from events group by 1", "time_period": "minus_5_minutes"}


def ask(front: Front, body: Any = BODY, **more: Any) -> dict[str, Any]:
    return front.ask(body, path=PATH, **more)


def test_an_answer_has_the_documented_shape() -> None:
    reply = ask(Front(Table(["url", "_col1"], [["/", 7]], NOW_MS - 250)))

    assert reply["statusCode"] == 200
    assert reply["body"] == {
        "columns": ["url", "_col1"],
        "rows": [["/", 7]],
        "row_count": 1,
        "complete": True,
        "elapsed_ms": 10,
        "fresh_to": "2026-11-20T23:59:59.750Z",
    }


def test_values_come_as_json_has_them() -> None:
    values = [datetime(2026, 1, 2, 3, tzinfo=UTC).replace(tzinfo=None), date(2026, 1, 2),
              Decimal("1.5"), float("nan"), float("inf"), None, True]  # fmt: skip
    names = [f"c{n}" for n in range(len(values))]

    rows = ask(Front(Table(names, [values], None)))["body"]["rows"]

    assert rows == [["2026-01-02T03:00:00.000Z", "2026-01-02", 1.5, None, None, None, True]]


@pytest.mark.parametrize("key", ["scoped", "filtered"])
def test_a_key_that_is_bound_to_a_customer_or_filters_is_refused(key: str) -> None:
    front = Front()
    filters = ({"field_name": "country", "op": "equals", "value": "DE"},)
    front.add("filtered", KeyKind.QUERY, key_filter_data=filters)

    reply = ask(front, key=key)

    assert (reply["statusCode"], reply["body"]["code"]) == (403, "scoped_key")
    assert front.engine.asked == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"sql": BODY["sql"]}, "time_period: is required"),
        ({"time_period": "minus_5_minutes"}, "sql: is required"),
        ({**BODY, "sql": 5}, "sql: "),
        ({**BODY, "limit": 5}, "limit: is not known; allowed: sql, time_period"),
        ([], "The request is a JSON object."),
        ({**BODY, "sql": "drop table events"}, "sql: is one SELECT; nothing else is run"),
        ({**BODY, "sql": "select 1 from x"}, "sql: line 1, column 15: there is no table x"),
    ],
)
def test_a_mistake_is_named(body: Any, told: str) -> None:
    front = Front()

    reply = ask(front, body)

    assert (reply["statusCode"], reply["body"]["code"]) == (400, "invalid_query")
    assert told in reply["body"]["error"]
    assert front.engine.asked == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "Binder Error: Cannot mix values\n\nLINE 1: ... FROM read_json($files)\n   ^",
            "sql: Binder Error: Cannot mix values",
        ),
        (
            "0a1b-2c FAILED: TYPE_MISMATCH: line 1:900: Cannot apply operator: varchar = bigint",
            "sql: TYPE_MISMATCH: Cannot apply operator: varchar = bigint",
        ),
    ],
)
def test_what_the_engine_calls_wrong_is_a_mistake_of_the_text(said: str, told: str) -> None:
    reply = ask(Front(error=StatementRejected(said)))

    assert (reply["statusCode"], reply["body"]["code"]) == (400, "invalid_query")
    assert reply["body"]["error"] == told


def test_a_statement_of_ours_that_is_wrong_stays_a_bug() -> None:
    reply = Front(error=StatementRejected("no such column")).ask()

    assert (reply["statusCode"], reply["body"]["code"]) == (503, "internal_error")


def test_a_text_out_of_time_says_so() -> None:
    reply = ask(Front(error=QueryTimedOut("20 s")))

    assert (reply["statusCode"], reply["body"]["code"]) == (504, "query_timeout")


def test_two_columns_of_one_name_are_told() -> None:
    reply = ask(Front(Table(["url", "url"], [["/", "/"]], None)))

    assert reply["statusCode"] == 400
    assert reply["body"]["error"] == "sql: two columns are called url; give them names with AS"


def test_the_scope_is_the_keys_project() -> None:
    front = Front()

    ask(front)

    assert front.engine.asked[0].parameters["project"] == "project-a"


def test_the_log_line_holds_none_of_the_text() -> None:
    front = Front(Table(["url"], [["secret"]], None))

    ask(front, {**BODY, "sql": "select url from events where os = 'secret'"})

    assert [(line["dialect"], line["status"]) for line in front.lines] == [("sql", 200)]
    assert "secret" not in str(front.lines)
