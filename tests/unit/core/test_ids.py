"""The laws of ids: ordered by time, UUIDs of their version, never the same twice."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import ids

TIMES = st.integers(0, (1 << 48) - 1)


@given(TIMES)
def test_an_event_id_is_a_version_7_uuid_that_carries_its_time(now_ms: int) -> None:
    event_id = ids.new_id(now_ms)
    parsed = uuid.UUID(event_id)
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == now_ms
    assert ids.as_uuid(event_id) == str(parsed)


@given(TIMES, TIMES)
def test_the_order_of_ids_is_the_order_of_their_milliseconds(one: int, other: int) -> None:
    if one != other:
        assert (ids.new_id(one) < ids.new_id(other)) == (one < other)


def test_ids_of_one_millisecond_differ() -> None:
    assert len({ids.new_id(1) for _ in range(10_000)}) == 10_000


def test_a_random_uuid_is_of_version_4_and_differs() -> None:
    made = {ids.random_uuid() for _ in range(1_000)}
    assert len(made) == 1_000
    assert {uuid.UUID(text).version for text in made} == {4}
    assert {str(uuid.UUID(text)) for text in made} == made
