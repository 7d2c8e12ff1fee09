"""The spill of a deployed function: a queue, and a bucket for what no message can hold.

Imported at the first record that the stream does not take. Who brings the records back into the
stream is `openbunker.replay`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Protocol

from openbunker.aws.errors import AwsError
from openbunker.aws.objects import ObjectStore
from openbunker.core.layout import spill_key
from openbunker.core.reasons import Reason
from openbunker.core.records import Record
from openbunker.core.verdict import Delivery, Fate
from openbunker.sinks import spill_message
from openbunker.sinks.packing import pack, unpack
from openbunker.sinks.sqs_client import MAX_CALL_BYTES, MAX_ENTRIES

MAX_ATTEMPTS = 2
PAUSE_SECONDS = 0.2
BUDGET_SECONDS = 2.5
LEAST_CALL_SECONDS = 0.05
# An object whose message the queue did not take is removed, even when the time is up.
REMOVE_SECONDS = 0.2
SPILLED = Delivery(Fate.SPILLED)


class Queue(Protocol):
    """What takes messages; see SqsClient.send."""

    def send(self, messages: Sequence[str], seconds: float | None = None) -> list[str]:
        """Send messages and return one text per message: empty, or why it was not taken."""


class QueueSpill:
    """A Sink over a queue and an object store. One call at a time.

    `monotonic` and `sleep` count seconds, `random` returns a number in [0, 1), `new_id` names an
    object.
    """

    def __init__(
        self,
        queue: Queue,
        objects: Callable[[], ObjectStore],
        *,
        new_id: Callable[[], str],
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._objects = objects
        self._new_id = new_id
        self._monotonic = monotonic
        self._sleep = sleep
        self._random = random

    def publish(self, records: Sequence[Record], seconds: float | None = None) -> list[Delivery]:
        """Spill records and report one delivery per record, in the same order."""
        deadline = self._monotonic() + (BUDGET_SECONDS if seconds is None else seconds)
        packs = list(pack(records))
        deliveries = [_retry("NotSent")] * len(packs)
        bodies: dict[int, str] = {}
        keys: dict[int, str] = {}
        for index, one in enumerate(packs):
            try:
                bodies[index] = self._message(one.data, deadline, keys, index)
            except AwsError as error:
                deliveries[index] = _retry(error.code)
        for attempt in range(MAX_ATTEMPTS):
            if not bodies or (attempt and not self._paused(deadline)):
                break
            for index, code in self._send(bodies, deadline):
                deliveries[index] = _retry(code) if code else SPILLED
            bodies = {i: body for i, body in bodies.items() if deliveries[i] is not SPILLED}
        self._remove([key for i, key in keys.items() if deliveries[i] is not SPILLED], deadline)
        return unpack(packs, deliveries)

    def _remove(self, keys: Sequence[str], deadline: float) -> None:
        """Remove objects whose sender is told to send again. One that stays is told by its age."""
        for key in keys:
            with suppress(AwsError):
                self._objects().delete(key, max(REMOVE_SECONDS, deadline - self._monotonic()))

    def _message(self, lines: bytes, deadline: float, keys: dict[int, str], index: int) -> str:
        """Return the message of lines; what does not fit into one is an object already."""
        spilled = spill_message.compressed(lines)
        text = spill_message.message(spilled)
        if text is None:
            key = keys[index] = spill_key(self._new_id())
            self._objects().put(key, spilled, deadline - self._monotonic())
            text = spill_message.pointer(key)
        return text

    def _send(self, bodies: dict[int, str], deadline: float) -> Iterator[tuple[int, str]]:
        for group in _groups(bodies):
            left = deadline - self._monotonic()
            if left < LEAST_CALL_SECONDS:
                codes = ["OutOfTime"] * len(group)
            else:
                codes = self._queue.send([bodies[index] for index in group], left)
            yield from zip(group, codes, strict=True)

    def _paused(self, deadline: float) -> bool:
        """Wait with full jitter before another attempt; False when the time does not reach."""
        seconds = self._random() * PAUSE_SECONDS
        if self._monotonic() + seconds > deadline - LEAST_CALL_SECONDS:
            return False
        self._sleep(seconds)
        return True


def _groups(bodies: dict[int, str]) -> Iterator[list[int]]:
    """Yield the indexes in order, as many at a time as one call may carry."""
    group: list[int] = []
    room = MAX_CALL_BYTES
    for index, body in bodies.items():
        if group and (len(body) > room or len(group) == MAX_ENTRIES):
            yield group
            group, room = [], MAX_CALL_BYTES
        group.append(index)
        room -= len(body)
    if group:
        yield group


def _retry(code: str) -> Delivery:
    return Delivery(Fate.RETRY, Reason.STREAM_UNAVAILABLE, code)
