"""What a user's SQL may take of one machine: time, memory, the disk; and what else it may not."""

import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from openbunker.core.errors import QueryTimedOut, QueryTooLarge
from openbunker.query.engine import Statement, StatementRejected
from openbunker.query.scope import Scope
from openbunker.query.user_sql import check as select_check
from openbunker.query.user_sql import tree as select_sql
from openbunker_local.lake import faults
from openbunker_local.lake import limits as query_limits
from openbunker_local.lake.engine import DuckLake
from tests.support.query.cold import settle
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
        "select timestamp_ms * 9223372036854775807 from events",
        "select event_name, count(*) from events",
        "select url from events group by event_name",
    ],
)
def test_what_the_engine_calls_wrong_is_the_users(
    tmp_path: Path, lake: DuckLake, text: str
) -> None:
    deliver(tmp_path, [event()])
    with pytest.raises(StatementRejected):
        lake.run(statement(text))


def test_a_text_in_fifty_columns_is_refused_before_it_is_held(
    tmp_path: Path, lake: DuckLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody takes a row beyond the limit, and up to it all are there."""
    monkeypatch.setattr(query_limits, "MAX_BYTES", 1_000_000)
    deliver(tmp_path, [event(n, properties={"t": "x" * 10_000}) for n in range(10)])
    taken: list[int] = []
    real = query_limits.bounded

    def bounded(text: str, texts: list[bool], most: int) -> str:
        taken.append(len(texts))
        return real(text, texts, most)

    monkeypatch.setattr(query_limits, "bounded", bounded)
    wide = ", ".join(f"properties as p{n}" for n in range(50))

    with pytest.raises(QueryTooLarge, match="bytes of text"):
        lake.run(statement(f"select {wide} from events"))
    found = lake.run(
        statement("select properties, event_id as i, timestamp_ms from events order by 2")
    )

    assert taken == [50, 3]
    assert [(len(row[0]), row[1]) for row in found.rows] == [
        (10_008, f"{n:032x}") for n in range(10)
    ]
    assert list(found.columns) == ["properties", "i", "timestamp_ms"]


def test_rows_beyond_the_limit_hold_no_texts() -> None:
    text = query_limits.bounded("SELECT i::VARCHAR AS a, i AS b FROM range(9) r(i)",
                                [True, False], 4)  # fmt: skip

    rows = duckdb.execute(text).fetchall()

    assert sorted(rows, key=lambda row: row[-1])[:4] == [
        ("0", 0, 1), ("1", 1, 2), ("2", 2, 3), ("3", 3, 4),
    ]  # fmt: skip
    assert all(row[:2] == (None, None) for row in rows if row[-1] > 4)


def test_running_out_of_memory_damages_no_file(tmp_path: Path, lake: DuckLake) -> None:
    """Cold files of an earlier release have no checksum: a fault has them read as a whole."""
    settle(tmp_path, [event(n) for n in range(3)])
    files = lake.files.of(statement("select url from events"))

    def read(_: str) -> None:
        raise duckdb.OutOfMemoryException("no room")

    suspects = faults.Suspects(read)
    for error in (duckdb.OutOfMemoryException("no room"), duckdb.IOException("some fault")):
        assert not suspects.any_damaged(lake.files, files, error)
    assert lake.files.checksums.damaged() == {}


def test_what_begins_after_the_time_is_over_is_interrupted_too() -> None:
    """An answer takes two statements, and the time may end between them."""
    with duckdb.connect() as database, query_limits.in_time(database, 0.001):
        over = threading.Event()
        over.wait(0.05)
        with pytest.raises(duckdb.InterruptException):
            database.execute("SELECT sum(a.i * b.i) FROM range(1000000) a(i), range(100000) b(i)")
