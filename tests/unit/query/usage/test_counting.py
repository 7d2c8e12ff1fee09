"""Counting: every event once wherever its copies lie, again at will, and what quotas make of it."""

import json
from collections.abc import Sequence
from typing import Any

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.event import Event
from openbunker.core.times import DAY_MS, HOUR_MS
from openbunker.keys.memory import MemoryKeyStore
from openbunker.query.engine import Statement, Table
from openbunker.query.question.columns import COLUMNS, PROPERTIES, Kind
from openbunker.query.rendering import athena as athena_text
from openbunker.query.scope import KEY_HASH
from openbunker.query.usage.counting import count_usage
from openbunker.usage.days import bounds, day_of, days_between
from openbunker.usage.memory import MemoryUsageStore
from openbunker.usage.model import Line
from openbunker.usage.quotas import of_month, settle
from openbunker_local.lake.rendering import duckdb as duckdb_text
from tests.support.laws import drawn
from tests.support.query.lake import NOW_MS, PROJECT, event

TODAY = day_of(NOW_MS)
KINDS = {Kind.TEXT: "VARCHAR", Kind.INTEGER: "BIGINT", Kind.NUMBER: "DOUBLE"}
TYPES = {name: KINDS[kind] for name, kind in COLUMNS.items()} | {PROPERTIES: "VARCHAR"}


class Tables:
    """An engine over two tables in memory: the statement itself, nothing of an engine's own."""

    def __init__(self, hot: Sequence[Event] = (), cold: Sequence[Event] = ()) -> None:
        self.database = duckdb.connect()
        self.asked: list[Statement] = []
        columns = ", ".join(f'"{name}" {kind}' for name, kind in TYPES.items())
        for name, rows in (("events", hot), ("cold_events", cold)):
            hashed = f"{KEY_HASH} UBIGINT AS (md5_number_lower(dedupe_key))"
            self.database.execute(f"CREATE TABLE {name} ({columns}, {hashed})")
            for row in rows:
                values = [getattr(row, column) for column in TYPES]
                values[-1] = json.dumps(row.properties)
                marks = ", ".join("?" * len(values))
                self.database.execute(f"INSERT INTO {name} VALUES ({marks})", values)
        self.database.execute("CREATE VIEW cold_keys AS SELECT * FROM cold_events")

    def run(self, statement: Statement) -> Table:
        self.asked.append(statement)
        text, parameters = duckdb_text(statement)
        found = self.database.execute(text, parameters)
        return Table([one[0] for one in found.description or ()], found.fetchall(), None)


class World:
    """A store of counts and of projects, both in memory."""

    def __init__(self) -> None:
        self.usage, self.states = MemoryUsageStore(), MemoryKeyStore()

    def count(self, tables: Tables, *days: str, now_ms: int = NOW_MS, hot: bool = True) -> None:
        count_usage(tables, self.usage, self.states, days or [TODAY], now_ms, hot=hot)

    def limit(self, monthly_events: int | None) -> None:
        self.states.change_project(PROJECT, {"monthly_events": monthly_events})
        settle(self.states, self.usage, PROJECT, NOW_MS)

    def events(self, day: str = TODAY, project: str = PROJECT) -> int:
        return sum(line.events for line in self.usage.of_project(project, day, day))


def today(number: int, **fields: Any) -> Event:
    return event(number, **{"received_ms": NOW_MS + 60_000 + number, **fields})


def test_events_and_bytes_by_project_day_and_dialect() -> None:
    world = World()
    rows = [today(1), today(2), today(3, dialect="segment"), today(4, project_id="other")]
    world.count(Tables(rows[:2], rows[2:]))

    lines = world.usage.of_project(PROJECT, TODAY, TODAY)
    assert [(one.dialect, one.events) for one in lines] == [("eventbunker", 2), ("segment", 1)]
    assert world.events(project="other") == 1
    assert world.usage.counted_ms() == NOW_MS


def test_bytes_are_those_of_the_texts_in_utf_8() -> None:
    """A longer text, and one of the same length with wider characters, weigh more."""
    weights = []
    for text in ("a", "abc", "äöü"):
        world = World()
        world.count(Tables([today(1, user_id=text)]))
        weights += [line.bytes for line in world.usage.of_project(PROJECT, TODAY, TODAY)]
    assert [weight - weights[0] for weight in weights] == [0, 2, 5]


COPIES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(-1, 1), st.sampled_from(["p", "q"])), max_size=30
)


