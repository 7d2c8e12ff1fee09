"""Heavy questions run in processes of their own, and whoever counts never waits behind them."""

import os
import signal
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

from openbunker.core.errors import QueryBusy, QueryTimedOut, QueryTooLarge, QueryUnavailable
from openbunker.query.engine import Statement, StatementRejected, Table
from openbunker.query.question import question
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from openbunker.query.user_sql import check as select_check
from openbunker.query.user_sql import tree as select_sql
from openbunker_local.lake import limits
from openbunker_local.lake.engine import DuckLake
from openbunker_local.turns.presence import CURRENT, Presence
from tests.support.query.cold import settle
from tests.support.query.lake import HOUR_MS, NOW_MS, PROJECT, deliver, event

OTHER = "project-b"
BOUNDS = (NOW_MS - HOUR_MS, NOW_MS)
TABLES = ", ".join(f"events e{n}" for n in range(8))
ENDLESS = f"select sum(e1.metric_value + e7.timestamp_ms) from {TABLES}"


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[DuckLake]:
    settle(tmp_path, [event(n) for n in range(200)])
    deliver(tmp_path, [event(n) for n in range(200, 300)], per_object=100)
    others = [event(n, project_id=OTHER) for n in range(1_000, 1_007)]
    deliver(tmp_path, others, per_object=7)
    found = DuckLake(tmp_path, lambda: NOW_MS, processes=2)
    yield found
    found.close()


def select(text: str, project: str = PROJECT) -> Statement:
    return select_sql.plan(select_check.read(text), Scope(project), BOUNDS, NOW_MS).statement


def counting(project: str) -> Statement:
    asked = question.parse({"time_period": {"from": BOUNDS[0], "to": BOUNDS[1]}})
    return sql.plan(asked, Scope(project), NOW_MS).statement


def pids(lake: DuckLake) -> list[int]:
    children = lake.lanes.children
    assert children
    return children.pids()


def until(holds: Any) -> None:
    for _ in range(3_000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never did")


def test_no_process_is_started_before_a_heavy_question(lake: DuckLake) -> None:
    assert lake.run(counting(PROJECT)).rows == [(300,)]
    assert pids(lake) == []

    assert lake.run(select("select count(*) from events")).rows == [(300,)]
    first = pids(lake)
    assert lake.run(select("select count(*) from events", OTHER)).rows == [(7,)]
    assert len(first) == 1
    assert pids(lake) == first  # it is kept


def test_counts_do_not_wait_behind_heavy_questions(lake: DuckLake) -> None:
    """Five of one project, and each count of another one takes moments."""
    with ThreadPoolExecutor(5) as threads:
        heavy = [threads.submit(lake.run, select(ENDLESS)) for _ in range(5)]
        until(lambda: lake.lanes.heavy.waiting == 4)
        took = []
        for _ in range(20):
            began = time.perf_counter()
            assert lake.run(counting(OTHER)).rows == [(7,)]
            took.append(time.perf_counter() - began)
        assert len(pids(lake)) == 1  # the other place is left to others
        assert lake.run(select("select count(*) from events", OTHER)).rows == [(7,)]
        assert not any(one.done() for one in heavy)
        lake.close()
    told = {type(one.exception()) for one in heavy}
    assert statistics.median(took) < 1, took
    assert told == {QueryBusy}


def test_a_killed_child_fails_its_question_and_no_other(lake: DuckLake) -> None:
    with ThreadPoolExecutor(1) as threads:
        asked: Future[Table] = threads.submit(lake.run, select(ENDLESS))
        children = lake.lanes.children
        assert children
        until(lambda: any(one.has_heard for one in children._all.copy()))
        killed = pids(lake)
        os.kill(killed[0], signal.SIGKILL)
        with pytest.raises(QueryUnavailable, match="ended"):
            asked.result(30)

    assert lake.run(select("select count(*) from events")).rows == [(300,)]
    (idle,) = pids(lake)
    os.kill(idle, signal.SIGKILL)
    os.waitid(os.P_PID, idle, os.WEXITED | os.WNOWAIT)  # its threads are gone too
    assert lake.run(select("select count(*) from events")).rows == [(300,)]


def test_time_memory_and_faults_of_a_child_are_told_as_before(
    lake: DuckLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lake.run(select("select 1 from events limit 1")).rows == [(1,)]
    before = pids(lake)
    monkeypatch.setattr(limits, "SECONDS", 0.2)
    with pytest.raises(QueryTimedOut):
        lake.run(select(ENDLESS))
    monkeypatch.undo()
    with pytest.raises(StatementRejected):
        lake.run(select("select cast(event_name as bigint) from events"))
    big = [event(n, project_id=OTHER, properties={"text": "x" * 400_000}) for n in range(40)]
    deliver(tmp_path, big, per_object=10)
    with pytest.raises(QueryTooLarge):
        lake.run(select("select a.properties from events a, events b limit 2000", OTHER))
    assert pids(lake) == before


def test_values_of_all_types_come_back_as_they_are(lake: DuckLake, tmp_path: Path) -> None:
    plain = DuckLake(tmp_path, lambda: NOW_MS, spill=tmp_path / "other")
    text = (
        "select count(*) n, max(event_time) t, cast(max(event_time) as date) d, 1.5 f,"
        " null z, true b, 'ä' s, max(received_ms) r from events"
    )
    here, there = plain.run(select(text)), lake.run(select(text))
    plain.close()
    assert (here.rows, here.columns, here.types) == (there.rows, there.columns, there.types)


def test_a_question_that_turns_out_to_be_heavy_is_asked_in_a_child(
    lake: DuckLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openbunker_local.lake.lanes.CHEAP_SECONDS", 0.0)

    assert lake.run(counting(PROJECT)).rows == [(300,)]

    assert len(pids(lake)) == 1


def test_children_go_with_the_lake(lake: DuckLake) -> None:
    lake.run(select("select 1 from events limit 1"))
    (child,) = pids(lake)

    lake.close()

    assert not Path(f"/proc/{child}").exists()
    with pytest.raises(QueryBusy):
        lake.run(select("select 1 from events limit 1"))


def test_who_leaves_is_not_worked_for(lake: DuckLake) -> None:
    """Neither the one whose turn it is, nor the one who waits for it."""

    def ask(presence: Presence) -> Table:
        CURRENT.set(presence)
        return lake.run(select(ENDLESS))

    both = [Presence(), Presence()]
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(copy_context().run, ask, one) for one in both]
        until(lambda: lake.lanes.heavy.waiting == 1)
        for one in both:
            one.leave()
        for question_ in asked:
            with pytest.raises(QueryBusy, match="left"):
                question_.result(30)
    assert lake.lanes.heavy.waiting == 0
    assert lake.run(select("select count(*) from events")).rows == [(300,)]
