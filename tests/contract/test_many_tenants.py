"""Thousands of tenants in each store: listings come page by page, and no act reads them all."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from openbunker.manage import credentials, projects
from openbunker.manage.credentials import Place
from openbunker.manage.memory import MemoryTenants
from openbunker.manage.office import Office, Page
from openbunker.manage.store import Address, Item, Put, PutKey, TenantItems, Write
from openbunker_local.sqlite.tenants import SqliteTenants
from tests.support import backends, many

# moto copies a table for each transaction: what is thousands elsewhere is hundreds there.
KEYS = {"memory": 10_000, "sqlite": 10_000, "dynamo": 210}
PLACE = Place(many.FULL_ACCOUNT, many.FULL_PROJECT)


class Counting:
    """A store that counts what is asked of another, and how much it tells."""

    def __init__(self, items: TenantItems) -> None:
        self._items = items
        self.asked = self.told = 0

    def get(self, address: Address) -> Item | None:
        self.asked += 1
        self.told += 1
        return self._items.get(address)

    def page(self, *args: Any, **options: Any) -> list[tuple[str, Item]]:
        self.asked += 1
        found = self._items.page(*args, **options)
        self.told += len(found)
        return found

    def commit(self, writes: Sequence[Write]) -> None:
        self.asked += 1
        self._items.commit(writes)


@pytest.fixture(scope="module", params=KEYS)
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Office, int]]:
    count = KEYS[request.param]
    with backends.moto_server() as url:
        items: TenantItems
        if request.param == "dynamo":
            backends.create_tables(url)
            items = backends.tenant_items(url)
            puts = many.writes(count, accounts=1)
            backends.put_plainly(url, [one for one in puts if isinstance(one, Put | PutKey)])
        elif request.param == "sqlite":
            items = SqliteTenants(tmp_path_factory.mktemp("many") / "keys.sqlite")
            many.fill(items, count)
        else:
            items = MemoryTenants()
            many.fill(items, count)
        yield (
            Office(
                items=Counting(items),
                now_ms=lambda: 1_795_230_000_000,
                random_bytes=_some_bytes,
                actor="test",
            ),
            count,
        )


def _some_bytes(count: int, state: list[int] = [0]) -> bytes:  # noqa: B006
    state[0] += 1
    return state[0].to_bytes(count, "little")


def ids(pages: Callable[[str | None], Page[Any]], name: Callable[[Any], str]) -> list[str]:
    """Return the ids of all pages; each but the last is full."""
    found: list[str] = []
    cursor = None
    while True:
        page = pages(cursor)
        found += [name(one) for one in page.things]
        cursor = page.cursor
        if cursor is None:
            return found
        assert len(page.things) == 100


def test_every_project_is_listed_once(office: tuple[Office, int]) -> None:
    """A thousand of them, over accounts and pages."""
    desk, count = office
    accounts = ids(lambda c: projects.accounts(desk, 100, c), lambda one: one.account_id)
    found = [
        name
        for account in accounts
        for name in ids(
            lambda c, a=account: projects.listed(desk, a, 100, c),  # type: ignore[misc]
            lambda one: one.project_id,
        )
    ]
    assert len(found) == len(set(found)) == many.PROJECTS * (10 if count == 10_000 else 1)


def test_every_key_is_listed_once(office: tuple[Office, int]) -> None:
    desk, count = office
    found = ids(lambda c: credentials.listed(desk, PLACE, 100, c), lambda one: one.key.key_id)
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == count


def test_what_an_act_reads_does_not_grow_with_the_keys(office: tuple[Office, int]) -> None:
    desk, _ = office
    store = desk.items
    assert isinstance(store, Counting)
    for act, most in (
        (lambda: credentials.listed(desk, PLACE, 100), 102),
        (lambda: credentials.update(desk, PLACE, "key_000007", {"strict": False}), 2),
        (lambda: credentials.switch(desk, PLACE, "key_000007", on=False), 2),
        (lambda: projects.update(desk, *_names(), name="n"), 1),
    ):
        store.asked = store.told = 0
        act()
        assert store.told <= most
        assert store.asked <= 3


def _names() -> tuple[str, str]:
    return many.FULL_ACCOUNT, many.FULL_PROJECT
