"""One body of tests for every store of management: memory, SQLite and DynamoDB, which is moto's.

What they promise: versions hold, all writes of a commit or none, listings in order, and what is
written for the hot path is found by the key store beside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from openbunker.keys.dynamo import DynamoKeyStore
from openbunker.keys.items import to_item
from openbunker.keys.model import Key, KeyKind, KeyStore, hash_of
from openbunker.manage.dynamo import DynamoTenants
from openbunker.manage.memory import MemoryTenants
from openbunker.manage.store import (
    Address,
    Changed,
    Drop,
    DropKey,
    MarkProject,
    Put,
    PutKey,
    TenantItems,
    TenantsUnavailable,
    Write,
)
from openbunker_local.sqlite.keys import SqliteKeyStore
from openbunker_local.sqlite.tenants import SqliteTenants
from tests.support import backends

KEY = Key(key_id="key_1", kind=KeyKind.WRITE, account_id="acc", project_id="prj", sites=("s",))
HASH = hash_of("text")
ONE, TWO = Address("p", "key#1"), Address("p", "key#2")


@dataclass
class Made:
    """A store of management, the key store over the same data, and how to take it away."""

    items: TenantItems
    keys: KeyStore
    fail: Callable[[], None]


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    with backends.moto_server() as url:
        yield url


def memory(_folder: Path, _url: str) -> Made:
    store = MemoryTenants()
    return Made(store, store, lambda: setattr(store, "down", True))


def sqlite(folder: Path, _url: str) -> Made:
    store = SqliteTenants(folder / "keys.sqlite")
    return Made(store, SqliteKeyStore(folder / "keys.sqlite"), store.close)


def dynamo(_folder: Path, url: str) -> Made:
    backends.create_tables(url)
    store = backends.tenant_items(url)
    nobody = backends.tenant_items("http://127.0.0.1:1")
    keys = DynamoKeyStore(store._client, store._keys)
    return Made(store, keys, lambda: setattr(store, "_client", nobody._client))


@pytest.fixture(params=[memory, sqlite, dynamo], ids=["memory", "sqlite", "dynamo"])
def made(request: pytest.FixtureRequest, tmp_path: Path, moto_url: str) -> Made:
    result: Made = request.param(tmp_path, moto_url)
    return result


def test_an_item_comes_back_whole(made: Made) -> None:
    item = {"version": 1, "name": "ü", "on": True, "n": -5, "texts": ["a"], "none": None}
    made.items.commit([Put(ONE, item)])
    assert made.items.get(ONE) == item
    assert made.items.get(TWO) is None


def test_only_one_of_two_who_make_the_same_wins(made: Made) -> None:
    made.items.commit([Put(ONE, {"version": 1, "by": "first"})])
    with pytest.raises(Changed):
        made.items.commit([Put(ONE, {"version": 1, "by": "second"})])
    assert made.items.get(ONE) == {"version": 1, "by": "first"}


def test_a_change_holds_only_over_the_version_that_was_seen(made: Made) -> None:
    made.items.commit([Put(ONE, {"version": 1})])
    made.items.commit([Put(ONE, {"version": 2, "by": "a"}, seen=1)])
    for write in (Put(ONE, {"version": 2, "by": "b"}, seen=1), Drop(ONE, seen=1)):
        with pytest.raises(Changed):
            made.items.commit([write])
    made.items.commit([Drop(ONE, seen=2)])
    assert made.items.get(ONE) is None


def test_a_commit_is_all_or_nothing(made: Made) -> None:
    """The last write fails: neither the listing nor the hot path sees the others."""
    made.items.commit([Put(TWO, {"version": 7})])
    writes: list[Write] = [
        Put(ONE, {"version": 1}),
        PutKey(HASH, to_item(KEY)),
        MarkProject("prj", {"status": "DELETED"}),
        Drop(TWO, seen=6),
    ]
    with pytest.raises(Changed):
        made.items.commit(writes)
    assert made.items.get(ONE) is None
    assert made.keys.find(HASH) is None
    assert not made.keys.project("prj").deleted


def test_a_projects_mark_leaves_its_other_members(made: Made) -> None:
    """Quotas are written to the same item by others."""
    made.items.commit([MarkProject("prj", {"monthly_events": 5})])
    made.items.commit([MarkProject("prj", {"status": "DELETED"})])
    state = made.keys.project("prj")
    assert (state.deleted, state.monthly_events) == (True, 5)
    made.items.commit([MarkProject("prj", without=("status",))])
    state = made.keys.project("prj")
    assert (state.deleted, state.monthly_events) == (False, 5)


def test_what_is_written_for_the_hot_path_is_found_there(made: Made) -> None:
    made.items.commit([PutKey(HASH, to_item(KEY))])
    assert made.keys.find(HASH) == KEY
    made.items.commit([PutKey(HASH, to_item(KEY, status="DISABLED"))])
    assert made.keys.find(HASH) is None
    made.items.commit([DropKey(HASH)])
    made.items.commit([DropKey(HASH)])
    assert made.keys.find(HASH) is None


@pytest.mark.parametrize("newest", [False, True])
def test_a_listing_comes_in_order_page_by_page(made: Made, newest: bool) -> None:
    """Only of its partition and prefix; nothing twice, nothing left out."""
    sorts = [f"key#{number:03}" for number in range(25)]
    writes = [Put(Address("p", sort), {"version": 1, "sort": sort}) for sort in sorts]
    others = [Put(Address("p", "kez"), {"version": 1}), Put(Address("q", "key#1"), {"version": 1})]
    made.items.commit([*writes, *others])
    found: list[str] = []
    while page := made.items.page("p", "key#", 10, found[-1] if found else None, newest=newest):
        assert all(item["sort"] == sort for sort, item in page)
        found += [sort for sort, _ in page]
    assert found == sorted(sorts, reverse=newest)


def test_an_empty_prefix_is_the_whole_partition(made: Made) -> None:
    made.items.commit([Put(ONE, {"version": 1}), Put(Address("p", "other"), {"version": 1})])
    assert [sort for sort, _ in made.items.page("p", "", 9)] == ["key#1", "other"]
    assert [sort for sort, _ in made.items.page("p", "", 9, "key#1")] == ["other"]


def test_a_cursor_outlives_what_it_names(made: Made) -> None:
    made.items.commit([Put(ONE, {"version": 1}), Put(TWO, {"version": 1})])
    made.items.commit([Drop(ONE, seen=1)])
    assert [sort for sort, _ in made.items.page("p", "key#", 9, "key#1")] == ["key#2"]


def test_a_store_that_fails_says_so(made: Made) -> None:
    made.fail()
    with pytest.raises(TenantsUnavailable):
        made.items.get(ONE)
    with pytest.raises(TenantsUnavailable):
        made.items.page("p", "", 1)
    with pytest.raises(TenantsUnavailable):
        made.items.commit([Put(ONE, {"version": 1})])


def test_an_unknown_table_is_a_failure(moto_url: str) -> None:
    store = backends.tenant_items(moto_url)
    with pytest.raises(TenantsUnavailable, match="ResourceNotFoundException"):
        DynamoTenants(store._client, "no-such", "no-such", lambda: "t").get(ONE)


def test_processes_share_the_file(tmp_path: Path) -> None:
    """The command line beside a server: each sees the other's commits and their versions."""
    one, two = (SqliteTenants(tmp_path / "keys.sqlite") for _ in range(2))
    one.commit([Put(ONE, {"version": 1})])
    two.commit([Put(ONE, {"version": 2}, seen=1)])
    with pytest.raises(Changed):
        one.commit([Put(ONE, {"version": 2}, seen=1)])
    assert one.get(ONE) == {"version": 2}
