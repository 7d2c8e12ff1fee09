"""Tenants on one machine: the demo among them, and what the manage routes are served from.

The demo's file is `demo`'s, the store `tenants_sqlite`'s; here they come together.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from openbunker.erasure.model import ErasureStore
from openbunker.keys.model import KeyKind, KeyStore, hash_of
from openbunker.manage.model import Account, Credential, Project, pointer_address
from openbunker.manage.office import written
from openbunker.manage.services import ManageServices
from openbunker.manage.store import VERSION, DropKey, Put, TenantItems, Write
from openbunker.wiring.office import office_over
from openbunker_local import demo as demos
from openbunker_local.demo import Demo

FILE = "keys.sqlite"
DEMO_NAME = "demo"


def services(
    keys: KeyStore,
    items: TenantItems,
    erasures: ErasureStore,
    now_ms: Callable[[], int],
    log: Callable[[Mapping[str, Any]], None],
) -> ManageServices:
    """Return what the manage routes need on one machine."""
    office = replace(office_over(items), now_ms=now_ms)
    return ManageServices(keys=keys, office=office, now_ms=now_ms, log=log, erasures=erasures)


def demo_project(
    data: Path, base_url: str, items: TenantItems, now_ms: Callable[[], int]
) -> tuple[Demo, bool]:
    """Return a folder's demo project and whether it is new; the address is today's.

    Keys of before there were checksums, which nobody takes any more, are made anew.
    """
    kept = demos.load(data)
    project = kept or demos.create(base_url, os.urandom)
    project = demos.renewed(replace(project, base_url=base_url), os.urandom)
    # First the store, then the file: a crash between leaves keys that nobody has seen.
    if items.get(_account(project, now_ms()).address) is None or _texts(kept) != _texts(project):
        enrol(project, items, now_ms(), gone=_texts(kept) - _texts(project))
    demos.save(project, data)
    return project, kept is None


def enrol(demo: Demo, items: TenantItems, now_ms: int, *, gone: Iterable[str] = ()) -> None:
    """Put the demo's keys into a store, and its account and project unless they are there."""
    keys = demos.keys_of(demo)
    credentials = [
        Credential(key=key, key_hash=hash_of(text), name=key.key_id, created_ms=now_ms)
        for text, key in keys.items()
    ]
    owned = sum(key.kind is not KeyKind.MASTER for key in keys.values())
    project = Project(
        project_id=demo.project_id,
        account_id=demo.account_id,
        name=DEMO_NAME,
        created_ms=now_ms,
        keys=owned,
    )
    account = _account(demo, now_ms)
    writes: list[Write] = [DropKey(hash_of(text)) for text in gone]
    if items.get(account.address) is None:
        pointer = {"account_id": demo.account_id, VERSION: 1}
        writes += [Put(pointer_address(demo.project_id), pointer)]
        writes += [*written(account), *written(project)]
    for one in credentials:
        found = items.get(one.address)
        writes += written(replace(one, version=found[VERSION]) if found else one)
    items.commit(writes)


def _account(demo: Demo, now_ms: int) -> Account:
    return Account(account_id=demo.account_id, name=DEMO_NAME, created_ms=now_ms, projects=1)


def _texts(demo: Demo | None) -> set[str]:
    return set(demos.keys_of(demo)) if demo else set()
