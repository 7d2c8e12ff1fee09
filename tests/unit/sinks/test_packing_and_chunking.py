"""Packs and chunks: nothing lost, nothing reordered, no limit broken."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.reasons import Reason
from openbunker.core.records import MAX_RECORD_BYTES, Record
from openbunker.core.verdict import Delivery, Fate
from openbunker.sinks.chunking import MAX_CALL_BYTES, MAX_CALL_RECORDS, chunks
from openbunker.sinks.packing import Pack, pack, unpack
from tests.support.laws import drawn

# Sizes near the limits matter as much as small ones; slices of one buffer keep it cheap.
BUFFER = bytes(MAX_RECORD_BYTES)
SIZES = st.integers(1, 3000) | st.integers(250_000, 400_000) | st.integers(1_000_000, len(BUFFER))
PACKS = st.lists(SIZES.map(lambda size: Pack(BUFFER[:size], 1)), max_size=30)
MANY_SMALL = st.integers(0, 1600).map(lambda count: [Pack(b"x", 1)] * count)


def request_bytes(chunk: list[Pack]) -> int:
    """Return what a plain JSON encoder makes of a call with the longest stream name."""
    records = [{"Data": base64.b64encode(one.data).decode()} for one in chunk]
    return len(json.dumps({"DeliveryStreamName": "s" * 64, "Records": records}))


@given(PACKS | MANY_SMALL)
def test_merging_chunks_gives_the_input_back(packs: list[Pack]) -> None:
    """Every pack is in exactly one chunk, in order."""
    assert [one for chunk in chunks(packs) for one in chunk] == packs


@drawn(30, of=100)
@given(PACKS | MANY_SMALL)
def test_no_chunk_breaks_a_limit(packs: list[Pack]) -> None:
    """At most 500 records, and less than 4 MiB as it is sent, also for a wordy encoder."""
    for chunk in chunks(packs):
        assert 1 <= len(chunk) <= MAX_CALL_RECORDS
        assert request_bytes(chunk) <= MAX_CALL_BYTES


def test_three_full_records_travel_in_one_call() -> None:
    """3,000 KiB of data is 4,000 KiB of base64: within the limit in both of its readings."""
    full = Pack(BUFFER, 1)
    assert [len(chunk) for chunk in chunks([full] * 7)] == [3, 3, 1]


def test_chunks_are_lazy() -> None:
    """The first chunk is there before the input has ended."""

    def endless() -> object:
        while True:
            yield Pack(b"x", 1)

    assert len(next(chunks(endless()))) == MAX_CALL_RECORDS  # type: ignore[arg-type]


@given(st.lists(SIZES.map(lambda size: Record(BUFFER[:size])), max_size=30))
def test_packs_hold_the_records_in_order_and_within_the_limit(records: list[Record]) -> None:
    """Joined, the packs are the records joined; counts say which records a pack holds."""
    packs = list(pack(records))
    assert sum(one.count for one in packs) == len(records)
    at = 0
    for one in packs:
        held = records[at : at + one.count]
        at += one.count
        assert one.data == b"".join(record.data for record in held)
        assert len(one.data) <= MAX_RECORD_BYTES


@given(st.lists(SIZES.map(lambda size: Record(BUFFER[:size])), max_size=30))
def test_packs_are_as_full_as_their_order_allows(records: list[Record]) -> None:
    """The record that opens a pack did not fit into the one before."""
    packs = list(pack(records))
    firsts = [0]
    for one in packs:
        firsts.append(firsts[-1] + one.count)
    for before, first in zip(packs, firsts[1:], strict=False):
        if first < len(records):
            assert len(before.data) + len(records[first].data) > MAX_RECORD_BYTES


@given(st.lists(st.tuples(st.integers(1, 5), st.booleans())))
def test_every_record_has_the_fate_of_its_pack(plan: list[tuple[int, bool]]) -> None:
    """Unpacking repeats a pack's delivery for each of its records, in order."""
    lost = Delivery(Fate.RETRY, Reason.STREAM_UNAVAILABLE)
    outcomes = [Delivery(Fate.STORED) if taken else lost for _, taken in plan]
    unpacked = unpack([Pack(b"", count) for count, _ in plan], outcomes)
    expected = [o for (n, _), o in zip(plan, outcomes, strict=True) for _ in range(n)]
    assert unpacked == expected


def test_unpacking_refuses_a_wrong_count() -> None:
    """With a delivery too few or too many nobody knows what was stored."""
    for outcomes in ([], [Delivery(Fate.STORED)] * 2):
        with pytest.raises(ValueError, match="zip"):
            unpack([Pack(b"x", 1)], outcomes)
