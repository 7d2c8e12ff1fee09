"""One body of tests for every key store: memory, SQLite, DynamoDB, and each behind the cache.

DynamoDB is moto's server on loopback, so that our own signed client does the calls.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from openbunker.aws.client import DYNAMODB, AwsJsonClient
from openbunker.aws.sigv4 import Credentials
from openbunker.core.errors import KeyStoreUnavailable
from openbunker.keys.cached import CachedKeyStore
from openbunker.keys.dynamo import DynamoKeyStore
from openbunker.keys.items import to_item, to_key
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, KeyStore, hash_of
from openbunker.keys.projects import ProjectState, ProjectStates
from openbunker_local.sqlite.keys import SqliteKeyStore

PLAIN = Key(key_id="key_plain", kind=KeyKind.QUERY, account_id="acc", project_id="prj")
RICH = Key(
    key_id="key_rich",
    kind=KeyKind.WRITE,
    account_id="acc",
    project_id="prj",
    dialects=("databuddy", "tracify"),
    customer_identifier="customer-ü",
    allowed_origins=("https://a.example", "https://b.example"),
    sites=("site-1",),
    strict=False,
    key_filter_data=({"field_name": "plan", "op": "in", "value": ["pro", 1.5, None]},),
    expires_ms=1_900_000_000_000,
)
MASTER = Key(key_id="key_master", kind=KeyKind.MASTER, account_id="acc", project_id="")
KEYS = {hash_of(key.key_id): key for key in (PLAIN, RICH, MASTER)}
REVOKED, BROKEN = hash_of("revoked"), hash_of("broken")


@dataclass
class Filled:
    """A store that holds KEYS, one revoked key and one broken item; `fail` takes it away.

    `states` is who may change what is known of projects: the store itself, or the one behind it.
    """

    store: KeyStore
    fail: Callable[[], None]
    states: ProjectStates


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def dynamo_client(endpoint: str) -> AwsJsonClient:
    who = Credentials("test", "test", "session")
    return AwsJsonClient(
        DYNAMODB,
        region="us-east-1",
        credentials=who,
        now_ms=lambda: 1_800_000_000_000,
        endpoint=endpoint,
    )


def filled_table(url: str) -> str:
    """Make the table as the template does and fill it the way boto3 writes items."""
    dynamo: Any = boto3.resource(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for table in dynamo.tables.all():
        table.delete()
    table = dynamo.create_table(
        TableName="contract-keys",
        KeySchema=[{"AttributeName": "key_hash", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key_hash", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for key_hash, key in KEYS.items():
        table.put_item(Item={"key_hash": key_hash, **to_item(key, name="n", created_ms=7)})
    table.put_item(Item={"key_hash": REVOKED, **to_item(PLAIN, status="REVOKED")})
    table.put_item(Item={"key_hash": BROKEN, "status": "ACTIVE", "kind": "NONSENSE"})
    return "contract-keys"


def memory(_tmp_path: Path, _url: str) -> Filled:
    store = MemoryKeyStore(KEYS)
    return Filled(store, lambda: setattr(store, "down", True), store)


def sqlite(tmp_path: Path, _url: str) -> Filled:
    store = SqliteKeyStore(tmp_path / "keys.sqlite")
    for key_hash, key in KEYS.items():
        store.add(key_hash, key, "n", 7)
    store.add(REVOKED, PLAIN, status="REVOKED")
    return Filled(store, store.close, store)


def dynamo(_tmp_path: Path, url: str) -> Filled:
    table = filled_table(url)
    store = DynamoKeyStore(dynamo_client(url), table)
    nobody = DynamoKeyStore(dynamo_client("http://127.0.0.1:1"), table)
    return Filled(store, lambda: setattr(store, "_client", nobody._client), store)


def cached(make: Callable[[Path, str], Filled]) -> Callable[[Path, str], Filled]:
    def made(tmp_path: Path, url: str) -> Filled:
        inner = make(tmp_path, url)
        cache = CachedKeyStore(inner.store, lambda: 0.0, lambda: 0.0)
        return Filled(cache, inner.fail, inner.states)

    return made


STORES = {
    "memory": memory,
    "sqlite": sqlite,
    "dynamo": dynamo,
    "cached memory": cached(memory),
    "cached sqlite": cached(sqlite),
    "cached dynamo": cached(dynamo),
}


@pytest.fixture(params=STORES)
def filled(request: pytest.FixtureRequest, tmp_path: Path, moto_url: str) -> Filled:
    return STORES[request.param](tmp_path, moto_url)


@pytest.mark.parametrize("key_hash", KEYS)
def test_a_key_comes_back_whole(filled: Filled, key_hash: str) -> None:
    """Every field of every kind of key survives the store, twice in a row."""
    for _ in range(2):
        assert filled.store.find(key_hash) == KEYS[key_hash]


def test_nobody_has_an_unknown_or_a_revoked_key(filled: Filled) -> None:
    """Both are None: the caller is not told which."""
    assert filled.store.find(hash_of("nobody")) is None
    assert filled.store.find(REVOKED) is None


def test_a_store_that_fails_says_so(filled: Filled) -> None:
    """Neither None nor a key: nobody can say."""
    filled.fail()
    with pytest.raises(KeyStoreUnavailable):
        filled.store.find(hash_of("nobody"))


def test_a_project_that_nobody_wrote_of_is_there_and_has_no_limits(filled: Filled) -> None:
    assert filled.store.project("prj") == ProjectState()


def test_what_is_known_of_a_project_changes_member_by_member(filled: Filled) -> None:
    """Who counts and who manages write the same item: neither may undo what the other wrote."""
    filled.states.change_project("prj", {"monthly_events": 10, "events_per_second": 7})
    filled.states.change_project("prj", {"over_month": "2026-11", "events_per_second": None})
    filled.states.change_project("other", {"status": "DELETED"})

    assert filled.store.project("prj") == ProjectState(monthly_events=10, over_month="2026-11")
    assert filled.store.project("other") == ProjectState(deleted=True)


def test_dedupe_scopes_are_kept_beside_the_limits_and_old_items_share_one(filled: Filled) -> None:
    filled.states.change_project("old", {"monthly_events": 10})
    filled.states.change_project("prj", {"monthly_events": 10})
    filled.states.change_project("prj", {"dedupe_scopes": "separate"})
    assert filled.store.project("old") == ProjectState(monthly_events=10)
    apart = ProjectState(monthly_events=10, separate_dedupe=True)
    assert filled.store.project("prj") == apart


def test_a_project_is_no_key(filled: Filled) -> None:
    filled.states.change_project("prj", {"status": "ACTIVE"})
    assert filled.store.find(hash_of("project#prj")) is None


def test_a_store_that_fails_says_so_of_projects_too(filled: Filled) -> None:
    filled.fail()
    with pytest.raises(KeyStoreUnavailable):
        filled.store.project("prj")


@pytest.mark.parametrize("key", [PLAIN, RICH, MASTER], ids=lambda key: key.key_id)
def test_an_item_gives_its_key_back(key: Key) -> None:
    """The stored form loses nothing and holds no empty list."""
    item = to_item(key, name="people's name", created_ms=1)
    assert to_key(item) == key
    assert all(value is not None and value not in ((), []) for value in item.values())


def test_an_item_of_another_form_is_not_a_key(moto_url: str) -> None:
    """A hand-made row that is not understood does not let anybody in."""
    store = DynamoKeyStore(dynamo_client(moto_url), filled_table(moto_url))
    with pytest.raises(KeyStoreUnavailable):
        store.find(BROKEN)


def test_a_missing_table_is_a_failure_and_not_an_unknown_key(moto_url: str) -> None:
    """Else a wrong setting would tell every customer that his key is bad."""
    with pytest.raises(KeyStoreUnavailable, match="ResourceNotFoundException"):
        DynamoKeyStore(dynamo_client(moto_url), "no-such-table").find(hash_of("x"))


def test_the_file_holds_no_key_text(tmp_path: Path) -> None:
    """Only hashes are stored, and an added key is there when the file is opened again."""
    text = "evb_w_this-is-the-secret"
    store = SqliteKeyStore(tmp_path / "keys.sqlite")
    store.add(hash_of(text), RICH, "my key", 5)
    store.close()
    assert SqliteKeyStore(tmp_path / "keys.sqlite").find(hash_of(text)) == RICH
    assert not [f for f in tmp_path.iterdir() if text.encode() in f.read_bytes()]


def test_threads_share_a_sqlite_store(tmp_path: Path) -> None:
    """Readers and writers in eight threads; every key is found right after it was added."""
    store = SqliteKeyStore(tmp_path / "keys.sqlite")
    found: list[bool] = []

    def work(name: str) -> None:
        for number in range(20):
            key_hash = hash_of(f"{name}-{number}")
            store.add(key_hash, PLAIN)
            found.append(store.find(key_hash) == PLAIN)

    threads = [threading.Thread(target=work, args=(str(name),)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 160


def test_a_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    """Starting on a damaged file fails with its path in the message."""
    path = tmp_path / "keys.sqlite"
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(KeyStoreUnavailable, match=r"keys\.sqlite"):
        SqliteKeyStore(path)


def test_a_consistent_read_asks_for_one() -> None:
    """Who resets a master key uses the new one the next moment."""
    asked: list[bytes] = []

    class Client:
        def call(self, _operation: str, body: bytes) -> dict[str, Any]:
            asked.append(body)
            return {}

    client: Any = Client()
    for consistent in (False, True):
        DynamoKeyStore(client, "t", consistent=consistent).find("h")
    assert [b'"ConsistentRead": true' in body for body in asked] == [False, True]
