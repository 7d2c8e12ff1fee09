"""What management needs of a store: items by address, written together or not at all. No I/O.

A store knows nothing of projects; what lies where is said in `model`. Every item under an address
has a version, so that two people who change the same thing cannot undo each other unseen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from openbunker.core.errors import OpenbunkerError

Item = Mapping[str, Any]
VERSION = "version"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Where an item lies: things of one partition can be listed, in the order of `sort`."""

    partition: str
    sort: str


@dataclass(frozen=True, slots=True)
class Put:
    """Write an item whose version is `seen`; None: nothing lies there yet."""

    address: Address
    item: Item
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """Take away the item of that version."""

    address: Address
    seen: int


@dataclass(frozen=True, slots=True)
class PutKey:
    """Let the hot path find an item under a key's hash, in place of what is there."""

    key_hash: str
    item: Item


@dataclass(frozen=True, slots=True)
class DropKey:
    """Let the hot path find nothing under a key's hash."""

    key_hash: str


@dataclass(frozen=True, slots=True)
class MarkProject:
    """Change single members of what the hot path reads of a project, and leave the others."""

    project_id: str
    members: Item = field(default_factory=dict)
    without: Sequence[str] = ()


Write = Put | Drop | PutKey | DropKey | MarkProject


class TenantsUnavailable(OpenbunkerError):
    """The store failed: nobody can say, or nothing was changed that is known of."""


class Changed(OpenbunkerError):
    """Something that a commit builds on was changed meanwhile; nothing was written."""


class TenantItems(Protocol):
    """The store of management. Every method raises TenantsUnavailable."""

    def get(self, address: Address) -> Item | None:
        """Return the item of an address as last written, None when there is none."""

    def page(
        self,
        partition: str,
        prefix: str,
        limit: int,
        after: str | None = None,
        *,
        newest: bool = False,
    ) -> list[tuple[str, Item]]:
        """Return `(sort, item)` of a partition whose sort begins with the prefix, in order.

        At most `limit`, those beyond the sort `after`; `newest` turns the order round.
        """

    def commit(self, writes: Sequence[Write]) -> None:
        """Write all of them or none, durably. Raises Changed when a version is another."""
