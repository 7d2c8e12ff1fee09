"""What a user's SQL may take of one machine: time, memory, the disk; and what else it may not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openbunker.core.errors import QueryTimedOut, QueryTooLarge
from openbunker.query.engine import Statement, StatementRejected
from openbunker.query.scope import Scope
from openbunker.query.user_sql import check as select_check
from openbunker.query.user_sql import tree as select_sql
from openbunker_local.lake import limits as query_limits
from openbunker_local.lake.engine import DuckLake
from tests.support.query.lake import HOUR_MS, NOW_MS, PROJECT, deliver, event


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[DuckLake]:
    found = DuckLake(tmp_path, lambda: NOW_MS)
    yield found
    found.close()


def statement(text: str) -> Statement:
    bounds = (NOW_MS - HOUR_MS, NOW_MS)
    return select_sql.plan(select_check.read(text), Scope(PROJECT), bounds, NOW_MS).statement


def test_a_question_out_of_time_is_interrupted_and_the_next_one_runs(
    tmp_path: Path, lake: DuckLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path, [event(n) for n in range(300)], per_object=300)
    tables = ", ".join(f"events e{n}" for n in range(8))
    monkeypatch.setattr(query_limits, "SECONDS", 0.2)

    with pytest.raises(QueryTimedOut):
        lake.run(statement(f"select sum(e1.metric_value + e7.timestamp_ms) from {tables}"))

    monkeypatch.setattr(query_limits, "SECONDS", 20.0)
    assert lake.run(statement("select count(*) from events")).rows == [(300,)]


def test_a_question_that_needs_more_than_there_is_says_so(tmp_path: Path, lake: DuckLake) -> None:
    """Not an outage: asked again unchanged, it would fail again."""
    big = [event(n, properties={"text": "x" * 400_000}) for n in range(40)]
    deliver(tmp_path, big, per_object=10)

    with pytest.raises(QueryTooLarge):
        lake.run(statement("select a.properties from events a, events b limit 2000"))


@pytest.mark.parametrize(
    "text",
    [
        "select cast(event_name as bigint) from events",
        "select url + 1 from events",
        "select event_name, count(*) from events",
        "select url from events a join events b on true",
    ],
)
def test_what_the_engine_calls_wrong_is_the_users(
    tmp_path: Path, lake: DuckLake, text: str
) -> None:
    deliver(tmp_path, [event()])
    with pytest.raises(StatementRejected):
        lake.run(statement(text))
