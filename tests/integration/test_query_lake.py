"""DuckDB over objects as they lie on the disk: what is there, what comes, goes or is broken."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from openbunker.core import layout
from openbunker.core.errors import QueryBusy, QueryUnavailable
from openbunker.core.event import Event
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.query.endpoint import serve_query
from openbunker.query.engine import Statement, StatementRejected
from openbunker.query.question import question
from openbunker.query.scope import Scope
from openbunker.query.services import QueryServices
from openbunker.query.sql import aggregates as sql
from openbunker_local.lake import lanes
from openbunker_local.lake.engine import DuckLake
from openbunker_local.lake.files import Files
from tests.support.query.lake import NOW_MS, PROJECT, deliver, event, lines, put

HOUR: dict[str, Any] = {"time_period": "minus_1_hours"}
FOLDER = layout.hot_prefix(NOW_MS - 60_000)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[DuckLake]:
    found = DuckLake(tmp_path, lambda: NOW_MS)
    yield found
    found.close()


def statement(body: dict[str, Any] | None = None) -> Statement:
    return sql.plan(question.parse(body or HOUR), Scope(PROJECT), NOW_MS).statement


def count(lake: DuckLake) -> int:
    return int(lake.run(statement()).rows[0][0])


def test_a_question_over_http_reads_what_was_delivered(tmp_path: Path, lake: DuckLake) -> None:
    """From objects to the answer's JSON, for two projects and a scoped key."""
    shop = [("DE", "c1", 10), ("DE", "c2", 2.5), ("FR", "c1", 1), ("FR", "c1", "free")]
    events = [
        event(n, country=country, customer_identifier=c, properties={"cart": {"price": price}})
        for n, (country, c, price) in enumerate(shop)
    ]
    deliver(tmp_path, [*events, event(9, project_id="project-b", country="US")])
    keys = MemoryKeyStore()
    for text, project, customer in [("a", PROJECT, None), ("a1", PROJECT, "c1"),
                                    ("b", "project-b", None)]:  # fmt: skip
        key = Key(key_id=text, kind=KeyKind.QUERY, account_id="x", project_id=project,
                  customer_identifier=customer)  # fmt: skip
        keys.add(hash_of(text), key)
    services = QueryServices(keys=keys, engine=lake, now_ms=lambda: NOW_MS, log=lambda _: None)
    body = {
        **HOUR,
        "group_by": ["country"],
        "computations": [{"function": "sum", "field_name": "cart.price"}, {"function": "count"}],
        "order_by": [{"field_name": "sum_cart.price", "direction": "DESC"}],
    }

    def rows(key: str) -> Any:
        http = {"version": "2.0", "rawPath": "/v1/query/json", "body": json.dumps(body)}
        head = {"requestContext": {"http": {"method": "POST"}}}
        reply = serve_query(
            {**http, **head, "headers": {"x-eventbunker-query-key": key}}, None, services
        )
        return json.loads(reply["body"])["rows"]

    assert rows("a") == [["DE", 12.5, 2], ["FR", 1.0, 2]]
    assert rows("a1") == [["DE", 10.0, 1], ["FR", 1.0, 2]]
    assert rows("b") == [["US", None, 1]]


def test_an_object_is_visible_as_soon_as_it_has_its_name(tmp_path: Path, lake: DuckLake) -> None:
    assert count(lake) == 0
    whole = put(tmp_path / FOLDER / "one.json.gz", lines([event(1)]))
    (tmp_path / FOLDER / ".two.json.gz.part").write_bytes(whole.read_bytes()[:20])

    assert count(lake) == 1

    put(tmp_path / FOLDER / "two.json.gz", lines([event(2)]))

    assert count(lake) == 2


def test_other_things_in_the_folder_are_left_alone(tmp_path: Path, lake: DuckLake) -> None:
    put(tmp_path / FOLDER / "one.json.gz", lines([event(1)]))
    (tmp_path / FOLDER / "notes.txt").write_text("not an object")
    (tmp_path / "hot" / "README").write_text("not a partition")

    assert count(lake) == 1


def test_every_partition_of_arrival_is_opened(tmp_path: Path, lake: DuckLake) -> None:
    """A clock ran ahead: what came long before the period happened in it. What cannot be read is
    told, also where nobody would have expected an event of the period.
    """
    before_ms = NOW_MS - 26 * 3_600_000
    deliver(tmp_path, [event(1), event(2, received_ms=before_ms)])
    assert count(lake) == 2

    (tmp_path / layout.hot_prefix(before_ms) / "broken.json.gz").write_bytes(b"no gzip")
    table = lake.run(statement())

    assert (table.rows[0][0], [one.count for one in table.incomplete]) == (2, [1])


