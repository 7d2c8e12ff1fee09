"""The contract of a sink, and of the delivery stream client that one of them talks to.

A sink is one backend. Who chooses between sinks is a policy, another class.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from openbunker.core.records import Record
from openbunker.core.verdict import Delivery


class Sink(Protocol):
    """Where records become durable."""

    def publish(self, records: Sequence[Record], seconds: float | None = None) -> list[Delivery]:
        """Write records and report one delivery per record, in the same order.

        `seconds` is what it may take, at most; None leaves it to the sink. Never raises for a
        record or a failing call: that is a delivery with fate `retry`.
        """


class StreamClient(Protocol):
    """The one operation of Data Firehose that we use, with its shapes.

    Source: Firehose API reference, PutRecordBatch (500 records, 4 MiB, 1,000 KiB a record).
    """

    def put_record_batch(
        self, records: Sequence[bytes], seconds: float | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return `RequestResponses`: one mapping per record, in order, within `seconds`.

        Each has `RecordId`, or `ErrorCode` and `ErrorMessage`: HTTP 200 does not mean that all
        were taken. Raises StreamError when the call as a whole failed; after one that ran out of
        time the records may be stored all the same.
        """


class StreamError(Exception):
    """The whole call failed: nothing is known to be stored. `code` is the service's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
