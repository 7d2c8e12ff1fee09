"""One body of laws for every query engine: DuckDB over objects, and Athena's text.

Athena's text is run by DuckDB after sqlglot has put it into DuckDB's words; the answers of both
are compared with plain Python.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.event import Event
from openbunker.query.question import question
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from tests.support.laws import drawn
from tests.support.query import pooled, reference, strategies
from tests.support.query.athena import DuckAthena, engine_over
from tests.support.query.cold import settle
from tests.support.query.lake import HOUR_MS, NOW_MS, PROJECT, deliver, event

Ask = Callable[..., list[list[Any]]]
MINE = Scope(PROJECT)
WINDOW_MS = HOUR_MS + sql.ARRIVAL_SLACK_MS


def ask_duckdb(
    events: Sequence[Event], body: dict[str, Any], scope: Scope, cold: Sequence[Event] | None = None
) -> list[list[Any]]:
    plan = sql.plan(question.parse(body), scope, NOW_MS)
    with pooled.lake() as (folder, lake):
        deliver(folder, events)
        if cold is not None:
            settle(folder, cold)
        return plan.answer(lake.run(plan.statement))


def ask_athena(
    events: Sequence[Event], body: dict[str, Any], scope: Scope, cold: Sequence[Event] | None = None
) -> list[list[Any]]:
    plan = sql.plan(question.parse(body), scope, NOW_MS)
    # The cut is as old as can be: then what is cold may be hot still.
    cut_ms = None if cold is None else 0
    return plan.answer(engine_over(DuckAthena(events, cold=cold), cut_ms).run(plan.statement))


ENGINES: dict[str, Ask] = {"duckdb": ask_duckdb, "athena": ask_athena}


@pytest.fixture(params=[ask_duckdb, ask_athena], ids=["duckdb", "athena"])
def ask(request: pytest.FixtureRequest) -> Ask:
    found: Ask = request.param
    return found


@drawn(8, of=30)
@given(
    strategies.events(),
    strategies.bodies(),
    st.sampled_from([None, None, "c1"]),
    st.lists(strategies.filters(), max_size=1),
)
def test_every_question_means_what_plain_python_says(
    events: list[Event],
    body: dict[str, Any],
    customer: str | None,
    key_filters: list[dict[str, Any]],
) -> None:
    """Both engines and an evaluation that shares no code with them give the same rows."""
    expected = reference.answer(body, events, PROJECT, NOW_MS, customer, key_filters=key_filters)
    scope = Scope(PROJECT, customer, filters=question.parse_filters(key_filters))

    for name, ask in ENGINES.items():
        assert (name, ask(events, body, scope)) == (name, expected)


@drawn(8, of=30)
@given(
    strategies.events(),
    strategies.bodies(),
    st.sampled_from([None, "c1"]),
    st.integers(0, 4 * HOUR_MS),
    st.sets(st.integers(0, 11)),
)
def test_an_answer_is_the_same_however_much_is_cold(  # noqa: PLR0917
    ask: Ask,
    events: list[Event],
    body: dict[str, Any],
    customer: str | None,
    cut_ms: int,
    still_hot: set[int],
) -> None:
    """What arrived before a time is cold, and some of it is hot as well."""
    arrived = [one for one in events if one.received_ms < NOW_MS - cut_ms]
    cold = [
        one
        for project in sorted({one.project_id for one in arrived})
        for one in reference.first_copies(e for e in arrived if e.project_id == project)
    ]
    hot = [e for n, e in enumerate(events) if e not in arrived or n in still_hot]
    expected = reference.answer(body, events, PROJECT, NOW_MS, customer)

    assert ask(hot, body, Scope(PROJECT, customer), cold) == expected


def test_what_is_cold_came_first(ask: Ask) -> None:
    """Also before a copy that was received earlier and came late, out of the spill."""
    compacted = event(1, dedupe_key="same", properties={"plan": "cold"})
    late = event(2, dedupe_key="same", received_ms=NOW_MS - HOUR_MS, properties={"plan": "late"})
    body = {"time_period": "minus_1_hours", "group_by": ["plan"]}

    assert ask([late], body, MINE, [compacted]) == [["cold", 1]]


def test_what_is_cold_is_found_by_the_day_it_happened(ask: Ask) -> None:
    """Or among the other days, when it was received long after, or before."""
    day = 24 * HOUR_MS
    cold = [event(n, timestamp_ms=NOW_MS - age, received_ms=NOW_MS - age + off)
            for n, (age, off) in enumerate([(HOUR_MS, 0), (3 * day, 0), (3 * day, -2 * day),
                                            (60 * day, 0), (60 * day, 50 * day)])]  # fmt: skip

    found = [ask([], {"time_period": f"minus_{n}_days"}, MINE, cold) for n in (1, 2, 4, 61)]

    assert found == [[[1]], [[1]], [[3]], [[5]]]


@pytest.mark.parametrize("age", [-24 * HOUR_MS, 25 * HOUR_MS])
def test_a_copy_whose_first_happened_within_a_day_of_the_period_is_not_counted(
    ask: Ask, age: int
) -> None:
    first = event(1, dedupe_key="same", timestamp_ms=NOW_MS - age)
    copy = event(2, dedupe_key="same")

    assert ask([copy], {"time_period": "minus_1_hours"}, MINE, [first]) == [[0]]


def test_the_customer_of_a_key_is_looked_at_after_copies_are_judged(ask: Ask) -> None:
    cold = [event(1, dedupe_key="a", customer_identifier="c2")]
    hot = [event(2, dedupe_key="a", customer_identifier="c1"),
           event(3, dedupe_key="b", customer_identifier="c2", received_ms=NOW_MS - 70_000),
           event(4, dedupe_key="b", customer_identifier="c1"),
           event(5, dedupe_key="c", customer_identifier="c1")]  # fmt: skip
    body = {"time_period": "minus_1_hours", "group_by": ["event_id"]}

    assert ask(hot, body, Scope(PROJECT, "c1"), cold) == [[event(5).event_id, 1]]
    assert ask(hot, body, MINE, cold) == [[event(n).event_id, 1] for n in (1, 3, 5)]


def test_no_events_are_an_empty_answer(ask: Ask) -> None:
    assert ask([], {"time_period": "minus_5_minutes"}, MINE) == [[0]]
    assert ask([], {"time_period": "minus_5_minutes", "group_by": ["plan"]}, MINE) == []


def test_another_project_is_never_seen(ask: Ask) -> None:
    events = [event(1), event(2, project_id="project-b", dedupe_key="key-1")]
    body = {"time_period": "minus_1_hours", "group_by": ["project_id"]}

    assert ask(events, body, MINE) == [[PROJECT, 1]]
    assert ask(events, body, Scope("project-b")) == [["project-b", 1]]
    assert ask(events, body, Scope("project-c")) == []


def test_a_scoped_key_sees_its_customer_only(ask: Ask) -> None:
    events = [event(n, customer_identifier=c) for n, c in enumerate(["c1", "c2", None, "c1"])]
    body = {"time_period": "minus_1_hours", "group_by": ["customer_identifier"]}
    other = [{"field_name": "customer_identifier", "op": "equals", "value": "c2"}]

    assert ask(events, body, Scope(PROJECT, "c1")) == [["c1", 2]]
    assert ask(events, {**body, "filters": other}, Scope(PROJECT, "c1")) == []


def test_of_copies_the_first_received_counts(ask: Ask) -> None:
    """The first one counts even where only a later one would pass the filter."""
    early, late = NOW_MS - 2 * HOUR_MS, NOW_MS - HOUR_MS
    events = [
        event(1, dedupe_key="same", received_ms=late, properties={"plan": "late"}),
        event(2, dedupe_key="same", received_ms=early, properties={"plan": "early"}),
        event(3, dedupe_key="same", received_ms=early, properties={"plan": "tie"}),
    ]
    body = {"time_period": "minus_1_hours", "group_by": ["plan"]}
    late_only = [{"field_name": "plan", "op": "equals", "value": "late"}]

    assert ask(events, body, MINE) == [["early", 1]]
    assert ask(events, {**body, "filters": late_only}, MINE) == []


def test_a_period_holds_both_its_ends(ask: Ask) -> None:
    ages = [-1, 0, 5 * 60_000, 5 * 60_000 + 1]
    events = [event(n, timestamp_ms=NOW_MS - age) for n, age in enumerate(ages)]

    assert ask(events, {"time_period": "minus_5_minutes"}, MINE) == [[2]]


@pytest.mark.parametrize(
    ("received", "seen"), [(0, 1), (WINDOW_MS, 1), (WINDOW_MS + 60_000, 0), (-60_000, 0)]
)
def test_before_any_compaction_athena_reads_arrivals_from_the_slack_before_the_period(
    received: int, seen: int
) -> None:
    """A folder's hot objects are all read: listing is cheap, Athena's partitions are not."""
    events = [event(received_ms=NOW_MS - received)]
    body = {"time_period": "minus_1_hours"}

    assert ask_athena(events, body, MINE) == [[seen]]
    assert ask_duckdb(events, body, MINE) == [[1]]


def test_a_custom_field_behind_a_column_is_reached_by_its_full_name(ask: Ask) -> None:
    events = [event(country="DE", properties={"country": "mine"})]
    body = {"time_period": "minus_1_hours", "group_by": ["country", "properties.country"]}

    assert ask(events, body, MINE) == [["DE", "mine", 1]]


def test_numbers_sort_by_size_and_texts_by_letters(ask: Ask) -> None:
    plans = ["pro plus", 10, "pro", 9, None, True, "10"]
    events = [event(n, properties={"plan": plan}) for n, plan in enumerate(plans)]
    body = {"time_period": "minus_1_hours", "group_by": ["plan"]}

    rows = ask(events, body, MINE)

    assert [row[0] for row in rows] == [9, 10, "10", "pro", "pro plus", True, None]


def test_answers_come_whole_past_one_page(ask: Ask) -> None:
    events = [event(n, event_name=f"name-{n:04}") for n in range(1200)]
    body = {"time_period": "minus_1_hours", "group_by": ["event_name"], "limit": 1150}

    assert [row[0] for row in ask(events, body, MINE)] == [f"name-{n:04}" for n in range(1150)]


def test_a_sum_takes_decimals_that_were_sent_as_text(ask: Ask) -> None:
    """Tracify's amounts are text, so that no cent is lost on the way."""
    amounts = ["100.00", 25, "-0.50", "1e3", "Infinity", " 7", "EUR 5", True, None]
    events = [event(n, properties={"amount": amount}) for n, amount in enumerate(amounts)]
    body = {
        "time_period": "minus_1_hours",
        "computations": [{"function": "sum", "field_name": "amount"}],
    }

    assert ask(events, body, MINE) == [[124.5]]


