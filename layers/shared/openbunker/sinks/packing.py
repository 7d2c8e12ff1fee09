"""Packs event lines into stream records, and gives every line its record's fate. Pure.

Firehose bills each stream record in steps of 5 KB and concatenates records, so many lines that
each end with a newline travel as one. Knows nothing of calls, answers or retries.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from openbunker.core.records import MAX_RECORD_BYTES, Record
from openbunker.core.verdict import Delivery


@dataclass(frozen=True, slots=True)
class Pack:
    """The data of one stream record, and how many of the records, in order, it holds."""

    data: bytes
    count: int


def pack(records: Iterable[Record]) -> Iterator[Pack]:
    """Yield the records in order, joined up to MAX_RECORD_BYTES; a larger one travels alone."""
    lines: list[bytes] = []
    size = 0
    for record in records:
        if lines and size + len(record.data) > MAX_RECORD_BYTES:
            yield Pack(b"".join(lines), len(lines))
            lines, size = [], 0
        lines.append(record.data)
        size += len(record.data)
    if lines:
        yield Pack(b"".join(lines), len(lines))


def unpack(packs: Sequence[Pack], deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Return one delivery per record from one per pack, in order.

    Raises ValueError when the counts disagree: then nobody knows what was stored.
    """
    return [
        delivery
        for pack, delivery in zip(packs, deliveries, strict=True)
        for _ in range(pack.count)
    ]
