"""The policy between two sinks: what the first does not take goes to the second, the spill.

Knows no backend. What neither took is `retry`; there is no third place and nothing is kept here.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from openbunker.core.reasons import Reason
from openbunker.core.records import Record
from openbunker.core.verdict import Delivery, Fate
from openbunker.sinks.sink import Sink


class FailoverSink:
    """A Sink over two. Stateless between calls, so threads may share it.

    `monotonic` counts seconds. A caller's seconds are shared: half at most for the first, all
    that is left for the spill, so that a stream that hangs leaves time to spill.
    """

    def __init__(self, first: Sink, spill: Sink, monotonic: Callable[[], float]) -> None:
        self._first = first
        self._spill = spill
        self._monotonic = monotonic

    def publish(self, records: Sequence[Record], seconds: float | None = None) -> list[Delivery]:
        """Write records and report one delivery per record, in the same order. Never raises."""
        started = self._monotonic()
        half = None if seconds is None else seconds / 2
        deliveries = _one_each(self._first.publish(records, half), len(records))
        waiting = [i for i, delivery in enumerate(deliveries) if not delivery.fate.accepted]
        if waiting:
            left = None if seconds is None else seconds - (self._monotonic() - started)
            spilled = self._spill.publish([records[index] for index in waiting], left)
            for index, spill in zip(waiting, _one_each(spilled, len(waiting)), strict=True):
                deliveries[index] = _joined(deliveries[index], spill)
        return deliveries


class LazySink:
    """A Sink that is made at its first use, so that a cold start does not pay for it."""

    def __init__(self, make: Callable[[], Sink]) -> None:
        self._make = make
        self._made: Sink | None = None

    def publish(self, records: Sequence[Record], seconds: float | None = None) -> list[Delivery]:
        """Write records and report one delivery per record, in the same order."""
        self._made = self._made or self._make()
        return self._made.publish(records, seconds)


def _joined(first: Delivery, spill: Delivery) -> Delivery:
    """Return the spill's word with what the first said; when neither took it, what both said."""
    if spill.fate.accepted:
        return replace(spill, detail=first.detail)
    return Delivery(Fate.RETRY, first.reason or spill.reason, f"{first.detail}, {spill.detail}")


def _one_each(deliveries: list[Delivery], count: int) -> list[Delivery]:
    """Return the deliveries; when their number is wrong nobody knows what was stored: none."""
    if len(deliveries) == count:
        return deliveries
    return [Delivery(Fate.RETRY, Reason.STREAM_UNAVAILABLE, "MismatchedAnswer")] * count
