"""The sink over a delivery stream: packs, sends, reads the outcome record by record, resends.

Only what the stream did not take is sent again, within a budget of time that bounds the call
under way as well. Does not know how a
call travels (the client's matter) nor what happens to records that nobody took.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openbunker.core.reasons import Reason
from openbunker.core.records import Record
from openbunker.core.verdict import STORED, Delivery, Fate
from openbunker.sinks.chunking import chunks
from openbunker.sinks.packing import Pack, pack, unpack
from openbunker.sinks.sink import StreamClient, StreamError

MAX_ATTEMPTS = 3
BASE_SECONDS = 0.05
CAP_SECONDS = 0.4
BUDGET_SECONDS = 1.5
# With less time than this no call is begun: it would end without a word, perhaps stored.
LEAST_CALL_SECONDS = 0.05
# Whole-call errors that the same call meets again: waiting would only spend the caller's time.
LASTING = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidArgumentException",
        "InvalidKMSResourceException",
        "InvalidSignatureException",
        "InvalidSourceException",
        "MismatchedAnswer",
        "ResourceNotFoundException",
        "UnrecognizedClientException",
    }
)


class FirehoseSink:
    """A Sink over a StreamClient. Stateless between calls, so threads may share it.

    `monotonic` and `sleep` count seconds; `random` returns a number in [0, 1). After
    `budget_seconds` no call is begun, and the one under way has ended.
    """

    def __init__(
        self,
        client: StreamClient,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
        budget_seconds: float = BUDGET_SECONDS,
    ) -> None:
        self._client = client
        self._monotonic = monotonic
        self._sleep = sleep
        self._random = random
        self._budget_seconds = budget_seconds

    def publish(self, records: Sequence[Record], seconds: float | None = None) -> list[Delivery]:
        """Write records to the stream and report one delivery per record, in the same order.

        Takes `seconds`, and never more than its own budget.
        A record that the stream did not take in any attempt is a delivery with fate `retry`
        whose detail is the service's last error code.
        """
        packs = list(pack(records))
        deliveries = [_retry("NotSent")] * len(packs)
        budget = self._budget_seconds if seconds is None else min(seconds, self._budget_seconds)
        deadline = self._monotonic() + budget
        waiting = list(range(len(packs)))
        for attempt in range(MAX_ATTEMPTS):
            if not waiting or (attempt and not self._paused(attempt, deadline)):
                break
            waiting = self._send(packs, waiting, deliveries, deadline)
        return unpack(packs, deliveries)

    def _send(
        self, packs: list[Pack], waiting: list[int], deliveries: list[Delivery], deadline: float
    ) -> list[int]:
        """Send the waiting packs once, note their outcome, return those worth another attempt."""
        again: list[int] = []
        indexes = iter(waiting)
        for chunk in chunks(packs[index] for index in waiting):
            for delivery in self._call(chunk, deadline - self._monotonic()):
                index = next(indexes)
                deliveries[index] = delivery
                if delivery.fate is Fate.RETRY and delivery.detail not in LASTING:
                    again.append(index)
        return again

    def _call(self, chunk: list[Pack], seconds: float) -> list[Delivery]:
        if seconds < LEAST_CALL_SECONDS:
            return [_retry("OutOfTime")] * len(chunk)
        try:
            answers = self._client.put_record_batch([pack.data for pack in chunk], seconds)
        except StreamError as error:
            return [_retry(error.code)] * len(chunk)
        if len(answers) != len(chunk):
            return [_retry("MismatchedAnswer")] * len(chunk)
        return [
            STORED if answer.get("RecordId") and not answer.get("ErrorCode") else _failed(answer)
            for answer in answers
        ]

    def _paused(self, attempt: int, deadline: float) -> bool:
        """Wait with full jitter before an attempt; False when the budget does not reach."""
        seconds = self._random() * min(CAP_SECONDS, BASE_SECONDS * 2**attempt)
        if self._monotonic() + seconds > deadline - LEAST_CALL_SECONDS:
            return False
        self._sleep(seconds)
        return True


def _failed(answer: Mapping[str, Any]) -> Delivery:
    return _retry(str(answer.get("ErrorCode") or "UnknownFailure"))


def _retry(code: str) -> Delivery:
    return Delivery(Fate.RETRY, Reason.STREAM_UNAVAILABLE, code)