def test_groups_that_look_alike_have_one_order(ask: Ask) -> None:
    events = [event(n, properties={"flag": flag}) for n, flag in enumerate(["true", True])]
    body = {"time_period": "minus_1_hours", "group_by": ["flag"], "limit": 1}

    assert ask(events, body, MINE) == ask(events[::-1], body, MINE) == [["true", 1]]


HELD = [
    {"n": 1e7, "tags": [5, 7.0]}, {"n": 10_000_000, "tags": {"0": 5}}, {"n": -0.0}, {"n": 0},
    {"n": 12_345_678.5}, {"n": 1.5e10, "tags": [True]}, {"n": 2.0**70}, {"n": "1e7"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "rows"),
    [
        (
            {"group_by": ["n"]},
            [[0, 2], [10_000_000, 2], [12_345_678.5, 1], [15_000_000_000, 1], [2.0**70, 1],
             ["1e7", 1]],
        ),
        ({"group_by": ["tags.0"]}, [[5, 2], [True, 1], [None, 5]]),
        ({"filters": [{"field_name": "tags", "op": "contains", "value": 5}]}, [[1]]),
        ({"filters": [{"field_name": "tags", "op": "contains", "value": 7}]}, [[1]]),
        ({"filters": [{"field_name": "tags", "op": "contains", "value": 5.5}]}, [[0]]),
        ({"computations": [{"function": "count_unique", "field_name": "n"}]}, [[6]]),
    ],
)  # fmt: skip
def test_numbers_and_places_of_properties_mean_the_same(
    ask: Ask, more: dict[str, Any], rows: list[list[Any]]
) -> None:
    """Athena writes 1.0E7, takes numbers of a path for places too, and has two array_contains."""
    events = [event(n, properties=held) for n, held in enumerate(HELD)]

    assert ask(events, {"time_period": "minus_1_hours", **more}, MINE) == rows
