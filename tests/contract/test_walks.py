"""One walk over a listing: no page skips or repeats, whatever lies where and happens meanwhile."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.event import Event
from openbunker.core.times import DAY_MS
from openbunker.query.answers import formats
from openbunker.query.engine import Engine, Statement, Table
from openbunker.query.question import cursor, listing
from openbunker.query.question.forms import Form
from openbunker.query.scope import Scope
from openbunker.query.sql import listing as listing_sql
from openbunker_local.compaction.run import compact
from openbunker_local.lake import pages
from openbunker_local.lake.engine import DuckLake
from openbunker_local.lake.files import Files
from openbunker_local.lake.lanes import Turn
from tests.support.laws import drawn
from tests.support.query import pooled
from tests.support.query.cold import settle
from tests.support.query.lake import NOW_MS, PROJECT, deliver, event

PERIOD = "minus_2_weeks"
FEW = drawn(5, of=15)


@pytest.fixture(autouse=True)
def small_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rows take several stretches of time."""
    monkeypatch.setattr(pages, "FIRST_ROWS", 2)
    monkeypatch.setattr(pages, "GROWTH", 2)


def one_page(
    engine: Engine, limit: int, place: str | None, **more: Any
) -> tuple[list[str], str | None]:
    body = {"select": ["event_id", "properties"], "time_period": PERIOD, "limit": limit, **more}
    body |= {"cursor": place} if place else {}
    page = listing_sql.page(listing.parse(body), body, Scope(PROJECT), NOW_MS)
    rows, following = page.rows(engine.run(page.statement), partial(formats.fitting, Form.JSON))
    next_ = cursor.text_of(following, body, PROJECT) if following else None
    return [row[0] for row in rows], next_


@st.composite
def histories(draw: Any) -> list[Event]:
    """Return events in the order of their arrival: ties in time, copies, some days apart."""
    found: list[Event] = []
    for number in range(draw(st.integers(0, 14))):
        again = bool(found) and draw(st.booleans())
        one = draw(st.sampled_from(found)) if again else event(number)
        if not again or draw(st.booleans()):  # else it is the same event, delivered once more
            at = NOW_MS - draw(st.sampled_from([0, 1, 4, 11])) * DAY_MS - draw(st.integers(1, 3))
            one = event(number, dedupe_key=one.dedupe_key, timestamp_ms=at)
        received_ms = NOW_MS - 3_600_000 + number * 60_000
        found.append(event(number, **_kept(one), received_ms=received_ms))
    return found


def _kept(one: Event) -> dict[str, Any]:
    names = ("event_id", "dedupe_key", "timestamp_ms")
    return {name: getattr(one, name) for name in names}


def firsts(arrived: Sequence[Event]) -> list[str]:
    """Return the ids of the first copies, newest first."""
    first: dict[str, Event] = {}
    for one in arrived:
        first.setdefault(one.dedupe_key, one)
    newest = sorted(first.values(), key=lambda e: (e.timestamp_ms, e.event_id), reverse=True)
    return [one.event_id for one in newest]


@FEW
@given(histories(), st.data())
def test_a_walk_neither_skips_nor_repeats_while_events_become_cold(
    arrived: list[Event], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(arrived)))
    with pooled.lake() as (folder, lake):
        deliver(folder, arrived[:cut])
        compact(folder, NOW_MS, NOW_MS)
        deliver(folder, arrived[cut:])
        seen, place, more = [], None, True
        while more:
            ids, place = one_page(lake, data.draw(st.integers(1, 5)), place)
            seen += ids
            more = place is not None
            if data.draw(st.booleans()):
                compact(folder, NOW_MS, NOW_MS)

    assert seen == firsts(arrived)


def test_a_thousand_events_of_one_moment_are_walked_through(tmp_path: Path) -> None:
    rows = [event(n) for n in range(1000)]
    with pooled.lake() as (folder, lake):
        settle(folder, rows[:700])
        deliver(folder, rows[600:], per_object=50)
        seen, place = one_page(lake, 333, None)
        while place:
            ids, place = one_page(lake, 333, place)
            seen += ids

    assert seen == [one.event_id for one in reversed(rows)]


class Watched:
    """A lake that notes how many cold files each statement reads."""

    def __init__(self, lake: DuckLake, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[int] = []
        ask = lake._ask

        def noted(
            statement: Statement, files: Files, fresh_to_ms: int, turn: Turn, **how: bool
        ) -> Table:
            self.opened.append(len(files.cold))
            return ask(statement, files, fresh_to_ms, turn, **how)

        monkeypatch.setattr(lake, "_ask", noted)


def test_a_page_opens_the_files_that_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of fourteen days the newest few, for its keys and again for its rows, also further back."""
    with pooled.lake() as (folder, lake):
        days = [event(n, timestamp_ms=NOW_MS - 1 - n * DAY_MS) for n in range(14)]
        settle(folder, days)
        watched = Watched(lake, monkeypatch)

        first, place = one_page(lake, 1, None)
        second, _ = one_page(lake, 1, place)

        assert first + second == [days[0].event_id, days[1].event_id]
        assert watched.opened[:2] == [2, 2]
        while place:
            _, place = one_page(lake, 1, place)
    assert max(watched.opened) <= 4


def test_what_is_rare_is_found_in_few_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [{"field_name": "country", "op": "equals", "value": "IS"}]
    with pooled.lake() as (folder, lake):
        days = [event(n, timestamp_ms=NOW_MS - 1 - n * DAY_MS) for n in range(13)]
        settle(folder, [*days, event(99, timestamp_ms=NOW_MS - 13 * DAY_MS, country="IS")])
        watched = Watched(lake, monkeypatch)

        ids, place = one_page(lake, 5, None, filters=wanted)

    assert (ids, place) == ([f"{99:032x}"], None)
    assert sum(watched.opened) <= 14 + len(watched.opened)
    assert len(watched.opened) <= 5
