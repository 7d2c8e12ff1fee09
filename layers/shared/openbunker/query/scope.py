"""Whose rows a statement may see, and the names of the tables that statements read. Pure.

A scope comes from the key and from the project's erasures, never from the request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openbunker.core.times import DAY_MS
from openbunker.erasure.hashing import CUSTOMER, hash_of
from openbunker.erasure.model import Forgotten, Hidden
from openbunker.query.question.filters import Filter

# The tables, as statements and Glue name them. Hot rows lie in EVENTS as they were delivered,
# copies and all; COLD holds one row per (project, dedupe key). COLD_KEYS is a name of statements
# for the same table, where only keys are read of it: of a longer time, when the rows are a page's.
EVENTS, COLD, REFUSED = "events", "cold_events", "refused"
COLD_KEYS = "cold_keys"
# The column of both by which a hot row finds its cold copy: 64 bits of the dedupe key's hash, or,
# where a cold table has no such column, the key itself.
KEY_HASH = "dedupe_hash"
# What statements call the address of a row's object.
OBJECT = "object_path"
# How far from a period the cold first copy of an event may have happened and still keep its other
# copies, which are hot, from being counted.
COPIES_WITHIN_MS = DAY_MS


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows a question may see. Comes from the key, never from the request.

    `hidden` are left out everywhere, `forgotten` of what is not compacted yet.
    `filters` are those of the key: they all hold for each row, whatever the question asks.
    `key_id` says who asks, and bounds nothing.
    """

    project_id: str
    customer_identifier: str | None = None
    hidden: tuple[Hidden, ...] = ()
    forgotten: tuple[Forgotten, ...] = ()
    filters: tuple[Filter, ...] = ()
    key_id: str = ""

    def shows(self, row: Mapping[str, Any]) -> bool:
        """Return whether a row of the project may be seen. A column that it lacks names nobody."""
        bound = self.customer_identifier
        if bound is not None and bound != row.get(CUSTOMER):
            return False
        erased: list[Hidden | Forgotten] = [*self.hidden, *self.forgotten]
        return not any(
            row["received_ms"] <= one.until_ms and self._is_of(one, row.get(one.column))
            for one in erased
        )

    def _is_of(self, one: Hidden | Forgotten, identifier: str | None) -> bool:
        """Return whether the value of a person's column is the person."""
        if identifier is None:
            return False
        if isinstance(one, Hidden):
            return identifier == one.identifier
        return hash_of(self.project_id, identifier, one.column) == one.customer_hash
