"""What every change has in common: the store, the clock, ids, the audit, another try. No HTTP.

Nothing is changed without an entry in the audit: both lie in one commit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.keys.shape import RandomBytes
from openbunker.manage.model import Account, Credential, Entry, Project, hot_item, item_of
from openbunker.manage.store import (
    Changed,
    Drop,
    DropKey,
    Item,
    Put,
    PutKey,
    TenantItems,
    TenantsUnavailable,
    Write,
)

TRIES = 10
DEFAULT_PAGE, MAX_PAGE = 100, 1000
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Where tenants are managed, and by whom. `actor` is a key's id or `cli:<user>`.

    `now_ms` returns milliseconds since the epoch, `random_bytes` so many bytes of the system's.
    """

    items: TenantItems
    now_ms: Callable[[], int]
    random_bytes: RandomBytes
    actor: str

    def new_id(self, prefix: str) -> str:
        """Return a new id; ids of one prefix sort by the time at which they were made."""
        return f"{prefix}_{self.now_ms():011x}{self.random_bytes(5).hex()[:9]}"

    def commit(self, entry: Entry, *writes: Write) -> None:
        """Write all of it and the entry, or nothing. Raises Changed, TenantsUnavailable."""
        self.items.commit([*writes, Put(entry.address, item_of(entry))])

    def entry(
        self,
        action: str,
        account_id: str,
        project_id: str = "",
        key_id: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Return the audit's line of what is about to be done; no detail is None there."""
        return Entry(
            entry_id=self.new_id("aud"),
            at_ms=self.now_ms(),
            actor=self.actor,
            action=action,
            account_id=account_id,
            project_id=project_id,
            key_id=key_id,
            detail={name: value for name, value in (detail or {}).items() if value is not None},
        )


@dataclass(frozen=True, slots=True)
class Page(Generic[Thing]):
    """A part of a listing. `cursor` asks for the next one; None: this was the last."""

    things: Sequence[Thing]
    cursor: str | None


def page_of(
    office: Office,
    partition: str,
    prefix: str,
    read: Callable[[Item], Thing],
    *,
    limit: int,
    cursor: str | None,
) -> Page[Thing]:
    """Return a page, newest first. A cursor is the id of the last thing of the page before."""
    after = prefix + cursor if cursor is not None else None
    found = office.items.page(partition, prefix, limit + 1, after, newest=True)
    shown = found[:limit]
    more = shown[-1][0].removeprefix(prefix) if len(found) > limit else None
    return Page([read(item) for _, item in shown], more)


def persisting(action: Callable[[], Thing]) -> Thing:
    """Do what may be overtaken by somebody else's change, reading anew each time."""
    for _ in range(TRIES):
        try:
            return action()
        except Changed:
            continue
    raise TenantsUnavailable("too many people change this at once")


def written(thing: Account | Project | Credential) -> list[Write]:
    """Return the writes that store a thing as it now is, for the hot path too if it is a key."""
    put = Put(thing.address, item_of(thing), thing.version or None)
    hot = [PutKey(thing.key_hash, hot_item(thing))] if isinstance(thing, Credential) else []
    return [put, *hot]


def dropped(credentials: Iterable[Credential]) -> list[Write]:
    """Return the writes that take keys away."""
    return [
        write
        for one in credentials
        for write in (Drop(one.address, one.version), DropKey(one.key_hash))
    ]


def unknown(field: str, text: str) -> RequestRefused:
    """Return the refusal of an id that is nobody's, or somebody else's: no difference is told."""
    return RequestRefused(Reason.NOT_FOUND, f"{field}: {text}", field=field)


def limited(field: str, text: str) -> RequestRefused:
    """Return the refusal of one more."""
    return RequestRefused(Reason.LIMIT_REACHED, f"{field}: {text}", field=field)
