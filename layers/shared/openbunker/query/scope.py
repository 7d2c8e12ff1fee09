"""Whose rows a statement may see, and the names of the tables that statements read. Pure.

A scope comes from the key and from the project's erasures, never from the request.
"""

from dataclasses import dataclass

from openbunker.query.filters import Filter

# The tables, as statements and Glue name them. Hot rows lie in EVENTS as they were delivered,
# copies and all; COLD holds one row per (project, dedupe key).
EVENTS, COLD, REFUSED = "events", "cold_events", "refused"
# The column of both by which a hot row finds its cold copy: 64 bits of the dedupe key's hash, or,
# where a cold table has no such column, the key itself.
KEY_HASH = "dedupe_hash"
# What statements call the address of a row's object.
OBJECT = "object_path"
# How far from a period the cold first copy of an event may have happened and still keep its other
# copies, which are hot, from being counted.
COPIES_WITHIN_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Hidden:
    """A customer whose rows nobody sees: those received up to a time (ms since the epoch)."""

    customer_identifier: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows a question may see. Comes from the key, never from the request.

    `filters` are those of the key: they all hold for each row, whatever the question asks.
    """

    project_id: str
    customer_identifier: str | None = None
    hidden: tuple[Hidden, ...] = ()
    filters: tuple[Filter, ...] = ()

    def shows(self, customer_identifier: str | None, received_ms: int) -> bool:
        """Return whether a row of the project may be seen."""
        bound = self.customer_identifier
        return (bound is None or bound == customer_identifier) and not any(
            one.customer_identifier == customer_identifier and received_ms <= one.until_ms
            for one in self.hidden
        )
