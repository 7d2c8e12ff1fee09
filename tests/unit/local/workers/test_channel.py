"""Messages arrive whole and in order, however the socket cuts them."""

import marshal
from struct import pack
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openbunker_local.workers.channel import Channel

VALUES = st.tuples(st.integers(0, 5), st.integers(0, 2**40), st.binary(max_size=60), st.text())


@given(st.lists(VALUES, max_size=6), st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_messages_are_heard_as_they_were_said(
    said: list[tuple[Any, ...]], sizes: list[int]
) -> None:
    heard: list[tuple[Any, ...]] = []
    channel = Channel(heard.append, heard.clear)
    data = b"".join(pack(">I", len(one)) + one for one in map(marshal.dumps, said))
    at = turn = 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        channel.data_received(data[at : at + size])
        at, turn = at + size, turn + 1
    assert heard == said


def test_nothing_is_said_to_who_is_gone() -> None:
    ended: list[bool] = []
    channel = Channel(lambda _: None, lambda: ended.append(True))
    channel.send(0, 1)
    channel.connection_lost(None)
    channel.close()
    assert ended == [True]
