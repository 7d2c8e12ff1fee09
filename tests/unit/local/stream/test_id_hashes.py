"""What rows leave in the index is what a receipt looks for, whatever their texts hold."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openbunker.core import ids
from openbunker.core.event import Event
from openbunker_local.stream.id_hashes import Collector, sought
from tests.support.query.lake import PROJECT, event, lines

# Texts that look like the names of a row are a client's to send.
CRAFTED = 'x","dialect":"segment","key_id":"k","event_name":"y'
TEXTS = st.text(min_size=1, max_size=12) | st.sampled_from(
    [CRAFTED, '"', "\\", '\\"', "\n", '\n{"v":1,', "\r", "\u2028", "é"]
)


def row(text: str) -> Event:
    return event(
        event_id=ids.new_id(1_790_000_000_000),
        dedupe_key=f"databuddy:write-1:{text}",
        dialect="databuddy",
        event_name=text,
    )


@given(st.lists(TEXTS, min_size=1, max_size=4))
@example(["plain", CRAFTED])
@example(["\n", "plain"])
def test_each_row_leaves_what_its_three_ids_are_looked_for_by(texts: Sequence[str]) -> None:
    rows, collected = [row(text) for text in texts], Collector()
    collected.add(lines(rows))
    expected = [
        sought(PROJECT, form)
        for one, text in zip(rows, texts, strict=True)
        for form in (one.event_id, one.dedupe_key, text)
    ]
    assert collected.hashes() == b"".join(expected)


WHOLE, TORN = lines([row("plain")]), lines([row('"')])[:80]


@pytest.mark.parametrize("before", [b" ", b'{"row":', TORN], ids=["space", "object", "torn"])
def test_a_row_behind_something_else_is_no_row_of_ours(before: bytes) -> None:
    collected = Collector()
    collected.add(WHOLE + before + WHOLE)
    assert collected.hashes() is None


def test_a_last_line_without_its_end_leaves_hashes_too() -> None:
    cut, ended = Collector(), Collector()
    cut.add((WHOLE + WHOLE).rstrip(b"\n"))
    ended.add(WHOLE + WHOLE)
    assert cut.hashes() == ended.hashes()
