"""`GET /v1/usage`: whose counts, of which days, and how the quota stands."""

import json
from dataclasses import replace
from typing import Any

import pytest

from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.query.endpoint import serve_query
from openbunker.query.engine import Statement, Table
from openbunker.query.services import QueryServices
from openbunker.usage.memory import MemoryUsageStore
from openbunker.usage.model import Line

NOW_MS = 1_795_262_400_000  # 2026-11-21T12:00:00Z
QUERY = Key(key_id="k1", kind=KeyKind.QUERY, account_id="a", project_id="prj")
FILTERS = ({"field_name": "plan", "op": "equals", "value": "pro"},)
KEYS = {
    "query": QUERY,
    "scoped": replace(QUERY, customer_identifier="acme"),
    "filtered": replace(QUERY, key_filter_data=FILTERS),
    "write": replace(QUERY, kind=KeyKind.WRITE),
    "master": replace(QUERY, kind=KeyKind.MASTER),
    "account": replace(QUERY, kind=KeyKind.MASTER, project_id=""),
}


class Engine:
    """Usage is told from the store alone."""

    def run(self, statement: Statement) -> Table:
        raise AssertionError(statement)


class Front:
    """The query function over memory."""

    def __init__(self) -> None:
        self.usage = MemoryUsageStore()
        self.keys = MemoryKeyStore({hash_of(text): key for text, key in KEYS.items()})
        lines = [("2026-10-31", "segment", 7), ("2026-11-02", "segment", 5)]
        lines += [("2026-11-21", "databuddy", 2), ("2026-11-21", "segment", 1)]
        self.usage.put(
            [
                Line(project_id=project, day=day, dialect=dialect, events=events, bytes=events * 9)
                for project in ("prj", "other")
                for day, dialect, events in lines
            ],
            [],
            NOW_MS - 1000,
        )

    def ask(self, query: str = "", **headers: str) -> tuple[int, Any]:
        services = QueryServices(
            keys=self.keys,
            engine=Engine(),
            now_ms=lambda: NOW_MS,
            log=lambda _line: None,
            usage=self.usage,
        )
        event = {
            "rawPath": "/v1/usage",
            "rawQueryString": query,
            "headers": headers or {"x-eventbunker-query-key": "query"},
            "requestContext": {"http": {"method": "GET"}},
        }
        answer = serve_query(event, None, services)
        return answer["statusCode"], json.loads(answer["body"])


def test_the_month_by_day_and_dialect() -> None:
    front = Front()
    front.keys.change_project("prj", {"monthly_events": 8, "over_month": "2026-11"})

    status, told = front.ask()

    assert status == 200
    assert told == {
        "project_id": "prj",
        "from": "2026-11-01",
        "to": "2026-11-21",
        "usage": [
            {"day": "2026-11-02", "dialect": "segment", "events": 5, "bytes": 45},
            {"day": "2026-11-21", "dialect": "databuddy", "events": 2, "bytes": 18},
            {"day": "2026-11-21", "dialect": "segment", "events": 1, "bytes": 9},
        ],
        "total": {"events": 8, "bytes": 72},
        "month": {"month": "2026-11", "events": 8, "bytes": 72},
        "counted_at": "2026-11-21T11:59:59.000Z",
        "complete": True,
        "quota": {"monthly_events": 8, "exceeded": True, "events_per_second": None},
    }


def test_what_was_never_counted_is_no_zero() -> None:
    front = Front()
    front.usage = MemoryUsageStore()

    _, told = front.ask()

    assert (told["counted_at"], told["complete"]) == (None, False)
    assert [one["reason"] for one in told["incomplete"]] == ["not_counted_yet"]


def test_other_days_may_be_asked_for_and_the_month_is_told_all_the_same() -> None:
    _, told = Front().ask("from=2026-10-01&to=2026-10-31")
    assert (told["total"]["events"], told["month"]["events"]) == (7, 8)


def test_the_projects_master_key_may_ask_too() -> None:
    status, told = Front().ask(**{"x-eventbunker-apikey": "master"})
    assert (status, told["total"]["events"]) == (200, 8)


@pytest.mark.parametrize(
    ("header", "key", "status", "code"),
    [
        ("x-eventbunker-query-key", "scoped", 403, "scoped_key"),
        ("x-eventbunker-query-key", "filtered", 403, "scoped_key"),
        ("x-eventbunker-query-key", "write", 401, "wrong_key_kind"),
        ("x-eventbunker-query-key", "nobody", 401, "unknown_key"),
        ("x-eventbunker-apikey", "query", 401, "wrong_key_kind"),
        ("x-eventbunker-apikey", "account", 401, "wrong_key_kind"),
        ("x-other", "query", 401, "missing_key"),
    ],
)
def test_who_sees_a_part_or_nothing_of_the_project_gets_no_counts(
    header: str, key: str, status: int, code: str
) -> None:
    found, told = Front().ask(**{header: key})
    assert (found, told["code"]) == (status, code)
    assert "usage" not in told


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "to=2026-13-01",
        "from=20261101",
        "from=2026-11-22",
        "from=2020-01-01",
    ],
)
def test_a_mistake_names_its_parameter(query: str) -> None:
    status, told = Front().ask(query)
    assert (status, told["code"]) == (400, "invalid_query")
    assert told["error"].startswith(f"{query.partition('=')[0]}: ")


def test_a_parameter_that_there_is_not_is_named() -> None:
    status, told = Front().ask("form=2026-11-01")
    assert (status, told["error"]) == (400, "form: is not a parameter; there are from, to")


def test_a_store_that_fails_is_a_503() -> None:
    front = Front()
    front.usage.down = True
    status, told = front.ask()
    assert (status, told["code"]) == (503, "query_unavailable")
