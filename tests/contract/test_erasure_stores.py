"""One contract for every erasure store: memory, SQLite, and DynamoDB behind our own client."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from openbunker.aws.client import DYNAMODB, AwsJsonClient
from openbunker.aws.sigv4 import Credentials
from openbunker.core.errors import ErasureStoreUnavailable
from openbunker.erasure.dynamo import DynamoErasureStore
from openbunker.erasure.hashing import PERSON_COLUMNS, hash_of
from openbunker.erasure.memory import MemoryErasureStore
from openbunker.erasure.model import Erasure, ErasureStore, Status
from openbunker_local.sqlite.erasures import SqliteErasureStore
from tests.support.backends import moto_server

TABLE = "contract-erasures"
CUSTOMER = "Jürgen's “shop” \U0001f600"


def erasure(number: int, project: str = "prj_a", customer: str = CUSTOMER) -> Erasure:
    return Erasure(
        erasure_id=f"{number:032x}",
        project_id=project,
        customer_hash=hash_of(project, customer),
        requested_ms=1_800_000_000_000 + number,
        key_id="key_delete",
        customer_identifier=customer,
    )


@dataclass
class Given:
    """A store that holds nothing; `fail` takes it away."""

    store: ErasureStore
    fail: Callable[[], None]


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    with moto_server() as url:
        yield url


def client(endpoint: str) -> AwsJsonClient:
    return AwsJsonClient(
        DYNAMODB,
        region="us-east-1",
        credentials=Credentials("test", "test", "session"),
        now_ms=lambda: 1_800_000_000_000,
        endpoint=endpoint,
    )


def memory(_tmp_path: Path, _url: str) -> Given:
    store = MemoryErasureStore()
    return Given(store, lambda: setattr(store, "down", True))


def sqlite(tmp_path: Path, _url: str) -> Given:
    store = SqliteErasureStore(tmp_path / "erasures.sqlite")
    return Given(store, store.close)


def dynamo(_tmp_path: Path, url: str) -> Given:
    made: Any = boto3.resource(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for table in made.tables.all():
        table.delete()
    names = (("project_id", "HASH"), ("erasure_id", "RANGE"))
    made.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in names],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n, _ in names],
        BillingMode="PAY_PER_REQUEST",
    )
    store = DynamoErasureStore(client(url), TABLE)
    nobody = client("http://127.0.0.1:1")
    return Given(store, lambda: setattr(store, "_client", nobody))


STORES = {"memory": memory, "sqlite": sqlite, "dynamo": dynamo}


@pytest.fixture(params=STORES)
def given(request: pytest.FixtureRequest, tmp_path: Path, moto_url: str) -> Given:
    return STORES[request.param](tmp_path, moto_url)


def test_an_erasure_comes_back_whole(given: Given) -> None:
    given.store.add(erasure(1))

    assert given.store.get("prj_a", f"{1:032x}") == erasure(1)
    assert given.store.of_project("prj_a") == [erasure(1)]
    assert given.store.to_erase() == [erasure(1)]


@pytest.mark.parametrize("column", PERSON_COLUMNS)
@pytest.mark.parametrize("name", ["", "x" * 1_000])
def test_a_person_of_any_column_comes_back_whole(given: Given, column: str, name: str) -> None:
    one = replace(erasure(1, customer=name), customer_hash=hash_of("prj_a", name, column))
    given.store.add(one)
    assert given.store.to_erase() == [one]
    given.store.mark_erased(one, 5)
    (done,) = given.store.every()
    assert (done.column, done.customer_identifier) == (column, None)


def test_a_project_sees_its_own_only(given: Given) -> None:
    given.store.add(erasure(1))
    given.store.add(erasure(2, "prj_b"))

    assert given.store.get("prj_b", f"{1:032x}") is None
    assert given.store.of_project("prj_b") == [erasure(2, "prj_b")]
    assert given.store.to_erase() == [erasure(1), erasure(2, "prj_b")]


def test_the_states_come_in_order_and_keep_their_first_time(given: Given) -> None:
    one = erasure(1)
    given.store.add(one)
    given.store.mark_hidden(one, 10)
    given.store.mark_hidden(one, 11)

    (hidden,) = given.store.to_erase()
    assert hidden == replace(one, hidden_ms=10)
    assert hidden.status is Status.HIDDEN

    given.store.mark_erased(hidden, 20)
    given.store.mark_erased(hidden, 21)

    assert given.store.to_erase() == []
    (erased,) = given.store.of_project("prj_a")
    assert given.store.every() == [erased]
    assert erased == replace(one, hidden_ms=10, erased_ms=20, customer_identifier=None)
    assert erased.status is Status.ERASED


def test_adding_again_changes_nothing(given: Given) -> None:
    """A call whose answer was lost is made again, perhaps after the next step."""
    given.store.add(erasure(1))
    given.store.mark_hidden(erasure(1), 10)
    given.store.add(erasure(1))

    assert given.store.of_project("prj_a") == [replace(erasure(1), hidden_ms=10)]


def test_marking_what_was_never_added_makes_nothing(given: Given) -> None:
    given.store.mark_hidden(erasure(1), 10)
    given.store.mark_erased(erasure(1), 10)

    assert given.store.of_project("prj_a") == []


def test_many_erasures_all_come_back(given: Given) -> None:
    """In order of their ids, also where the store answers in pages."""
    many = [erasure(number, customer=f"{number}-" + "x" * 490) for number in range(300)]
    for one in reversed(many):
        given.store.add(one)

    assert given.store.of_project("prj_a") == many
    assert given.store.to_erase() == many


def test_a_store_that_fails_says_so(given: Given) -> None:
    """Never "there are none": then the rows would be shown."""
    given.fail()

    for call in (
        lambda: given.store.add(erasure(1)),
        lambda: given.store.get("prj_a", "x"),
        lambda: given.store.of_project("prj_a"),
        given.store.to_erase,
        given.store.every,
        lambda: given.store.mark_hidden(erasure(1), 1),
        lambda: given.store.mark_erased(erasure(1), 1),
    ):
        with pytest.raises(ErasureStoreUnavailable):
            call()


def test_an_item_that_is_no_erasure_is_a_failure(moto_url: str, tmp_path: Path) -> None:
    """A hand-made item must not be passed over: it may be somebody who is to be hidden."""
    store = dynamo(tmp_path, moto_url).store
    item = {"project_id": {"S": "prj_a"}, "erasure_id": {"S": "1"}, "requested_ms": {"S": "soon"}}
    body = f'{{"TableName": "{TABLE}", "Item": {str(item).replace(chr(39), chr(34))}}}'
    client(moto_url).call("PutItem", body.encode())

    with pytest.raises(ErasureStoreUnavailable, match="no erasure"):
        store.of_project("prj_a")


def test_the_file_forgets_who_was_erased(tmp_path: Path) -> None:
    """Not in a freed page, not in a journal; and it is whole when it is opened again."""
    store = SqliteErasureStore(tmp_path / "erasures.sqlite")
    for number in range(50):
        store.add(erasure(number, customer="who-is-this@example.org"))
    assert b"who-is-this" in b"".join(path.read_bytes() for path in tmp_path.iterdir())

    for one in store.to_erase():
        store.mark_erased(one, 7)

    assert b"who-is-this" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    again = SqliteErasureStore(tmp_path / "erasures.sqlite")
    assert len(again.of_project("prj_a")) == 50


def test_processes_share_a_file(tmp_path: Path) -> None:
    """What one connection added another one sees at once."""
    server = SqliteErasureStore(tmp_path / "erasures.sqlite")
    worker = SqliteErasureStore(tmp_path / "erasures.sqlite")
    server.add(erasure(1))
    worker.mark_erased(worker.to_erase()[0], 5)

    assert [one.erased_ms for one in server.of_project("prj_a")] == [5]


def test_a_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    path = tmp_path / "erasures.sqlite"
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(ErasureStoreUnavailable, match=r"erasures\.sqlite"):
        SqliteErasureStore(path)
