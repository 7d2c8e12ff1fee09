"""The state of every event: queued, in flight, then sent, refused or dropped. One machine.

Pure: no thread, no clock, no lock, no file. Times are seconds of any clock and arguments; a clock
that jumps costs at most an early try.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from openbunker_client.model import Again, Answer, Item, Refusal, Report, Settled, Told, TooMuch

FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
LONGEST_RETRY_AFTER = 3600.0
# The server takes 1 MiB; the rest is for the list's brackets and commas.
MAX_BODY = 1_000_000
# So often a batch is told "500" before its events are tried in smaller ones.
SUSPECTED_AFTER = 2
# So often a batch fails of who knows what before those behind it have their turn.
PATIENCE = 4


# Events that need no sending any more, and those of them to be told.
Ends = tuple[list[Item], list[Told]]


class Core:
    """The queue and the counts. `max_retries` None is without end; `random` returns 0 to 1."""

    def __init__(
        self,
        *,
        batch_size: int,
        batch_timeout: float,
        max_queue_size: int,
        max_retries: int | None,
        random: Callable[[], float],
    ) -> None:
        self._batch_size = batch_size
        self._batch_timeout = batch_timeout
        self._max_queue_size = max_queue_size
        self._max_retries = max_retries
        self._random = random
        self._queue: deque[Item] = deque()
        self._in_flight: list[Item] | None = None
        self._sent = self._refused = self._dropped = 0
        self.entered = 0  # the number of the event that entered the queue last
        self._hurried = 0  # so many from the front are sent without waiting for more
        self._since = 0.0  # when the front of the queue began to wait
        self._failures = 0  # in a row
        self._passed = 0  # batches whose answer was no failure
        self._failed_at = self._delay = 0.0

    @property
    def room(self) -> int:
        """How many more events fit."""
        return self._max_queue_size - len(self._queue) - len(self._in_flight or ())

    @property
    def full_batch(self) -> bool:
        """Whether a whole batch waits, or as much of one as the queue holds."""
        return len(self._queue) >= min(self._batch_size, self._max_queue_size)

    @property
    def just_due(self) -> bool:
        """Whether the event that came last has made a difference to `wait`."""
        return len(self._queue) in (1, min(self._batch_size, self._max_queue_size))

    def report(self, elsewhere: int = 0) -> Report:
        """Return the counts. `elsewhere` are pending events that are not in memory."""
        pending = len(self._queue) + len(self._in_flight or ()) + elsewhere
        return Report(self._sent, self._refused, pending, self._dropped)

    def offer(self, item: Item, now: float) -> bool:
        """Queue an event; False when there is no room."""
        if self.room <= 0:
            return False
        if not self._queue:
            self._since = now
        self.entered += 1
        item.number = self.entered
        self._queue.append(item)
        return True

    def turned_away(self, dropped: bool) -> None:
        """Count an event that never came to be queued."""
        self._dropped += dropped
        self._refused += not dropped

    def taken(self) -> None:
        """Count an event as sent that needed no sending: it was captured by a test."""
        self._sent += 1

    def hurry(self) -> None:
        """Let all that is queued now be sent without waiting for full batches."""
        self._hurried = len(self._queue)

    def wait(self, now: float) -> float | None:
        """Return the seconds until a batch is due; None when only a new event makes one."""
        if self._in_flight is not None or not self._queue:
            return None
        blocked = _left(self._failed_at, self._delay, now)
        if self._hurried or self.full_batch:
            return blocked
        return max(blocked, _left(self._since, self._batch_timeout, now))

    def take(self, now: float) -> list[Item] | None:
        """Return the next batch, which is in flight then; None when none is due."""
        if self.wait(now) != 0:
            return None
        queue, size = self._queue, 0
        batch: list[Item] = []
        cap = min(self._batch_size, queue[0].cap or self._batch_size)
        lasting = _lasting(queue[0])  # these are sent apart: the others shall get through
        while queue and len(batch) < cap and size + len(queue[0].body) <= MAX_BODY:
            if _lasting(queue[0]) is not lasting:
                break
            size += len(queue[0].body) + 1
            batch.append(queue.popleft())
        if not batch:  # larger than any request may be: the server shall say so
            batch.append(queue.popleft())
        self._hurried = max(0, self._hurried - len(batch))
        self._since = now
        self._in_flight = batch
        return batch

    def settle(self, batch: list[Item], answer: Answer, now: float) -> Ends:
        """Bring a batch to what its answer says.

        A batch that is not in flight any more is left as it is: it was abandoned.
        """
        if self._in_flight is not batch:
            return [], []
        self._in_flight = None
        if isinstance(answer, TooMuch):
            return self._narrow(batch, answer.refusal)
        if isinstance(answer, Again):
            answer.suspect = answer.suspect or (answer.unclear and self._others_passed(batch[0]))
            return self._again(batch, answer, now)
        return self._each(batch, answer, now)

    def abandon(self, reason: str, message: str) -> list[Told]:
        """Drop all that is queued or in flight; return it."""
        left = [*(self._in_flight or ()), *self._queue]
        self._in_flight = None
        self._queue.clear()
        self._dropped += len(left)
        return [Told(item, dropped=True, reason=reason, message=message) for item in left]

    def _each(self, batch: list[Item], answer: Settled, now: float) -> Ends:
        settled, told, again = [], [], []
        for item, result in zip(batch, answer.results, strict=True):
            if result is True:
                again.append(item)
                continue
            settled.append(item)
            if result is None:
                self._sent += 1
            else:
                self._refused += 1
                told.append(Told(item, dropped=False, reason=result.reason, message=result.message))
        self._pass()
        if again:
            rest = self._again(again, Again(answer.cause, answer.after), now)
            return settled + rest[0], told + rest[1]
        return settled, told

    def _narrow(self, batch: list[Item], refusal: Refusal) -> Ends:
        self._pass()
        if len(batch) > 1:
            _cap(batch, len(batch) // 2)
            self._put_back(batch)
            return [], []
        self._refused += 1
        return (
            batch,
            [Told(batch[0], dropped=False, reason=refusal.reason, message=refusal.message)],
        )

    def _again(self, batch: list[Item], answer: Again, now: float) -> Ends:
        self._failures += 1
        self._failed_at, self._delay = now, self._next_delay(answer.after)
        most = self._max_retries
        spent: list[Item] = []
        kept: list[Item] = []
        for item in batch:
            if not item.tries:
                item.passed = self._passed
            item.tries += 1
            (kept if most is None or item.tries <= most else spent).append(item)
        self._dropped += len(spent)
        if kept:
            self._line_up(kept, answer)
        message = f"given up after {(most or 0) + 1} tries: {answer.cause}"
        return (
            spent,
            [
                Told(item, dropped=True, reason="retries_exhausted", message=message)
                for item in spent
            ],
        )

    def _line_up(self, items: list[Item], answer: Again) -> None:
        """Give events that failed their next place, so that none of them holds up the others.

        An event that no server bears does not always come back as a 500: a worker that dies of it
        shows as a reset, or as a proxy's 502. So who fails like that for long goes behind the
        others; if those get through, it is one of these.
        """
        half, front = len(items) // 2, items
        lasting = answer.unclear and _lasting(items[0])
        if answer.suspect and not half:
            front = []
        elif answer.suspect and items[0].tries >= SUSPECTED_AFTER:
            _cap(items, half)
        elif lasting and self._queue:
            front = []
        elif lasting:  # nobody else could get through: one half stands for the others
            _cap(items, half)
            front = items[half:]
        self._queue.extend(items[: len(items) - len(front)])
        self._put_back(front)

    def _others_passed(self, item: Item) -> bool:
        """Return whether other events got through since one failed for the first time."""
        return item.tries > 0 and self._passed > item.passed

    def _pass(self) -> None:
        self._passed += 1
        self._failures, self._delay = 0, 0.0

    def _put_back(self, items: list[Item]) -> None:
        self._queue.extendleft(reversed(items))
        self._hurried += len(items)

    def _next_delay(self, asked: float | None) -> float:
        """Return the wait before the next try: longer each time, and never less than was asked.

        Jittered, so that many clients of a server that was away do not all come back at once. A
        server that says "now" each time, or a date that a wrong clock takes for past, is no reason
        to use up all tries at once.
        """
        longest = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(self._failures - 1, 16))
        own = longest * (0.5 + 0.5 * self._random())
        return max(own, min(asked or 0.0, LONGEST_RETRY_AFTER) * (1 + 0.1 * self._random()))


def _lasting(item: Item) -> bool:
    """Return whether an event has failed for long."""
    return item.tries >= PATIENCE


def _cap(items: list[Item], most: int) -> None:
    for item in items:
        item.cap = most


def _left(start: float, wait: float, now: float) -> float:
    """Return what is left of a wait. A clock that went back ends it: the machine was frozen."""
    return max(0.0, start + wait - now) if now >= start else 0.0
