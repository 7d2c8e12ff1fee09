"""One range of time for all readers: whatever a dialect accepts is found, on both engines.

Hot and cold, by question, listing, SQL and chart; by all time, by the event's own millisecond, and
by the time of receipt.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import pytest

from openbunker.core.event import Event
from openbunker.query.engine import Engine
from openbunker.wire.calendar import MAX_MS
from tests.contract.test_complete import answered
from tests.support.query import pooled
from tests.support.query.athena import DuckAthena, engine_over
from tests.support.query.cold import settle
from tests.support.query.lake import HOUR_MS, NOW_MS, deliver, event

DAY_MS = 24 * HOUR_MS
YEAR_1, YEAR_9999 = -62_135_596_800_000, 253_402_214_400_000
TIMES = {
    "the first of JavaScript": -MAX_MS,
    "year 1": YEAR_1,
    "a millisecond before 1970": -1,
    "1970": 0,
    "seconds for milliseconds": 1_704_067_200,
    "before 2000": 915_148_800_000,
    "now": NOW_MS - 4 * HOUR_MS,
    "in a year": NOW_MS + 365 * DAY_MS,
    "the last day of 9999": YEAR_9999,
    "the last of 9999": YEAR_9999 + DAY_MS - 1,
    "microseconds for milliseconds": 1_704_067_200_000_000,
    "the last of JavaScript": MAX_MS,
}
EVENTS = [
    event(n, timestamp_ms=at, event_name=name, received_ms=NOW_MS - 3 * HOUR_MS)
    for n, (name, at) in enumerate(TIMES.items())
]
NEWEST_FIRST = [name for name, _ in sorted(TIMES.items(), key=lambda one: -one[1])]
World = Callable[[Sequence[Event]], AbstractContextManager[Engine]]


@contextmanager
def in_hot_duckdb(events: Sequence[Event]) -> Iterator[Engine]:
    with pooled.lake() as (folder, lake):
        deliver(folder, events)
        yield lake


@contextmanager
def in_cold_duckdb(events: Sequence[Event]) -> Iterator[Engine]:
    with pooled.lake() as (folder, lake):
        settle(folder, events)
        yield lake


@contextmanager
def in_hot_athena(events: Sequence[Event]) -> Iterator[Engine]:
    yield engine_over(DuckAthena(events))


@contextmanager
def in_cold_athena(events: Sequence[Event]) -> Iterator[Engine]:
    yield engine_over(DuckAthena([], cold=events), NOW_MS)


@pytest.fixture(
    scope="module",
    params=[in_hot_duckdb, in_cold_duckdb, in_hot_athena, in_cold_athena],
    ids=["duckdb", "duckdb-cold", "athena", "athena-cold"],
)
def ask(request: pytest.FixtureRequest) -> Iterator[Callable[..., dict[str, Any]]]:
    """Ask about EVENTS, or about others, in each world."""
    world: World = request.param
    with world(EVENTS) as engine:

        def asked(body: Any, path: str = "json", events: Sequence[Event] = ()) -> dict[str, Any]:
            with world(events) if events else nullcontext(engine) as found:
                return answered(found, f"/v1/query/{path}", body, "*/*")

        yield asked


def rows(reply: dict[str, Any]) -> Any:
    assert reply["statusCode"] == 200, reply["body"]
    return json.loads(reply["body"])["rows"]


def test_all_time_is_all_of_it(ask: Any) -> None:
    counted = rows(ask({"time_period": "all"}))
    listed = rows(ask({"time_period": "all", "select": ["event_name", "timestamp_ms"]}))
    selected = rows(ask({"time_period": "all", "sql": "select count(*) from events"}, "sql"))

    assert counted == selected == [[len(EVENTS)]]
    assert listed == [[name, TIMES[name]] for name in NEWEST_FIRST]


@pytest.mark.parametrize("name", TIMES)
def test_every_time_is_found_by_its_own_millisecond(ask: Any, name: str) -> None:
    period = {"time_period": {"from": TIMES[name], "to": TIMES[name] + 1}}
    select = "select event_name, timestamp_ms from events"

    assert rows(ask({**period, "group_by": ["event_name"]})) == [[name, 1]]
    assert rows(ask({**period, "select": ["event_name"]})) == [[name]]
    assert rows(ask({**period, "sql": select}, "sql")) == [[name, TIMES[name]]]
    page = ask({**period, "group_by": ["event_name"]}, "iframe")
    assert page["statusCode"] == 200
    assert f'"rows":[["{name}",1]]' in page["body"]


def test_pages_walk_through_all_time(ask: Any) -> None:
    body: dict[str, Any] = {"time_period": "all", "select": ["event_name"], "limit": 5}
    found: list[str] = []
    while True:
        told = json.loads(ask(body)["body"])
        found += [name for (name,) in told["rows"]]
        if told["cursor"] is None:
            break
        body["cursor"] = told["cursor"]

    assert found == NEWEST_FIRST


def test_a_time_beyond_the_calendar_is_no_event_time_and_no_error(ask: Any) -> None:
    select = "select event_name, event_time from events order by timestamp_ms"
    found = dict(rows(ask({"time_period": "all", "sql": select}, "sql")))

    assert found["year 1"] == "0001-01-01T00:00:00.000Z"
    assert found["a millisecond before 1970"] == "1969-12-31T23:59:59.999Z"
    assert found["the last of 9999"] == "9999-12-31T23:59:59.999Z"
    beyond = [name for name, at in TIMES.items() if not YEAR_1 <= at < YEAR_9999 + DAY_MS]
    assert [name for name, at in found.items() if at is None] == [
        name for name in NEWEST_FIRST[::-1] if name in beyond
    ]


@pytest.mark.parametrize(
    ("from_", "to", "interval", "date"),
    [
        (YEAR_1, YEAR_1 + 3 * DAY_MS, "day", "0001-01-01T00:00:00+00:00"),
        (YEAR_1, YEAR_1 + 400 * DAY_MS, "month", "0001-01-01T00:00:00+00:00"),
        (-1, 1, "hour", "1969-12-31T23:00:00+00:00"),
        (YEAR_9999 - DAY_MS, YEAR_9999 + 1, "day", "9999-12-31T00:00:00+00:00"),
        (YEAR_9999 - DAY_MS, YEAR_9999 + 1, "week", "9999-12-27T00:00:00+00:00"),
        (YEAR_9999 - DAY_MS, YEAR_9999 + 1, "month", "9999-12-01T00:00:00+00:00"),
        (YEAR_9999 - HOUR_MS, YEAR_9999 + HOUR_MS, "minute", "9999-12-31T00:00:00+00:00"),
    ],
)
def test_date_buckets_reach_the_ends_of_the_calendar(
    ask: Any, from_: int, to: int, interval: str, date: str
) -> None:
    dates = {"interval": interval, "fill": False}
    body = {"time_period": {"from": from_, "to": to}, "group_by_date": dates}

    assert [date, 1] in rows(ask(body))


@pytest.mark.parametrize(
    ("period", "told"),
    [
        ("all", "more than 20000 buckets; at most 10000"),
        ({"from": -MAX_MS, "to": -MAX_MS + 5}, "date buckets are of the years 1 to 9999"),
        ({"from": MAX_MS, "to": MAX_MS + 5}, "date buckets are of the years 1 to 9999"),
        ({"from": 0, "to": "2030-01-01"}, "change their length"),
    ],
)
def test_date_buckets_beyond_are_refused_clearly(ask: Any, period: Any, told: str) -> None:
    reply = ask({"time_period": period, "group_by_date": {"interval": "month"}})

    assert reply["statusCode"] == 400
    assert "group_by_date.interval: " in json.loads(reply["body"])["error"]
    assert told in json.loads(reply["body"])["error"]


RECEIVED = [
    event(n, timestamp_ms=at, event_name=f"e{n}", received_ms=NOW_MS - n * HOUR_MS)
    for n, at in enumerate((MAX_MS, -MAX_MS, YEAR_1, NOW_MS, 1_704_067_200))
]


def test_by_time_of_receipt_history_and_wrong_clocks_are_found(ask: Any) -> None:
    period = {"time_basis": "received", "time_period": {"from": NOW_MS - 3 * HOUR_MS, "to": NOW_MS}}
    dates = {"interval": "hour", "fill": False}
    by_hour = {**period, "group_by_date": dates, "group_by": ["event_name"]}

    counted = rows(ask(period, events=RECEIVED))
    listed = rows(ask({**period, "select": ["event_name"]}, events=RECEIVED))
    first = json.loads(
        ask({**period, "select": ["event_name"], "limit": 1}, events=RECEIVED)["body"]
    )
    rest = {**period, "select": ["event_name"], "cursor": first["cursor"]}
    select = {**period, "sql": "select count(*) from events"}

    assert counted == rows(ask(select, "sql", RECEIVED)) == [[3]]
    assert listed == [["e1"], ["e2"], ["e3"]]  # the newest received first
    assert first["rows"] + rows(ask(rest, events=RECEIVED)) == listed
    assert [row[:2] for row in rows(ask(by_hour, events=RECEIVED))] == [
        ["2026-11-20T21:00:00+00:00", "e3"],
        ["2026-11-20T22:00:00+00:00", "e2"],
        ["2026-11-20T23:00:00+00:00", "e1"],
    ]


@pytest.mark.parametrize("path", ["json", "sql"])
def test_a_basis_is_one_of_two(ask: Any, path: str) -> None:
    body = {"time_period": "all", "time_basis": "sent"}
    more = {"sql": "select 1 from events"} if path == "sql" else {}

    reply = ask({**body, **more}, path)

    assert reply["statusCode"] == 400
    assert "time_basis: allowed: 'event' or 'received'" in json.loads(reply["body"])["error"]
