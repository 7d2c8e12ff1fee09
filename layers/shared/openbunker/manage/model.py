"""Accounts, projects, keys with what people know of them, entries of the audit; and their items.

Pure. Where each of them lies is said here alone; a store knows addresses only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openbunker.keys.items import ACTIVE, key_of, to_item
from openbunker.keys.model import Key
from openbunker.keys.projects import SHARED
from openbunker.manage.store import VERSION, Address, Item

DELETED, EXPIRED = "DELETED", "EXPIRED"
ACCOUNTS, AUDIT = "accounts", "audit"
PROJECT_SORT, KEY_SORT, MASTER_SORT = "project#", "key#", "master#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who owns projects. `projects` counts those that are not deleted; times are ms."""

    account_id: str
    name: str
    created_ms: int
    projects: int = 0
    version: int = 0

    @property
    def address(self) -> Address:
        """Where it lies."""
        return Address(ACCOUNTS, self.account_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What keys and events belong to. `keys` counts its keys without master keys.

    `dedupe_scopes` is SHARED or SEPARATE, as `keys.projects` has them.
    """

    project_id: str
    account_id: str
    name: str
    created_ms: int
    description: str = ""
    status: str = ACTIVE
    deleted_ms: int | None = None
    keys: int = 0
    version: int = 0
    dedupe_scopes: str = SHARED

    @property
    def address(self) -> Address:
        """Where it lies."""
        return project_address(self.account_id, self.project_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A key, by its hash, with what people know of it."""

    key: Key
    key_hash: str
    name: str
    created_ms: int
    status: str = ACTIVE
    version: int = 0

    @property
    def address(self) -> Address:
        """Where it lies: with its project, or with its account."""
        sort = MASTER_SORT if self.key.kind == "MASTER" else KEY_SORT
        owner = owner_of(self.key.account_id, self.key.project_id)
        return Address(owner, sort + self.key.key_id)

    def status_at(self, now_ms: int) -> str:
        """Return the status that a time makes of it."""
        ended = self.key.expires_ms is not None and self.key.expires_ms <= now_ms
        return EXPIRED if ended else self.status


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the audit: who did what, and when. `actor` is a key's id or `cli:<user>`."""

    entry_id: str
    at_ms: int
    actor: str
    action: str
    account_id: str
    project_id: str = ""
    key_id: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> Address:
        """Where it lies."""
        return Address(AUDIT, self.entry_id)


def owner_of(account_id: str, project_id: str) -> str:
    """Return the partition of what belongs to a project, or to the account itself."""
    return f"project#{project_id}" if project_id else f"account#{account_id}"


def project_address(account_id: str, project_id: str) -> Address:
    """Return where a project lies."""
    return Address(f"account#{account_id}", PROJECT_SORT + project_id)


def pointer_address(project_id: str) -> Address:
    """Return where it is said which account a project belongs to."""
    return Address(f"project#{project_id}", "account")


def account_of(item: Item) -> Account:
    """Return the account of an item."""
    return Account(**item)


def project_of(item: Item) -> Project:
    """Return the project of an item."""
    return Project(**item)


def credential_of(item: Item) -> Credential:
    """Return the key of an item."""
    return Credential(
        key=key_of(item),
        key_hash=item["key_hash"],
        name=item.get("name", ""),
        created_ms=item["created_ms"],
        status=item["status"],
        version=item[VERSION],
    )


def entry_of(item: Item) -> Entry:
    """Return the entry of an item."""
    kept = {name: value for name, value in item.items() if name != VERSION}
    return Entry(**{**kept, "detail": json.loads(item["detail"])})


def item_of(thing: Account | Project | Credential | Entry) -> dict[str, Any]:
    """Return the item of a thing; its version is one more than the one that was read."""
    if isinstance(thing, Credential):
        return hot_item(thing) | {"key_hash": thing.key_hash, VERSION: thing.version + 1}
    found = {name: getattr(thing, name) for name in thing.__dataclass_fields__}
    if isinstance(thing, Entry):
        return found | {"detail": json.dumps(dict(thing.detail)), VERSION: 1}
    if found.get("dedupe_scopes") == SHARED:
        del found["dedupe_scopes"]  # releases that know no scopes read such projects on
    return found | {VERSION: thing.version + 1}


def hot_item(credential: Credential) -> dict[str, Any]:
    """Return what the hot path finds under the key's hash."""
    return to_item(
        credential.key,
        status=credential.status,
        name=credential.name,
        created_ms=credential.created_ms,
    )
