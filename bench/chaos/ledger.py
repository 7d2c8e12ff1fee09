"""What the clients of a chaos run were told, event by event, and what must be visible for it.

Pure: no server, no clock. Every event carries a number that is its own in the whole run.
"""

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass, field, fields
from itertools import count
from threading import Lock

from bench.chaos.history.model import History

MAX_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A visible group of events: the number and the event id that they share."""

    number: int
    event_id: str
    rows: int


@dataclass(slots=True)
class Findings:
    """What is wrong, as numbers of events; all empty is what a run must end with."""

    missing: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    refused_but_visible: list[int] = field(default_factory=list)
    retry_but_visible: list[int] = field(default_factory=list)
    never_sent: list[int] = field(default_factory=list)
    ids_given_twice: list[str] = field(default_factory=list)
    ids_unlike_the_answer: list[int] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))

    def counts(self) -> dict[str, int]:
        """Return how many of each there are."""
        return {one.name: len(getattr(self, one.name)) for one in fields(self)}

    def told(self) -> str:
        """Return what was found in words, the first few of each kind."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return "; ".join(f"{name} {list(some)[:MAX_SHOWN]}" for name, some in found.items() if some)


class Ledger:
    """Numbers events and notes their answers. Threads share it.

    `sure_503` says that an answer to send again means that nothing was stored; it does not hold
    where a call of the stream may fail after its commit.
    """

    def __init__(self, *, sure_503: bool = True) -> None:
        self._lock = Lock()
        self._numbers = count()
        self._sure_503 = sure_503
        self.sent = 0
        self.requests = 0
        self.no_answer = 0
        self.slowest_ms = 0.0
        self.accepted: dict[int, str | None] = {}
        self.refused: set[int] = set()
        self.retry: set[int] = set()
        self.open: set[int] = set()
        self.ids: Counter[str] = Counter()
        self.problems: list[str] = []
        self.history = History()
        self.unreads: Counter[str] = Counter()
        self.receivable: list[tuple[int, str, str | None]] = []

    def new(self) -> int:
        """Return the number of a new event."""
        with self._lock:
            number = next(self._numbers)
            self.sent = number + 1
            return number

    def answered(self, elapsed_ms: float) -> None:
        """Note that a request was answered."""
        with self._lock:
            self.requests += 1
            self.slowest_ms = max(self.slowest_ms, elapsed_ms)

    def unanswered(self, numbers: Iterable[int]) -> None:
        """Note that nobody knows what became of these."""
        with self._lock:
            self.no_answer += 1
            self.open |= set(numbers) - self.accepted.keys() - self.refused

    def accept(self, number: int, event_id: str | None, *, own_id: bool) -> None:
        """Note a success. `own_id`: the id is the server's, and no other event may have it."""
        with self._lock:
            self._known(number)
            self.accepted[number] = event_id if own_id else None
            if event_id and own_id:
                self.ids[event_id] += 1

    def refuse(self, number: int) -> None:
        """Note an event that must never be seen."""
        with self._lock:
            self._known(number)
            self.refused.add(number)

    def send_again(self, number: int) -> None:
        """Note an event that was not stored, as its sender was told."""
        with self._lock:
            self.retry.add(number)  # and stays open, if an earlier try had no answer

    def unread(self, reason: str) -> None:
        """Note a reader that was told to ask again."""
        with self._lock:
            self.unreads[reason] += 1

    def problem(self, text: str) -> None:
        """Note something that should not have happened at all."""
        with self._lock:
            self.problems.append(text)

    def check(self, rows: Iterable[Row], erased: Set[int] = frozenset()) -> Findings:
        """Compare what is visible with what was told; `erased` may be gone."""
        seen: Counter[int] = Counter()
        ids: dict[str, set[int]] = {}
        unlike: list[int] = []
        for row in rows:
            seen[row.number] += row.rows
            ids.setdefault(row.event_id, set()).add(row.number)
            told = self.accepted.get(row.number)
            if told and told != row.event_id:
                unlike.append(row.number)
        twice = [one for one, owners in ids.items() if len(owners) > 1]
        twice += [one for one, times in self.ids.items() if times > 1]
        return Findings(
            missing=sorted(self.accepted.keys() - seen.keys() - erased),
            doubled=sorted(number for number, times in seen.items() if times > 1),
            refused_but_visible=sorted(self.refused & seen.keys()),
            retry_but_visible=sorted(self._surely_absent() & seen.keys()),
            never_sent=sorted(number for number in seen if not 0 <= number < self.sent),
            ids_given_twice=sorted(set(twice)),
            ids_unlike_the_answer=sorted(unlike),
            problems=list(self.problems),
        )

    def _surely_absent(self) -> set[int]:
        """Return what was told to send again and was neither sent again nor left unanswered."""
        return self.retry - self.accepted.keys() - self.open if self._sure_503 else set()

    def _known(self, number: int) -> None:
        self.open.discard(number)
        self.retry.discard(number)