def test_an_object_that_vanishes_is_not_missed(
    tmp_path: Path, lake: DuckLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between listing and reading, one object is replaced by another that holds its events."""
    first = put(tmp_path / FOLDER / "one.json.gz", lines([event(1)]))
    listed = lake.files.of

    def list_then_replace(statement: Statement) -> Files:
        files = listed(statement)
        if first.exists():
            first.rename(first.with_name("merged.json.gz"))
        return files

    monkeypatch.setattr(lake.files, "of", list_then_replace)

    assert count(lake) == 1


def test_a_broken_line_hides_no_other(tmp_path: Path, lake: DuckLake) -> None:
    """Unknown keys are ignored, missing ones are null, and what is no JSON is no row."""
    good, later = lines([event(1)]), lines([event(2)])
    newer = good.replace(b'"v":1', b'"v":1,"column_of_tomorrow":{"a":1}').replace(b"key-1", b"k")
    put(tmp_path / FOLDER / "mixed.json.gz", good + b"{broken\n" + newer + b"\n" + later)

    assert count(lake) == 3


def test_a_folder_that_cannot_be_listed_is_a_fault(tmp_path: Path, lake: DuckLake) -> None:
    (tmp_path / "hot").write_text("a file where the folder should be")

    with pytest.raises(QueryUnavailable, match="cannot be listed"):
        count(lake)


def test_the_longest_line_is_read(tmp_path: Path, lake: DuckLake) -> None:
    text = "x" * (1_000 * 1024 - 400)
    long = event(1, properties={"text": text})
    deliver(tmp_path, [long, event(2)])

    assert len(lines([long])) > 1_000 * 1024 - 200
    assert count(lake) == 2


def test_freshness_is_asked_before_the_listing(tmp_path: Path) -> None:
    """An object that arrives in between is seen, but not promised."""

    def fresh_to_ms() -> int:
        put(tmp_path / FOLDER / "late.json.gz", lines([event(1)]))
        return 42

    lake = DuckLake(tmp_path, fresh_to_ms)
    table = lake.run(statement())
    lake.close()

    assert (table.rows, table.fresh_to_ms) == ([(1,)], 42)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_text('{other}')",
        "SELECT * FROM read_json('{data}/hot/../secret.json')",
        "ATTACH '{other}.db'",
        "COPY (SELECT 1) TO '{other}.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '10GB'",
    ],
)
def test_the_database_is_locked_down(tmp_path: Path, lake: DuckLake, text: str) -> None:
    """Even a statement that is not ours could read nothing but delivered objects."""
    (tmp_path / "secret.json").write_text('{"a": 1}')
    words = {"data": tmp_path, "other": tmp_path / "secret.json"}

    with pytest.raises(duckdb.Error, match=r"disabled|locked"):
        lake.own.over_objects.execute(text.format(**words))


def test_a_bug_of_ours_is_not_called_an_outage(tmp_path: Path, lake: DuckLake) -> None:
    deliver(tmp_path, [event(1)])
    wrong = statement()
    wrong.tree.limit("no_such_column", copy=False)

    with pytest.raises(StatementRejected):
        lake.run(wrong)


def test_threads_share_the_lake(tmp_path: Path, lake: DuckLake) -> None:
    """Questions of many threads, while objects keep coming, each see a whole number of objects."""
    started = threading.Barrier(9)

    def ask() -> list[int]:
        started.wait()
        return [count(lake) for _ in range(5)]

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(ask) for _ in range(8)]
        started.wait()
        for n in range(20):
            put(tmp_path / FOLDER / f"{n:02}.json.gz", lines([event(2 * n), event(2 * n + 1)]))
        seen = [one.result() for one in asked]

    assert all(counts == sorted(counts) and not any(c % 2 for c in counts) for counts in seen)
    assert count(lake) == 40


def test_who_waits_too_long_is_told(lake: DuckLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "WAIT_SECONDS", 0.01)

    with (
        lake.lanes.turn(("other", ""), lake.lanes.until(), heavy=False),
        pytest.raises(QueryBusy, match="Others' questions"),
    ):
        count(lake)
    assert count(lake) == 0


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "query-spill").mkdir()
    (tmp_path / "query-spill" / "duckdb_temp_1.tmp").write_bytes(b"x")

    DuckLake(tmp_path, lambda: NOW_MS).close()

    assert not (tmp_path / "query-spill").exists()


def test_the_declared_columns_are_the_events(tmp_path: Path, lake: DuckLake) -> None:
    """Every column can be grouped by, so none was forgotten in the schema."""
    names = [n for n in Event.__dataclass_fields__ if n not in ("properties", "timestamp_ms",
                                                              "received_ms")]  # fmt: skip
    deliver(tmp_path, [event(1, metric_value=1.5, utm_term="x")])

    for name in names:
        rows = lake.run(statement({**HOUR, "group_by": [name]})).rows
        assert rows == [(getattr(event(1, metric_value=1.5, utm_term="x"), name), 1)]
