"""One body of tests for every store of counts: memory, SQLite, DynamoDB (moto on loopback)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from openbunker.aws.client import DYNAMODB, AwsJsonClient
from openbunker.aws.sigv4 import Credentials
from openbunker.core.times import HOUR_MS
from openbunker.usage.dynamo import PARTITION_KEY, SORT_KEY, DynamoUsageStore
from openbunker.usage.memory import MemoryUsageStore
from openbunker.usage.model import Line, UsageStore, UsageUnavailable, Use
from openbunker_local.sqlite.usage import SqliteUsageStore

LINE = Line(project_id="prj", day="2026-11-21", dialect="eventbunker", events=3, bytes=700)


@dataclass
class Empty:
    """An empty store; `fail` takes it away."""

    store: UsageStore
    fail: Callable[[], None]


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def memory(_tmp_path: Path, _url: str) -> Empty:
    store = MemoryUsageStore()
    return Empty(store, lambda: setattr(store, "down", True))


def sqlite(tmp_path: Path, _url: str) -> Empty:
    store = SqliteUsageStore(tmp_path)
    return Empty(store, store.close)


def dynamo(_tmp_path: Path, url: str) -> Empty:
    resource: Any = boto3.resource(
        "dynamodb",
        "us-east-1",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for table in resource.tables.all():
        table.delete()
    names = (PARTITION_KEY, SORT_KEY)
    kinds = zip(names, ("HASH", "RANGE"), strict=True)
    resource.create_table(
        TableName="usage",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in kinds],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        BillingMode="PAY_PER_REQUEST",
    )
    store = DynamoUsageStore(client(url), "usage")
    return Empty(store, lambda: setattr(store, "_client", client("http://127.0.0.1:1")))


def client(endpoint: str) -> AwsJsonClient:
    return AwsJsonClient(
        DYNAMODB,
        region="us-east-1",
        credentials=Credentials("test", "test"),
        now_ms=lambda: 1_800_000_000_000,
        endpoint=endpoint,
    )


STORES = {"memory": memory, "sqlite": sqlite, "dynamo": dynamo}


@pytest.fixture(params=STORES)
def empty(request: pytest.FixtureRequest, tmp_path: Path, moto_url: str) -> Empty:
    return STORES[request.param](tmp_path, moto_url)


def test_an_empty_store_has_no_counts(empty: Empty) -> None:
    assert empty.store.of_project("prj", "0000-00-00", "9999-99-99") == []
    assert empty.store.last_used("prj") == {}
    assert empty.store.counted_ms() is None


def test_a_project_gets_its_own_lines_of_the_days_in_order(empty: Empty) -> None:
    """Also more of them than one call writes, or one page of the answer shows."""
    days = [f"2026-{month:02}-{day:02}" for month in (9, 10, 11) for day in range(1, 29)]
    lines = [replace(LINE, day=day, dialect=name) for day in days for name in ("a", "segment")]
    foreign = [replace(LINE, project_id="prj2"), replace(LINE, project_id="pr")]
    empty.store.put([*foreign, *reversed(lines)], [], 7)

    inner = [line for line in lines if "2026-09-02" <= line.day <= "2026-11-27"]
    assert empty.store.of_project("prj", "2026-09-02", "2026-11-27") == inner
    assert empty.store.of_project("prj", "2026-11-28", "2026-11-28") == lines[-2:]


def test_a_count_replaces_the_one_before_it(empty: Empty) -> None:
    """So a count that is repeated changes nothing, and one that was wrong is corrected."""
    other = replace(LINE, dialect="segment")
    empty.store.put([LINE, other], [], 1)
    for _ in range(2):
        empty.store.put([replace(LINE, events=5, bytes=2**40)], [], 2)

    found = empty.store.of_project("prj", LINE.day, LINE.day)
    assert found == [replace(LINE, events=5, bytes=2**40), other]
    assert empty.store.counted_ms() == 2


def test_each_key_of_a_project_has_an_hour(empty: Empty) -> None:
    uses = [Use(project_id="prj", key_id=f"k{n}", hour_ms=n * HOUR_MS) for n in range(60)]
    empty.store.put([], [*uses, Use(project_id="prj2", key_id="k1", hour_ms=0)], 1)
    empty.store.put([], [Use(project_id="prj", key_id="k3", hour_ms=99 * HOUR_MS)], 2)

    found = empty.store.last_used("prj")
    assert found == {use.key_id: use.hour_ms for use in uses} | {"k3": 99 * HOUR_MS}


def test_a_store_that_fails_says_so(empty: Empty) -> None:
    empty.fail()
    for call in (
        lambda: empty.store.put([LINE], [], 1),
        lambda: empty.store.of_project("prj", LINE.day, LINE.day),
        lambda: empty.store.last_used("prj"),
        empty.store.counted_ms,
    ):
        with pytest.raises(UsageUnavailable):
            call()


def test_a_file_that_is_opened_again_has_its_counts(tmp_path: Path) -> None:
    store = SqliteUsageStore(tmp_path)
    store.put([LINE], [], 5)
    store.close()
    again = SqliteUsageStore(tmp_path)
    assert again.of_all("2026-01-01", "2026-12-31") == [LINE]
    assert again.counted_ms() == 5
