"""Tenants by the thousand: accounts full of projects, and one project full of keys."""

from collections.abc import Iterator, Sequence

from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.manage.model import Account, Credential, Project, item_of, pointer_address
from openbunker.manage.office import written
from openbunker.manage.store import VERSION, Put, TenantItems, Write

ACCOUNTS, PROJECTS = 10, 100  # of each account, as many as it may have
FULL_ACCOUNT, FULL_PROJECT = "acc_0", "prj_0_0"
WRITES = 100  # of one commit; DynamoDB takes no more


def fill(items: TenantItems, keys: int, accounts: int = ACCOUNTS) -> None:
    """Put 1,000 projects of ten accounts into a store, so many keys into the first of them."""
    for some in batched(writes(keys, accounts), WRITES):
        items.commit(some)


def writes(keys: int, accounts: int = ACCOUNTS) -> list[Write]:
    """Return what `fill` writes."""
    return [*_projects(keys, accounts), *_keys(keys)]


def batched(writes: Sequence[Write], size: int) -> Iterator[Sequence[Write]]:
    """Yield the writes, so many at a time."""
    for start in range(0, len(writes), size):
        yield writes[start : start + size]


def text_of(number: int) -> str:
    """Return the text of a key; a test's, so without a checksum."""
    return f"text-{number}"


def _projects(keys: int, accounts: int) -> Iterator[Write]:
    for account in range(accounts):
        account_id = f"acc_{account}"
        owner = Account(account_id=account_id, name="n", created_ms=1, projects=PROJECTS)
        yield from written(owner)
        for number in range(PROJECTS):
            project_id = f"prj_{account}_{number}"
            owned = keys if project_id == FULL_PROJECT else 0
            project = Project(
                project_id=project_id, account_id=account_id, name="n", created_ms=1, keys=owned
            )
            yield Put(project.address, item_of(project))
            yield Put(pointer_address(project_id), {"account_id": account_id, VERSION: 1})


def _keys(count: int) -> Iterator[Write]:
    for number in range(count):
        key = Key(
            key_id=f"key_{number:06}",
            kind=KeyKind.WRITE,
            account_id=FULL_ACCOUNT,
            project_id=FULL_PROJECT,
        )
        text = text_of(number)
        yield from written(Credential(key=key, key_hash=hash_of(text), name=text, created_ms=1))
