"""A user's SQL on both engines: it means the same, and reaches the rows of its project alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.event import Event
from openbunker.query.engine import Engine
from openbunker.query.scope import Scope
from openbunker.query.user_sql import check as select_check
from openbunker.query.user_sql import tree as select_sql
from tests.support.laws import drawn
from tests.support.query import pooled
from tests.support.query.athena import DuckAthena, engine_over
from tests.support.query.cold import settle
from tests.support.query.lake import HOUR_MS, NOW_MS, PROJECT, deliver, event

BOUNDS = (NOW_MS - HOUR_MS, NOW_MS)
Rows = list[list[Any]]


World = Callable[[Sequence[Event]], AbstractContextManager[Engine]]


@contextmanager
def on_duckdb(events: Sequence[Event]) -> Iterator[Engine]:
    with pooled.lake() as (folder, lake):
        deliver(folder, events)
        yield lake


@contextmanager
def on_cold_duckdb(events: Sequence[Event]) -> Iterator[Engine]:
    """Half of the events are in cold files, and one of these is hot still."""
    with pooled.lake() as (folder, lake):
        half = len(events) // 2
        settle(folder, events[half:])
        deliver(folder, events[: half + 1])
        yield lake


@contextmanager
def on_athena(events: Sequence[Event]) -> Iterator[Engine]:
    yield engine_over(DuckAthena(events))


@contextmanager
def on_cold_athena(events: Sequence[Event]) -> Iterator[Engine]:
    half = len(events) // 2
    yield engine_over(DuckAthena(events[: half + 1], cold=events[half:]), 0)


@pytest.fixture(
    scope="module",
    params=[on_duckdb, on_cold_duckdb, on_athena, on_cold_athena],
    ids=["duckdb", "duckdb-cold", "athena", "athena-cold"],
)
def ask(request: pytest.FixtureRequest) -> Iterator[Callable[[Sequence[Event], str], Rows]]:
    """Ask about events; a world stays for as long as it is the same ones'."""
    world: World = request.param
    with ExitStack() as opened:
        kept: dict[tuple[int, ...], tuple[list[Event], Engine]] = {}

        def asked(events: Sequence[Event], text: str) -> Rows:
            select = select_sql.plan(select_check.read(text), Scope(PROJECT), BOUNDS, NOW_MS)
            if (key := tuple(map(id, events))) not in kept:
                opened.close()
                kept.clear()
                kept[key] = [*events], opened.enter_context(world(events))
            return select.rows(kept[key][1].run(select.statement))

        yield asked


EVENTS = [
    event(
        n,
        event_name="buy" if n % 2 else "view",
        country=[None, "DE", "FR"][n % 3],
        metric_value=n / 2,
        timestamp_ms=NOW_MS - n * 60_000,
        properties={"plan": f"p{n % 2}", "cart": {"price": n}, "it's": "é"},
    )
    for n in range(6)
]
CANARY = [
    event(n, project_id="project-b", event_name="canary", url="canary", dedupe_key=f"key-{n}")
    for n in range(6)
]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("select count(*) from events", [[6]]),
        (
            "SELECT event_name, count(*) AS n, sum(metric_value) FROM events e "
            "WHERE e.country IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1",
            [["buy", 2, 3.0], ["view", 2, 3.0]],
        ),
        (
            "with a as (select country c, metric_value v from events), b as (select * from a) "
            "select a.c, max(b.v) from a join b on a.c = b.c group by a.c order by 1",
            [["DE", 2.0], ["FR", 2.5]],
        ),
        (
            "select country from events where event_name = 'buy' "
            "union select 'x' from events order by 1",
            [["DE"], ["FR"], ["x"], [None]],
        ),
        ("select (select max(e.metric_value) from events e) m from events limit 1", [[2.5]]),
        (
            "select json_extract_scalar(properties, '$.cart.price') = '3' or "
            "json_extract_scalar(properties, '$.plan') like 'p_' as x from events limit 1",
            [[True]],
        ),
        (
            "select date_trunc('hour', event_time) t, count(*) from events group by 1 order by 1",
            [["2026-11-20T23:00:00.000Z", 5], ["2026-11-21T00:00:00.000Z", 1]],
        ),
        ("select 7 / 2, 7 / 0, 7 % 0, 2 * 2.5, -3 from events limit 1",
         [[3.5, None, None, 5.0, -3]]),
        ("select 1 / 2 / 4 from events limit 1", [[0.125]]),
        (
            "select event_name, row_number() over (partition by event_name order by metric_value) "
            "from events order by metric_value limit 3",
            [["view", 1], ["buy", 1], ["view", 2]],
        ),
        ("select cast(event_time as date) from events order by 1 limit 1", [["2026-11-20"]]),
        ("select 'it''s ?:x $1 \"q\" \\ é' from events limit 1", [["it's ?:x $1 \"q\" \\ é"]]),
        ("select '?', event_name, ':project' from events where country = '?'", []),
        ("select count(*) from events where try_cast(event_name as bigint) is null", [[6]]),
        ("select count(*) from events where exists (select 1 from events x where x.os is null)",
         [[6]]),
        ("select event_id from events where metric_value > 1 and event_time > timestamp "
         "'2026-11-20 23:56:30' order by 1", [[f"{3:032x}"]]),
        ("SELECT \"Country\" FROM \"EVENTS\" WHERE Metric_Value = 0.5; -- the end", [["DE"]]),
        ("select if(count_if(country = 'DE') > 1, 'many', 'few') from events", [["many"]]),
    ],
)  # fmt: skip
def test_a_select_means_the_same_on_both_engines(ask: Any, text: str, rows: Rows) -> None:
    assert ask([*EVENTS, *CANARY], text) == rows


