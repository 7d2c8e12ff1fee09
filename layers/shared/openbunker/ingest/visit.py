"""One request on its way through the walk: what is known of it so far. No I/O and no rule.

When the walk stops, this is how far it came: whose request it was, and how many items it had.
"""

from collections.abc import Callable
from dataclasses import dataclass

from openbunker.core.books import Entry
from openbunker.keys.model import Key
from openbunker.web.http import WAIT_HEADER, WAIT_VISIBLE, Request
from openbunker.wire.dialect import Dialect, Submission

# Of the time that a function has left, this much is for the books and the answer.
ANSWER_SECONDS = 0.5
# What a request may still take, in seconds; None leaves it to the sinks.
SecondsLeft = Callable[[], float | None]


def no_limit() -> float | None:
    """Say that nothing limits how long a request may take."""
    return None


def seconds_left(context: object) -> SecondsLeft:
    """Return what tells the time that a function's context leaves for the write."""
    left_ms = getattr(context, "get_remaining_time_in_millis", None)
    return (lambda: left_ms() / 1000 - ANSWER_SECONDS) if left_ms else no_limit


@dataclass(slots=True)
class Visit:
    """Each step of the walk fills in what it found; none changes what another one said.

    `received_ms` is when the request came and, once its events have a time, theirs. `refused_id`
    names the one row that all of a refused request was kept as. `entry` is what the books have.
    """

    dialect: Dialect
    request: Request
    received_ms: int
    seconds_left: SecondsLeft = no_limit
    submission: Submission | None = None
    key: Key | None = None
    refused_id: str = ""
    entry: Entry | None = None

    @property
    def items(self) -> int:
        """How many items it has; one that was refused before anybody counted them has one."""
        return len(self.submission.items) or 1 if self.submission else 1

    @property
    def project_id(self) -> str:
        """Whose it is; empty without a good key."""
        return self.key.project_id if self.key else ""

    @property
    def asks_to_wait(self) -> bool:
        """Whether events of it are accepted whose visibility its sender waits for."""
        if self.entry is None or not (self.entry.stored or self.entry.spilled):
            return False
        return WAIT_HEADER in self.request.headers or self.request.query.get("wait") == WAIT_VISIBLE
