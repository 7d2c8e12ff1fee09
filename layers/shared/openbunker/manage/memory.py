"""The store of management in dicts: the fake beside the real ones, with the same contract tests.

It is a KeyStore as well: what it wrote for the hot path can be looked up by hash.
"""

from collections.abc import Sequence

from openbunker.core.errors import KeyStoreUnavailable
from openbunker.keys.items import to_key
from openbunker.keys.model import Key
from openbunker.keys.projects import ProjectState, item_name, to_state
from openbunker.manage.store import (
    VERSION,
    Address,
    Changed,
    Drop,
    DropKey,
    Item,
    MarkProject,
    Put,
    PutKey,
    TenantsUnavailable,
    Write,
)


class MemoryTenants:
    """A TenantItems. `down` makes every call fail, as a store that does not answer does."""

    def __init__(self, *, down: bool = False) -> None:
        self.items: dict[Address, Item] = {}
        self.keys: dict[str, Item] = {}
        self.down = down

    def find(self, key_hash: str) -> Key | None:
        """Return the key of a hash, as KeyStore says."""
        if self.down:
            raise KeyStoreUnavailable("the store is down")
        item = self.keys.get(key_hash)
        return to_key(item) if item else None

    def project(self, project_id: str) -> ProjectState:
        """Return the state of a project, as KeyStore says."""
        if self.down:
            raise KeyStoreUnavailable("the store is down")
        return to_state(self.keys.get(item_name(project_id), {}))

    def get(self, address: Address) -> Item | None:
        """Return the item of an address."""
        self._ask()
        return self.items.get(address)

    def page(
        self,
        partition: str,
        prefix: str,
        limit: int,
        after: str | None = None,
        *,
        newest: bool = False,
    ) -> list[tuple[str, Item]]:
        """Return a part of a partition, in order."""
        self._ask()
        sorts = sorted(
            (a.sort for a in self.items if a.partition == partition and a.sort.startswith(prefix)),
            reverse=newest,
        )
        beyond = [s for s in sorts if after is None or (s < after if newest else s > after)]
        return [(sort, self.items[Address(partition, sort)]) for sort in beyond[:limit]]

    def commit(self, writes: Sequence[Write]) -> None:
        """Write all of them or none."""
        self._ask()
        for write in writes:
            if isinstance(write, Put | Drop):
                found = self.items.get(write.address)
                if (found[VERSION] if found else None) != write.seen:
                    raise Changed(write.address.sort)
        for write in writes:
            self._write(write)

    def _write(self, write: Write) -> None:
        match write:
            case Put(address, item):
                self.items[address] = dict(item)
            case Drop(address):
                del self.items[address]
            case PutKey(key_hash, item):
                self.keys[key_hash] = dict(item)
            case DropKey(key_hash):
                self.keys.pop(key_hash, None)
            case MarkProject(project_id, members, without):
                kept = {**self.keys.get(item_name(project_id), {}), **members}
                self.keys[item_name(project_id)] = {
                    name: value for name, value in kept.items() if name not in without
                }

    def _ask(self) -> None:
        if self.down:
            raise TenantsUnavailable("the store is down")
