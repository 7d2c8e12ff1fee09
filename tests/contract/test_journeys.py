"""Funnels and retention on both engines say what plain Python says."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.errors import RequestRefused
from openbunker.core.event import Event
from openbunker.query.question import journeys
from openbunker.query.scope import Scope
from openbunker.query.sql import journeys as sql
from tests.support.laws import drawn
from tests.support.query import pooled, reference
from tests.support.query.athena import DuckAthena, engine_over
from tests.support.query.cold import settle
from tests.support.query.fields import passes
from tests.support.query.lake import NOW_MS, PROJECT, deliver, event

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
MINE = Scope(PROJECT)
Rows = list[list[Any]]
Ask = Callable[[Sequence[Event], dict[str, Any]], Rows]


def on_duckdb(events: Sequence[Event], body: dict[str, Any]) -> Rows:
    plan = sql.plan(journeys.parse(body), MINE, NOW_MS)
    with pooled.lake() as (folder, lake):
        deliver(folder, events)
        return plan.answer(lake.run(plan.statement))


def on_cold(events: Sequence[Event], body: dict[str, Any]) -> Rows:
    plan = sql.plan(journeys.parse(body), MINE, NOW_MS)
    with pooled.lake() as (folder, lake):
        if events:
            settle(folder, reference.first_copies(events))
        deliver(folder, events[:1])
        return plan.answer(lake.run(plan.statement))


def on_athena(events: Sequence[Event], body: dict[str, Any]) -> Rows:
    plan = sql.plan(journeys.parse(body), MINE, NOW_MS)
    cold = reference.first_copies(events)
    return plan.answer(engine_over(DuckAthena(events, cold=cold), 0).run(plan.statement))


@pytest.fixture(params=[on_duckdb, on_cold, on_athena], ids=["duckdb", "cold", "athena"])
def ask(request: pytest.FixtureRequest) -> Any:
    return request.param


@st.composite
def events(draw: st.DrawFn, span_ms: int = 2 * HOUR_MS, step_ms: int = HOUR_MS // 4) -> list[Event]:
    """Return events of a few people, many at one time, some of nobody, some of them copies."""
    found = []
    for number in range(draw(st.integers(0, 16))):
        happened = NOW_MS - draw(st.integers(-1, span_ms // step_ms)) * step_ms
        plan = draw(st.sampled_from([1, 1.0, "1", None]))
        found.append(
            event(
                number,
                timestamp_ms=happened,
                dedupe_key=draw(st.sampled_from([f"key-{number}", "order-1"])),
                event_name=draw(st.sampled_from("abc")),
                user_id=draw(st.sampled_from(["u1", "u2", None])),
                properties={} if plan is None else {"plan": plan},
            )
        )
    return found


PLANS: list[dict[str, Any]] = [{"field_name": "plan", "op": "equals", "value": 1}]
STEPS = st.fixed_dictionaries(
    {}, optional={"event_name": st.sampled_from("abc"), "filters": st.sampled_from([[], PLANS])}
)
WHO = st.sampled_from(["user_id", "plan"])
LAWS = drawn(6, of=30)


@LAWS
@given(events(), st.lists(STEPS, min_size=2, max_size=5), st.sampled_from([15, 30, 120]), WHO)
def test_a_funnel_is_the_one_of_plain_python(
    ask: Ask, rows: list[Event], steps: list[dict[str, Any]], minutes: int, by: str
) -> None:
    funnel = {"steps": steps, "within": f"{minutes}_minutes", "by": by}
    body = {"time_period": "minus_2_hours", "funnel": funnel}

    told = ask(rows, body)

    mine = [e for e in reference.first_copies(rows) if e.timestamp_ms >= NOW_MS - 2 * HOUR_MS]
    mine = sorted(mine, key=lambda e: (e.timestamp_ms, e.event_id))
    counts = [0] * len(steps)
    people = {who(e, by) for e in mine if e.timestamp_ms <= NOW_MS} - {None}
    for person in people:
        hers = [e for e in mine if who(e, by) == person and e.timestamp_ms <= NOW_MS]
        for number in range(furthest(hers, steps, minutes * 60_000)):
            counts[number] += 1
    assert [row[2] for row in told] == counts
    assert [row[0] for row in told] == list(range(1, len(steps) + 1))
    assert told[0][3:] == [1.0 if counts[0] else None, None]
    for at in range(1, len(steps)):
        assert told[at][3] == (counts[at] / counts[0] if counts[0] else None)
        assert told[at][4] == (counts[at] / counts[at - 1] if counts[at - 1] else None)


def furthest(hers: list[Event], steps: list[dict[str, Any]], length_ms: int) -> int:
    """Return how many steps she took at most, by trying each beginning."""
    best = 0
    for number, first in enumerate(hers):
        if not is_a(first, steps[0]):
            continue
        taken = 1
        for later in hers[number + 1 :]:
            late = later.timestamp_ms - first.timestamp_ms > length_ms
            if taken < len(steps) and not late and is_a(later, steps[taken]):
                taken += 1
        best = max(best, taken)
    return best


def is_a(one: Event, step: dict[str, Any]) -> bool:
    named = step.get("event_name") in (None, one.event_name)
    return named and all(passes(one, each) for each in step.get("filters", []))


def who(one: Event, by: str) -> Any:
    if by == "user_id":
        return one.user_id
    plan = one.properties.get("plan")
    return None if plan is None else (isinstance(plan, str), float(plan))


@LAWS
@given(
    events(span_ms=40 * DAY_MS, step_ms=DAY_MS), st.tuples(STEPS, STEPS),
    st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York"]), WHO,
)  # fmt: skip
def test_retention_is_the_one_of_plain_python(
    ask: Ask, rows: list[Event], steps: tuple[dict[str, Any], dict[str, Any]], zone: str, by: str
) -> None:
    start, back = steps
    retention = {"start": start, "back": back, "timezone": zone, "by": by}
    body = {"time_period": "minus_5_weeks", "retention": retention}

    told = ask(rows, body)

    first_ms = NOW_MS - 35 * DAY_MS
    mine = [e for e in reference.first_copies(rows) if first_ms <= e.timestamp_ms <= NOW_MS]
    weeks = weeks_of(first_ms, ZoneInfo(zone))
    begun: dict[Any, int] = {}
    for one in mine:
        if who(one, by) is not None and is_a(one, start):
            at = week(one.timestamp_ms, ZoneInfo(zone), weeks)
            begun[who(one, by)] = min(at, begun.get(who(one, by), at))
    active = {
        (who(one, by), week(one.timestamp_ms, ZoneInfo(zone), weeks))
        for one in mine
        if is_a(one, back)
    }
    expected = []
    for number, monday in enumerate(weeks):
        people = [person for person, at in begun.items() if at == number]
        later = [
            sum((person, number + gap) in active for person in people)
            if number + gap < len(weeks)
            else None
            for gap in range(1, len(weeks))
        ]
        expected.append([monday.isoformat(), len(people), len(people), *later])
    assert told == expected


def weeks_of(first_ms: int, zone: ZoneInfo) -> list[datetime]:
    at = datetime.fromtimestamp(first_ms / 1000, UTC).astimezone(zone)
    monday = datetime(at.year, at.month, at.day) - timedelta(days=at.weekday())
    found = []
    while monday.replace(tzinfo=zone).timestamp() * 1000 <= NOW_MS:
        found.append(monday.replace(tzinfo=zone))
        monday += timedelta(days=7)
    return found


def week(at_ms: int, zone: ZoneInfo, weeks: list[datetime]) -> int:
    return max(n for n, monday in enumerate(weeks) if monday.timestamp() * 1000 <= at_ms)


@pytest.mark.parametrize(
    ("body", "begins"),
    [
        ({"funnel": {"steps": [{}]}}, "time_period: is required"),
        ({"time_period": "all", "funnel": {"steps": [{}]}}, "funnel.steps:"),
        ({"time_period": "all", "funnel": {"steps": [{}] * 6}}, "funnel.steps:"),
        ({"time_period": "all", "funnel": {"steps": [{}, {}], "within": "7_dozens"}}, "funnel.w"),
        ({"time_period": "all", "funnel": {"steps": [{}, {}], "by": "timestamp_ms"}}, "funnel.by"),
        ({"time_period": "all", "funnel": {"steps": [{}, {"event_name": 5}]}}, "funnel.steps[1]"),
        ({"time_period": "all", "funnel": {"steps": [{}, {}]}, "limit": 5}, "limit: is not known"),
        ({"time_period": "all", "retention": {}}, "time_period: has more than 53 weeks"),
        ({"time_period": "minus_371_days", "retention": {}}, "time_period: has 54 weeks"),
        ({"time_period": "all", "retention": {"timezone": "Mars"}}, "retention.timezone"),
        ({"time_period": "all", "retention": {}, "funnel": {}}, "retention: is not known"),
    ],
)
def test_what_is_wrong_is_named(body: dict[str, Any], begins: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        sql.plan(journeys.parse(body), MINE, NOW_MS)
    assert begins in refused.value.message, refused.value.message


def test_all_filters_together_are_held() -> None:
    many = [{"field_name": "plan", "op": "in", "value": list(range(100))}] * 3
    body = {
        "time_period": "all",
        "funnel": {"steps": [{"filters": many}, {"filters": many}]},
    }
    with pytest.raises(RequestRefused, match="at most 500 values"):
        journeys.parse(body)
