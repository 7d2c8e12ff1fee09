"""A store of management that holds the tenants of events/keys.json, whichever store it is."""

import os
from collections.abc import Callable

from openbunker.keys.model import Key, KeyKind, KeyStore, hash_of
from openbunker.manage.model import Account, Credential, Project, pointer_address
from openbunker.manage.office import Office, written
from openbunker.manage.services import ManageServices
from openbunker.manage.store import VERSION, Put, TenantItems
from openbunker.usage.memory import MemoryUsageStore
from openbunker.usage.model import UsageStore

ACCOUNT, PROJECT, OLD_PROJECT = "acc_demo", "prj_demo", "prj_old"
NOW_MS = 1_795_230_000_000


def fill(items: TenantItems, keys: dict[str, Key]) -> None:
    """Put an account, a project and keys, given by their texts, into a store."""
    credentials = [
        Credential(key=key, key_hash=hash_of(text), name=text, created_ms=NOW_MS)
        for text, key in keys.items()
    ]
    owned = sum(key.kind is not KeyKind.MASTER for key in keys.values())
    project = Project(
        project_id=PROJECT, account_id=ACCOUNT, name="demo", created_ms=NOW_MS, keys=owned
    )
    old = Project(project_id=OLD_PROJECT, account_id=ACCOUNT, name="old", created_ms=NOW_MS)
    account = Account(account_id=ACCOUNT, name="demo", created_ms=NOW_MS, projects=2)
    writes = [write for one in credentials for write in written(one)]
    pointer = {"account_id": ACCOUNT, VERSION: 1}
    writes += [Put(pointer_address(one), pointer) for one in (PROJECT, OLD_PROJECT)]
    items.commit([*written(account), *written(project), *written(old), *writes])


def services(
    items: TenantItems,
    keys: KeyStore,
    now_ms: Callable[[], int] = lambda: NOW_MS,
    usage: UsageStore | None = None,
) -> ManageServices:
    """Return manage services over a store; log lines go nowhere, nothing was counted."""
    office = Office(items=items, now_ms=now_ms, random_bytes=os.urandom, actor="")
    counts = usage or MemoryUsageStore()
    return ManageServices(
        keys=keys, office=office, now_ms=now_ms, log=lambda _line: None, usage=counts
    )
