"""Cuts a sequence of packs into calls of the delivery stream. Lazy and pure.

Knows the limits of one call; knows nothing of events, answers or retries.
Source of the limits: Firehose API reference, PutRecordBatch.
"""

from collections.abc import Iterable, Iterator

from openbunker.sinks.packing import Pack

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