@drawn(7, of=25)
@given(COPIES, st.integers(0, 30))
def test_an_event_counts_once_on_the_day_of_its_first_copy(
    copies: list[tuple[int, int, str]], cut: int
) -> None:
    """Against plain Python, for any split into cold and hot rows."""
    rows = [
        event(
            number,
            project_id=project,
            dedupe_key=f"d{key}",
            received_ms=NOW_MS + shift * DAY_MS + number,
        )
        for number, (key, shift, project) in enumerate(copies)
    ]
    compacted, hot = rows[:cut], rows[cut:]
    first: dict[tuple[str, str], Event] = {}
    for one in sorted(compacted, key=lambda row: row.received_ms):
        first.setdefault((one.project_id, one.dedupe_key), one)
    cold = list(first.values())
    for one in sorted(hot, key=lambda row: row.received_ms):
        first.setdefault((one.project_id, one.dedupe_key), one)
    days = days_between(day_of(NOW_MS), day_of(NOW_MS + DAY_MS))
    world = World()
    world.count(Tables(hot, cold), *days)

    for project in ("p", "q"):
        for day in days:
            wanted = [
                one
                for one in first.values()
                if (one.project_id, day_of(one.received_ms)) == (project, day)
            ]
            assert world.events(day, project) == len(wanted)


def test_a_day_may_be_counted_without_what_is_not_compacted() -> None:
    world = World()
    world.count(Tables([today(1)], [today(2)]), hot=False)
    assert world.events() == 1


def test_counting_again_changes_nothing_and_compacting_in_between_neither() -> None:
    world = World()
    rows = [today(n) for n in range(5)]
    for tables in (Tables(rows), Tables(rows), Tables(rows[3:], rows[:4]), Tables([], rows)):
        world.count(tables)
        assert world.events() == 5


def test_a_broken_line_belongs_to_nobody() -> None:
    tables = Tables([today(1)])
    tables.database.execute("INSERT INTO events (event_name) VALUES ('broken')")
    world = World()
    world.count(tables)
    assert world.events() == 1


def test_the_last_use_of_a_key_is_its_hour_and_never_goes_back() -> None:
    world = World()
    late = NOW_MS + 5 * HOUR_MS + 1
    world.count(Tables([today(1, key_id="k"), today(2, key_id="k", received_ms=late)]))
    world.count(Tables([today(3, key_id="k", received_ms=NOW_MS - 1)]), day_of(NOW_MS - 1))
    assert world.usage.last_used(PROJECT) == {"k": NOW_MS + 5 * HOUR_MS}


def test_a_quota_is_used_up_when_it_is_reached_and_raising_it_frees_at_once() -> None:
    world = World()
    world.limit(3)
    world.count(Tables([today(1), today(2)]))
    assert not world.states.project(PROJECT).over_quota(NOW_MS)
    world.count(Tables([today(1), today(2), today(3)]))
    assert world.states.project(PROJECT).over_quota(NOW_MS)

    world.limit(4)
    assert not world.states.project(PROJECT).over_quota(NOW_MS)
    world.limit(3)
    assert world.states.project(PROJECT).over_quota(NOW_MS)
    world.limit(None)
    assert not world.states.project(PROJECT).over_quota(NOW_MS)


def test_a_month_is_a_calendar_month_of_utc() -> None:
    world = World()
    lines = [
        Line(project_id=PROJECT, day=day, dialect="d", events=1, bytes=1)
        for day in ("2026-10-31", "2026-11-01", "2026-11-21", "2026-12-01")
    ]
    world.usage.put(lines, [], 0)
    assert [one.day for one in of_month(world.usage, PROJECT, NOW_MS)] == [
        "2026-11-01",
        "2026-11-21",
    ]


def test_a_statement_reads_a_day_and_what_may_lie_around_it() -> None:
    """Arrivals from the day before (a first copy), cold days as far as senders' clocks are off."""
    tables = Tables()
    World().count(tables)
    from_ms, to_ms = bounds(TODAY)
    assert (tables.asked[0].from_ms, tables.asked[0].to_ms) == (from_ms - DAY_MS, to_ms)
    assert tables.asked[0].cold == (from_ms - 30 * DAY_MS, to_ms + DAY_MS)


def test_athena_gets_a_text_too() -> None:
    tables = Tables()
    World().count(tables)
    text, values = athena_text(tables.asked[0])
    assert "LENGTH(TO_UTF8(properties))" in text
    assert text.count("?") == len(values) == 4
