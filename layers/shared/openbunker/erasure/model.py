"""What an erasure is, whom it hides, and what a store of erasures promises. No I/O.

An erasure covers the rows of one person of one project, named by the value of one column, that
were received up to the moment of the request; what comes later is a new beginning. Once the rows
are gone the identifier is forgotten too: only its hash stays, which is how rows that turn up late
are still known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from openbunker.erasure.hashing import CUSTOMER, column_of, hash_of

# What a question can carry to an engine (Athena: 1,024 characters a parameter, in which a quote
# counts twice, 262,144 bytes a statement): so many customers of a project wait to be erased at
# most, and of those that are erased the newest are looked out for in what arrives. An identifier
# may be longer than what is accepted today: rows of earlier releases hold such.
MAX_IDENTIFIER = 1_000
MAX_WAITING = 200
MAX_FORGOTTEN = 200


def weight(text: str) -> int:
    """Return how many characters of a statement a text takes."""
    return len(text) + text.count("'")


@dataclass(frozen=True, slots=True)
class Hidden:
    """A person whose rows nobody sees: those received up to a time (ms since the epoch)."""

    identifier: str
    until_ms: int
    column: str = CUSTOMER


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A customer whose rows are gone, and that a row may still come of: known by a hash alone."""

    customer_hash: str
    until_ms: int

    @property
    def column(self) -> str:
        """Return the column in which the person stands."""
        return column_of(self.customer_hash)


class Status(StrEnum):
    """How far an erasure has come."""

    PENDING = "pending"
    HIDDEN = "hidden"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One request to erase a customer. Times are ms since the epoch, None while not reached.

    `customer_hash` is what `hash_of` made of the person, and tells the column that names her;
    `customer_identifier` is the value of that column, None once the rows are gone. `key_id` is the
    key that asked. Readers leave out the rows from the moment on that a store has it, whatever
    `hidden_ms` says: that is when it was seen to be so.
    """

    erasure_id: str
    project_id: str
    customer_hash: str
    requested_ms: int
    key_id: str
    customer_identifier: str | None = None
    hidden_ms: int | None = None
    erased_ms: int | None = None

    @property
    def status(self) -> Status:
        """Return the furthest state that was reached."""
        if self.erased_ms is not None:
            return Status.ERASED
        return Status.PENDING if self.hidden_ms is None else Status.HIDDEN

    @property
    def column(self) -> str:
        """Return the column in which the person stands."""
        return column_of(self.customer_hash)

    def covers(self, project_id: str, identifier: str | None, received_ms: int) -> bool:
        """Return whether a row, by what stands in the column, is one of those that must go."""
        if project_id != self.project_id or received_ms > self.requested_ms:
            return False
        if identifier is None:
            return False
        return hash_of(project_id, identifier, self.column) == self.customer_hash


class ErasureStore(Protocol):
    """Where erasures lie. What was added or marked is durable, and seen by whoever asks next.

    Every method raises ErasureStoreUnavailable when it cannot be done.
    """

    def add(self, erasure: Erasure) -> None:
        """Keep an erasure. Adding the same one again changes nothing."""

    def get(self, project_id: str, erasure_id: str) -> Erasure | None:
        """Return an erasure of a project, None when the project has none of that id."""

    def of_project(self, project_id: str) -> Sequence[Erasure]:
        """Return every erasure of a project, also those that are erased, by id."""

    def every(self) -> Sequence[Erasure]:
        """Return every erasure of all projects, by project and id: whose rows never become cold."""

    def to_erase(self) -> Sequence[Erasure]:
        """Return the erasures of all projects whose rows are not gone yet, by project and id."""

    def mark_hidden(self, erasure: Erasure, at_ms: int) -> None:
        """Keep the time at which it was seen to be hidden; an earlier one stays."""

    def mark_erased(self, erasure: Erasure, at_ms: int) -> None:
        """Keep the time at which the rows were gone, and forget who the customer was."""


def waiting(erasures: Iterable[Erasure]) -> list[Erasure]:
    """Return those whose rows are not gone yet."""
    return [one for one in erasures if one.erased_ms is None]


def hidden(erasures: Iterable[Erasure]) -> tuple[Hidden, ...]:
    """Return what readers of the project must leave out: one a person, up to the latest time."""
    until: dict[tuple[str, str], int] = {}
    for one in erasures:
        if one.customer_identifier is not None:
            named = one.customer_identifier, one.column
            until[named] = max(one.requested_ms, until.get(named, 0))
    return tuple(Hidden(name, until_ms, column) for (name, column), until_ms in until.items())


def forgotten(erasures: Iterable[Erasure]) -> tuple[Forgotten, ...]:
    """Return whose rows readers must leave out of what just arrived: the newest that are erased.

    Rows of older ones are left out as well, once compaction has seen them.
    """
    until: dict[str, int] = {}
    for one in sorted(erasures, key=lambda one: one.requested_ms):
        if one.customer_identifier is None:
            until.pop(one.customer_hash, None)
            until[one.customer_hash] = one.requested_ms
    return tuple(Forgotten(*item) for item in list(until.items())[-MAX_FORGOTTEN:])
