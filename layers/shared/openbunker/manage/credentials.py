"""What can be done with the keys of a project. No HTTP; refusals name the field.

A key's text is made here, told once and forgotten: stores are given its hash.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.keys import shape
from openbunker.keys.items import ACTIVE, DISABLED
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.manage.model import (
    EXPIRED,
    KEY_SORT,
    Credential,
    credential_of,
    owner_of,
)
from openbunker.manage.office import Office, Page, dropped, limited, page_of, persisting, written
from openbunker.manage.office import unknown as nobodys
from openbunker.manage.projects import living
from openbunker.manage.store import Address

MAX_KEYS = 50_000  # of a project; the vendor speaks of thousands
# A WRITE key for one of these dialects alone stands in pages, so it looks as the vendor's does.
PUBLIC_LOOKS: Mapping[str, Callable[[shape.RandomBytes], str]] = {
    "databuddy": shape.uuid_text,
    "nanosights": shape.public_project_key,
}
# What only a key of one kind can have.
_OF_A_KIND = {
    "dialects": KeyKind.WRITE,
    "allowed_origins": KeyKind.WRITE,
    "sites": KeyKind.WRITE,
    "strict": KeyKind.WRITE,
    "key_filter_data": KeyKind.QUERY,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Whose keys are meant: every key is looked for within one project."""

    account_id: str
    project_id: str

    @property
    def partition(self) -> str:
        """Where the project's keys lie."""
        return owner_of(self.account_id, self.project_id)


def create(
    office: Office, place: Place, kind: KeyKind, name: str, scope: Mapping[str, Any]
) -> tuple[Credential, str]:
    """Make a key; return it and its text. `scope` holds fields of Key. Raises RequestRefused."""

    def once() -> tuple[Credential, str]:
        key = Key(
            key_id=office.new_id("key"),
            kind=kind,
            account_id=place.account_id,
            project_id=place.project_id,
            **scope,
        )
        _check(key, scope)
        made, text = _made(office, key, name)
        project = _with_room(office, place)
        office.commit(
            office.entry("key.create", *_of(key), detail={"type": kind.value, **_plain(scope)}),
            *written(replace(project, keys=project.keys + 1)),
            *written(made),
        )
        return made, text

    return persisting(once)


def listed(office: Office, place: Place, limit: int, cursor: str | None = None) -> Page[Credential]:
    """Return the keys of a project without its master keys, newest first."""
    living(office, place.account_id, place.project_id)
    return page_of(office, place.partition, KEY_SORT, credential_of, limit=limit, cursor=cursor)


def find(office: Office, place: Place, key_id: str) -> Credential:
    """Return a key of a project. Raises RequestRefused for an unknown or another project's one."""
    living(office, place.account_id, place.project_id)
    item = office.items.get(Address(place.partition, KEY_SORT + key_id))
    if item is None:
        raise nobodys("key_id", "the project has no such key")
    return credential_of(item)


def update(
    office: Office,
    place: Place,
    key_id: str,
    scope: Mapping[str, Any],
    name: str | None = None,
) -> Credential:
    """Change members of a key, or its name; what is not named stays. Works within a minute."""

    def once() -> Credential:
        found = find(office, place, key_id)
        key = replace(found.key, **scope)
        _check(key, scope)
        if _look(key) is not _look(found.key):
            text = "dialects: the key's look would be another; make a new key instead"
            raise RequestRefused(Reason.INVALID_SCHEMA, text, field="dialects")
        changed = replace(found, key=key, name=found.name if name is None else name)
        detail = _plain(scope) | ({} if name is None else {"name": name})
        office.commit(office.entry("key.update", *_of(key), detail=detail), *written(changed))
        return changed

    return persisting(once)


def switch(office: Office, place: Place, key_id: str, *, on: bool) -> Credential:
    """Disable a key, or enable it again. Doing it twice changes nothing."""
    status, action = (ACTIVE, "key.enable") if on else (DISABLED, "key.disable")

    def once() -> Credential:
        found = find(office, place, key_id)
        if found.status == status:
            return found
        changed = replace(found, status=status)
        office.commit(office.entry(action, *_of(found.key)), *written(changed))
        return changed

    return persisting(once)


def rotate(
    office: Office, place: Place, key_id: str, overlap_seconds: int = 0
) -> tuple[Credential, str, Credential | None]:
    """Make a key of the same scope; return it, its text and the old one while it still works."""

    def once() -> tuple[Credential, str, Credential | None]:
        old = find(office, place, key_id)
        if (status := old.status_at(office.now_ms())) != ACTIVE:
            hint = "has expired; make a new one" if status == EXPIRED else "is disabled; enable it"
            text = f"key_id: the key {hint} instead"
            raise RequestRefused(Reason.INVALID_SCHEMA, text, field="key_id")
        key = replace(old.key, key_id=office.new_id("key"))
        made, text = _made(office, key, old.name)
        detail = {"new_key_id": key.key_id, "overlap_seconds": overlap_seconds}
        entry = office.entry("key.rotate", *_of(old.key), detail=detail)
        if not overlap_seconds:
            office.commit(entry, *written(made), *dropped([old]))
            return made, text, None
        ends_ms = office.now_ms() + overlap_seconds * 1000
        ending = replace(
            old, key=replace(old.key, expires_ms=min(ends_ms, old.key.expires_ms or ends_ms))
        )
        project = _with_room(office, place)
        more = replace(project, keys=project.keys + 1)
        office.commit(entry, *written(more), *written(made), *written(ending))
        return made, text, ending

    return persisting(once)


def delete(office: Office, place: Place, key_id: str) -> Credential:
    """Take a key away for ever; it stops within a minute."""

    def once() -> Credential:
        found = find(office, place, key_id)
        project = living(office, place.account_id, place.project_id)
        office.commit(
            office.entry("key.delete", *_of(found.key), detail={"name": found.name or None}),
            *written(replace(project, keys=project.keys - 1)),
            *dropped([found]),
        )
        return found

    return persisting(once)


def _with_room(office: Office, place: Place) -> Any:
    project = living(office, place.account_id, place.project_id)
    if project.keys >= MAX_KEYS:
        raise limited("project_id", f"a project has at most {MAX_KEYS} keys")
    return project


def _check(key: Key, scope: Mapping[str, Any]) -> None:
    """Raise RequestRefused for a member that a key of this kind cannot have, or must."""
    for field, kind in _OF_A_KIND.items():
        if field in scope and key.kind is not kind:
            text = f"{field}: only a {kind} key has it"
            raise RequestRefused(Reason.INVALID_SCHEMA, text, field=field)
    if _look(key) and not key.allowed_origins:
        text = f"allowed_origins: is required for a key of {key.dialects[0]} alone: pages show it"
        raise RequestRefused(Reason.INVALID_SCHEMA, text, field="allowed_origins")


def _look(key: Key) -> Callable[[shape.RandomBytes], str] | None:
    alone = key.dialects[0] if len(key.dialects) == 1 and key.kind is KeyKind.WRITE else ""
    return PUBLIC_LOOKS.get(alone)


def _made(office: Office, key: Key, name: str) -> tuple[Credential, str]:
    look = _look(key)
    text = look(office.random_bytes) if look else shape.secret(key.kind, office.random_bytes)
    made = Credential(key=key, key_hash=hash_of(text), name=name, created_ms=office.now_ms())
    return made, text


def _of(key: Key) -> tuple[str, str, str]:
    return key.account_id, key.project_id, key.key_id


def _plain(scope: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(it) if isinstance(it, tuple) else it for name, it in scope.items()}
