"""An answer is whole or says what it lacks, on both engines: groups, buckets, listings, charts."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from openbunker.core.event import Event
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.query.endpoint import serve_query
from openbunker.query.engine import Engine
from openbunker.query.incomplete import COMPLETE_HEADER
from openbunker.query.question import question
from openbunker.query.services import QueryServices
from tests.support.query import pooled
from tests.support.query.athena import DuckAthena, engine_over
from tests.support.query.lake import HOUR_MS, NOW_MS, PROJECT, deliver, event

Ask = Callable[..., dict[str, Any]]
# 3 groups in each of 4 hours, and a fourth group in the last.
EVENTS = [
    event(10 * hour + n, timestamp_ms=NOW_MS - hour * HOUR_MS - 1, event_name=f"e{n}")
    for hour in range(4)
    for n in range(3)
] + [event(99, timestamp_ms=NOW_MS - 1, event_name="e3")]
GROUPS = {"time_period": "minus_4_hours", "group_by": ["event_name"]}
HOURS = {"time_period": {"from": NOW_MS - 4 * HOUR_MS, "to": NOW_MS}}
HOURLY = {**HOURS, "group_by_date": {"interval": "hour"}}


def answered(engine: Engine, path: str, body: Any, accept: str) -> dict[str, Any]:
    keys = MemoryKeyStore()
    known = Key(key_id="k", kind=KeyKind.QUERY, account_id="a", project_id=PROJECT)
    keys.add(hash_of("query"), known)
    services = QueryServices(
        keys=keys, engine=engine, now_ms=lambda: NOW_MS, log=lambda _line: None
    )
    event = {
        "version": "2.0",
        "rawPath": path,
        "requestContext": {"http": {"method": "POST"}},
        "headers": {"x-eventbunker-query-key": "query", "accept": accept},
        "body": json.dumps(body),
    }
    return serve_query(event, None, services)


def on_duckdb(events: Sequence[Event], *asked: Any) -> dict[str, Any]:
    with pooled.lake() as (folder, lake):
        deliver(folder, events)
        return answered(lake, *asked)


def on_athena(events: Sequence[Event], *asked: Any) -> dict[str, Any]:
    return answered(engine_over(DuckAthena(events)), *asked)


@pytest.fixture(params=[on_duckdb, on_athena], ids=["duckdb", "athena"])
def ask(request: pytest.FixtureRequest) -> Ask:
    def asked(body: Any, path: str = "json", accept: str = "*/*") -> dict[str, Any]:
        found: dict[str, Any] = request.param(EVENTS, f"/v1/query/{path}", body, accept)
        assert found["statusCode"] == 200, found["body"]
        return found

    return asked


@pytest.mark.parametrize(
    ("body", "lacking"),
    [
        ({**GROUPS, "limit": 4}, None),
        ({**GROUPS, "limit": 3}, [["row_limit", None]]),
        ({**GROUPS, "limit": 1}, [["row_limit", None]]),
        ({**HOURLY, "limit": 4}, None),
        ({**HOURLY, "limit": 3}, [["row_limit", 1]]),
        # Filled, each of 4 groups has all 4 hours.
        ({**HOURLY, "group_by": ["event_name"], "limit": 16}, None),
        ({**HOURLY, "group_by": ["event_name"], "limit": 5}, [["row_limit", 11]]),
        (
            {**HOURS, "group_by_date": {"interval": "hour", "fill": False}, "limit": 3},
            [["row_limit", None]],
        ),
        ({"time_period": "minus_4_hours"}, None),
    ],
)
def test_groups_and_buckets_beyond_the_limit_are_told(ask: Ask, body: Any, lacking: Any) -> None:
    reply = ask(body)
    told = json.loads(reply["body"])

    assert told["complete"] is (lacking is None)
    assert reply["headers"][COMPLETE_HEADER] == str(lacking is None).lower()
    found = [[one["reason"], one["count"]] for one in told.get("incomplete", [])]
    assert found == (lacking or [])
    assert told["row_count"] == len(told["rows"]) <= body.get("limit", 1)
    assert all(one["advice"] for one in told.get("incomplete", []))


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson", "text/csv"])
@pytest.mark.parametrize(("limit", "complete"), [(4, "true"), (3, "false")])
def test_every_form_says_whether_it_is_whole(
    ask: Ask, accept: str, limit: int, complete: str
) -> None:
    reply = ask({**GROUPS, "limit": limit}, accept=accept)

    assert reply["headers"]["content-type"].startswith(accept)
    assert reply["headers"][COMPLETE_HEADER] == complete


def test_a_page_with_a_next_one_lacks_nothing(ask: Ask) -> None:
    """The cursor says that more follow; the walk to its end has them all."""
    reply = ask({"time_period": "minus_4_hours", "select": ["event_id"], "limit": 5})
    told = json.loads(reply["body"])

    assert told["cursor"] is not None
    assert told["complete"] is True
    assert reply["headers"][COMPLETE_HEADER] == "true"


def test_a_chart_asks_for_all_rows_and_an_answer_for_a_thousand(ask: Ask) -> None:
    minutes = {"time_period": "minus_24_hours", "group_by_date": {"interval": "minute"}}
    body = {**minutes, "chart": {"type": "line"}}

    page = ask(body, "iframe")
    table = json.loads(ask(minutes)["body"])

    assert page["headers"][COMPLETE_HEADER] == "true"
    assert len(_answer_of(page)["rows"]) == 1441
    assert (table["row_count"], table["incomplete"][0]["count"]) == (1000, 441)


@pytest.mark.parametrize(
    ("more", "note"),
    [
        # Of 16 rows 6 are read: the second hour has 2 of its 4 groups, and is left out.
        ({}, "1 of 4 hours shown."),
        ({"group_by_date": {"interval": "hour", "fill": False}}, "2 of at most 4 hours shown."),
        ({"order_by": [{"field_name": "count", "direction": "DESC"}]}, "6 of 16 rows shown."),
        (
            {"group_by_date": {"interval": "hour", "fill": False},
             "order_by": [{"field_name": "count"}]},
            "The first 6 rows are shown; there are more.",
        ),
    ],
)  # fmt: skip
def test_a_chart_that_cannot_have_all_says_how_much_it_shows(
    ask: Ask, more: Any, note: str
) -> None:
    reply = ask({**HOURLY, "group_by": ["event_name"], "limit": 6, **more}, "iframe")
    told = _answer_of(reply)

    assert f'<p id="cut" role="status">{note}' in reply["body"]
    assert reply["headers"][COMPLETE_HEADER] == "false"
    assert told["chart"]["complete"] is False
    per_date: dict[str, int] = {}
    for row in told["rows"]:
        per_date[row[0]] = per_date.get(row[0], 0) + 1
    if "order_by" not in more:
        assert set(per_date.values()) == {4 if "group_by_date" not in more else 3}  # whole hours
    assert told["chart"]["additive"] is ("order_by" not in more)


def test_a_chart_beyond_what_an_answer_holds_is_cut_and_says_so(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openbunker.query.answers.formats.MAX_REPLY_BYTES", 150)

    reply = ask(HOURLY, "iframe")

    assert "3 of 4 hours shown." in reply["body"]
    assert reply["headers"][COMPLETE_HEADER] == "false"


def test_ninety_one_days_of_many_groups_are_more_than_a_chart_holds(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case that was drawn as whole: 91 days, 4 groups, and room for 119 rows."""
    monkeypatch.setattr(question, "MAX_LIMIT", 119)
    body = {
        "time_period": {"from": "2026-08-22", "to": "2026-11-21"},
        "group_by_date": {"interval": "day"},
        "group_by": ["event_name"],
        "limit": 119,
    }

    reply = ask(body, "iframe")

    assert "29 of 91 days shown." in reply["body"]
    assert len({row[0] for row in _answer_of(reply)["rows"]}) == 29


def _answer_of(page: dict[str, Any]) -> Any:
    found = re.search(r'id="answer">(.*?)</script>', page["body"], re.DOTALL)
    assert found
    return json.loads(found[1])
