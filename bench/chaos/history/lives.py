"""What the writes and erasures of a history mean for each event: when it may, must and must not be.

Pure. Knows nothing of reads; `laws` holds them against this.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bench.chaos.history.model import Erasure, History, Outcome, Write

# An erasure reaches what was received in its own millisecond, also a moment after its answer.
SAME_MOMENT = 2_000_000


@dataclass(slots=True)
class Life:
    """One event. A moment is None where it never comes.

    `possible`: from here on it may be stored; `accepted`: its sender was told so; `may_end`: an
    erasure that may reach it was asked for; `ended`: one that surely did was answered.
    """

    tries: list[Write] = field(default_factory=list)
    possible: int | None = None
    accepted: int | None = None
    accepted_ms: int = 0
    event_id: str | None = None
    may_end: int | None = None
    ended: int | None = None

    def reached(self, erasure: Erasure) -> None:
        """Note an erasure of the event's customer."""
        if not any(one.sent < erasure.answered + SAME_MOMENT for one in self.tries):
            return
        self.may_end = _first(self.may_end, erasure.asked)
        if erasure.sure and all(one.told < erasure.asked for one in self.tries):
            self.ended = _first(self.ended, erasure.answered)


def lives(history: History, *, sure_503: bool) -> dict[int, Life]:
    """Return the life of each event that was sent.

    `sure_503` says that an answer to send again means that nothing was stored.
    """
    found: dict[int, Life] = {}
    never = {Outcome.REFUSED, Outcome.AGAIN} if sure_503 else {Outcome.REFUSED}
    for write in history.writes:
        life = found.setdefault(write.number, Life())
        if write.outcome not in never:
            _try(life, write)
    _erase(found, history.erasures)
    return found


def _try(life: Life, write: Write) -> None:
    """Add a try that may have stored the event."""
    life.tries.append(write)
    life.possible = _first(life.possible, write.sent)
    if write.outcome is not Outcome.ACCEPTED:
        return
    if life.accepted is None or write.told < life.accepted:
        life.accepted, life.accepted_ms = write.told, write.told_ms
    life.event_id = write.event_id or life.event_id


def _erase(found: Mapping[int, Life], erasures: Iterable[Erasure]) -> None:
    of_customer: dict[str, list[Life]] = {}
    for life in found.values():
        for customer in {one.customer for one in life.tries if one.customer}:
            of_customer.setdefault(customer, []).append(life)
    for erasure in erasures:
        for life in of_customer.get(erasure.customer, ()):
            life.reached(erasure)


def _first(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)