@pytest.mark.parametrize(
    "text",
    [
        "select * from events",
        "select url, event_name from events union all select event_name, url from events",
        "with canary as (select * from events) select * from canary",
        "with scope_rows as (select url from events) select * from scope_rows",
        "with cold_events as (select url from events), refused as (select url from events) "
        "select * from cold_events union all select * from refused",
        "select a.url, b.event_name from events a left join events b on true",
        "select url from events where true or project_id = 'project-b'",
        "select project_id, url from events where project_id <> 'project-a'",
        "select max(url), max(project_id), max(event_name) from events",
        "select (select max(project_id) from events where project_id = 'project-b') from events",
        "select project_id from events e where exists "
        "(select 1 from events x where x.project_id = 'project-b' or true)",
    ],
)
def test_the_rows_of_another_project_never_appear(ask: Any, text: str) -> None:
    assert "canary" not in str(rows := ask([*EVENTS, *CANARY], text))
    assert "project-b" not in str(rows)


@pytest.mark.parametrize("column", ["url", "dedupe_key", "event_name", "event_id", "project_id"])
@pytest.mark.parametrize(
    "text",
    [
        "select count(*) from events where cast({value} as bigint) > 0",
        "select count(*) from events where metric_value > 0 or cast({value} as bigint) > 0",
        "select count(*) from events e join (select {column} c from events) b "
        "on cast({value} as bigint) = length(b.c) where e.metric_value > 7",
    ],
)
def test_no_error_tells_of_another_projects_values(ask: Any, text: str, column: str) -> None:
    """What fails for a value of somebody else's must not fail: it would be an oracle."""
    mine, seen = [event(1, metric_value=9.0)], ("url", "event_name")
    others = [
        event(n, project_id="project-b", dedupe_key=f"canary {n}", **dict.fromkeys(seen, "canary"))
        for n in range(50)
    ]
    value = f"case when {column} like '%canary%' or {column} like '%-b' then 'x' else '1' end"

    assert ask([*others, *mine], text.format(value=value, column=column))[0][0] in (0, 1)


@drawn(10, of=20)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
def test_a_text_comes_back_as_it_was_written(ask: Any, text: str) -> None:
    escaped = text.replace("'", "''")

    assert ask(EVENTS[:1], f"select '{escaped}' as t from events") == [[text]]


def test_what_has_no_name_is_called_by_its_place() -> None:
    tree = select_check.read("select count(*), os, 1 + 1 as two from events group by os")
    select = select_sql.plan(tree, Scope(PROJECT), BOUNDS, NOW_MS)
    with pooled.lake() as (_, lake):
        assert lake.run(select.statement).columns == ["_col0", "os", "two"]


@pytest.mark.parametrize(
    ("given", "rows", "complete"), [(20, 12, True), (12, 12, True), (5, 5, True)]
)
def test_rows_end_at_the_limit_that_was_asked_for(given: int, rows: int, complete: bool) -> None:
    tree = select_check.read(f"select * from events limit {given}")
    select = select_sql.plan(tree, Scope(PROJECT), BOUNDS, NOW_MS)
    with pooled.lake() as (folder, lake):
        deliver(folder, [event(n) for n in range(12)])
        table = lake.run(select.statement)

    assert (len(select.rows(table)), not select.lacks(table)) == (rows, complete)


def test_rows_past_the_greatest_limit_are_left_out_and_told(monkeypatch: Any) -> None:
    monkeypatch.setattr(select_sql, "MAX_ROWS", 10)
    for text, complete in (
        ("", False),
        ("limit 10", False),
        ("limit 9", True),
        ("limit 99", False),
    ):
        select = select_sql.plan(
            select_check.read(f"select 1 from events {text}"), Scope(PROJECT), BOUNDS, NOW_MS
        )
        with pooled.lake() as (folder, lake):
            deliver(folder, [event(n) for n in range(12)])
            table = lake.run(select.statement)
        told, lacks = select.rows(table), select.lacks(table)
        assert (len(told), not lacks) == (min(select.limit, 10), complete)
        assert all((one.reason, one.count) == ("row_limit", None) for one in lacks)
