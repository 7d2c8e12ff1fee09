"""What one environment keeps of refusals in an hour: so much of each project, mistakes far less."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.records import Record
from openbunker.sinks.refused import (
    DUE_BYTES,
    HOUR_MS,
    MISTAKES_BYTES,
    HourShare,
)
from openbunker.wiring import hot, system

MIB = 1024 * 1024
SENT = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 20 * MIB), st.booleans()), max_size=60
)


@given(sent=SENT)
def test_no_project_fills_more_than_its_share_of_an_hour(
    sent: list[tuple[str, int, bool]],
) -> None:
    share, mistakes, filled = HourShare(lambda: 0), {"a": 0, "b": 0}, {"a": 0, "b": 0}
    for project, size, due in sent:
        fits = filled[project] + size <= (DUE_BYTES if due else MISTAKES_BYTES)
        assert share.has_room(project, size, due=due) is fits
        if fits:
            share.add(project, size)
            filled[project] += size
            mistakes[project] += 0 if due else size
    assert max(mistakes.values()) <= MISTAKES_BYTES
    assert max(filled.values()) <= DUE_BYTES


def test_each_hour_begins_anew_and_each_project_has_its_own() -> None:
    now = [5 * HOUR_MS]
    share = HourShare(lambda: now[0])
    share.add("a", 0)
    assert share.has_room("a", MISTAKES_BYTES, due=False)
    share.add("a", MISTAKES_BYTES)
    assert not share.has_room("a", 1, due=False)
    assert share.has_room("a", 1, due=True)
    assert share.has_room("b", MISTAKES_BYTES, due=False)
    now[0] += HOUR_MS - 1
    assert not share.has_room("a", 1, due=False)
    now[0] += 1
    assert share.has_room("a", MISTAKES_BYTES, due=False)


class Taking:
    """A stream that takes everything, or nothing while it is down."""

    down = False

    def put_record_batch(
        self, data: Sequence[bytes], _seconds: float | None = None
    ) -> list[dict[str, Any]]:
        return [{"ErrorCode": "down"} if self.down else {"RecordId": "r"} for _ in data]


def test_a_deployed_sink_keeps_until_the_share_is_full_and_counts_what_it_kept_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(system, "now_ms", lambda: 0)
    stream, row = Taking(), Record(b"x" * (MIB // 2))
    sink = hot._refused(stream)
    stream.down = True
    assert {sink.keep([row], "p") for _ in range(80)} == {0}
    stream.down = False
    assert sum(sink.keep([row], "p") for _ in range(80)) == 2 * MISTAKES_BYTES // MIB
    assert sink.keep([row], "p", due=True) == 1
