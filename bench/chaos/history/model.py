"""The record of a run: each write, question, page, receipt and erasure with its two moments.

Moments are nanoseconds of one clock that never steps; `_ms` are wall clocks. Threads append to the
lists, nothing is ever changed; judges nothing.
"""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

# Events that are read together: one question, or one walk, is about one shelf.
SHELF = 400


class Outcome(Enum):
    """What a client was told of one event; UNKNOWN is no answer, or one that says nothing."""

    ACCEPTED = auto()
    REFUSED = auto()
    AGAIN = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Write:
    """One try to store one event. `event_id` is told where it is the server's own."""

    number: int
    outcome: Outcome
    sent: int
    told: int
    told_ms: int = 0
    event_id: str | None = None
    customer: str | None = None


class Seen(NamedTuple):
    """A row of an answer: the event's number, the id it is stored under, and how many there are."""

    number: int
    event_id: str
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a question or one page of a listing, about the events of a range."""

    about: range
    asked: int
    answered: int
    fresh_to_ms: int
    rows: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """The pages of a listing in their order; `ended` says that the last one had no cursor."""

    about: range
    pages: tuple[Answer, ...]
    ended: bool


class Status(Enum):
    """What a receipt says of an event: found nowhere, durable, or in an object that is read."""

    UNKNOWN = auto()
    DURABLE = auto()
    VISIBLE = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt of an event; `event_id` is the one that counts, as told."""

    number: int
    asked: int
    answered: int
    status: Status
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One request to erase a customer; without an answer (not `sure`) it may have been done."""

    customer: str
    asked: int
    answered: int
    sure: bool


@dataclass(slots=True)
class History:
    """Everything that happened in one trial."""

    writes: list[Write] = field(default_factory=list)
    questions: list[Answer] = field(default_factory=list)
    walks: list[Walk] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    erasures: list[Erasure] = field(default_factory=list)

    def reads(self) -> int:
        """Return how many answers were read."""
        pages = sum(len(walk.pages) for walk in self.walks)
        return len(self.questions) + pages + len(self.receipts)
