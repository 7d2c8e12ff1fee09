"""Cuts a sequence of packs into calls of the delivery stream. Lazy and pure.

Knows the limits of one call; knows nothing of events, answers or retries.
Source of the limits: Firehose API reference, PutRecordBatch.
"""

from collections.abc import Iterable, Iterator, Sequence

from openbunker.core.records import MAX_RECORD_BYTES
from openbunker.sinks.packing import Pack
from openbunker.sinks.sink import StreamError

MAX_CALL_RECORDS = 500
# The reference does not say whether the limit counts data before or after base64. We count the
# request body as it is sent, which holds in both readings.
MAX_CALL_BYTES = 4 * 1024 * 1024
# What surrounds the records: two names, the stream's of at most 64 characters, brackets.
ENVELOPE_BYTES = 128
# What surrounds the data of one record: its name, quotes, braces, a comma and spaces.
RECORD_BYTES = 16


def chunks(packs: Iterable[Pack]) -> Iterator[list[Pack]]:
    """Yield the packs in order, as many at a time as one call may carry.

    A pack that is too large for any call comes alone; the stream will refuse it by name.
    """
    chunk: list[Pack] = []
    room = MAX_CALL_BYTES - ENVELOPE_BYTES
    for pack in packs:
        size = sent_bytes(len(pack.data))
        if chunk and (size > room or len(chunk) == MAX_CALL_RECORDS):
            yield chunk
            chunk, room = [], MAX_CALL_BYTES - ENVELOPE_BYTES
        chunk.append(pack)
        room -= size
    if chunk:
        yield chunk


def sent_bytes(raw_bytes: int) -> int:
    """Return what a record of that many bytes takes in a request: base64 and its braces."""
    return (raw_bytes + 2) // 3 * 4 + RECORD_BYTES


def check_call(records: Sequence[bytes]) -> None:
    """Hold the service's limits (API reference, PutRecordBatch), the stricter reading of each."""
    if not 1 <= len(records) <= MAX_CALL_RECORDS:
        text = f"A call takes 1 to {MAX_CALL_RECORDS} records, not {len(records)}."
        raise StreamError("InvalidArgumentException", text)
    sizes = [len(data) for data in records]
    if max(sizes) > MAX_RECORD_BYTES or not all(sizes):
        text = f"A record takes 1 to {MAX_RECORD_BYTES} bytes."
        raise StreamError("InvalidArgumentException", text)
    if sum((size + 2) // 3 * 4 for size in sizes) > MAX_CALL_BYTES:
        text = f"A call takes {MAX_CALL_BYTES} bytes, counted as base64."
        raise StreamError("InvalidArgumentException", text)
