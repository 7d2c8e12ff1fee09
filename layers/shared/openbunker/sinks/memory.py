"""A sink that keeps records in a list: the fake beside the real ones, for tests."""

from collections.abc import Sequence

from openbunker.core.reasons import Reason
from openbunker.core.records import Record
from openbunker.core.verdict import Delivery, Fate


class MemorySink:
    """Stores everything in `records`, except the indexes that `refusing` names for each call."""

    def __init__(self, *, refusing: Sequence[int] = ()) -> None:
        self.records: list[Record] = []
        self.refusing = frozenset(refusing)

    def publish(self, records: Sequence[Record], _seconds: float | None = None) -> list[Delivery]:
        """Keep the records and report on each, as every sink does."""
        return [self._one(index, record) for index, record in enumerate(records)]

    def _one(self, index: int, record: Record) -> Delivery:
        if index in self.refusing:
            return Delivery(Fate.RETRY, Reason.STREAM_UNAVAILABLE, "refusing")
        self.records.append(record)
        return Delivery(Fate.STORED)
