"""What a sender is told of a time that can hardly be meant; nothing of any other."""

from typing import Any

import pytest

from openbunker.core.event import Draft
from openbunker.core.verdict import Accepted, Delivery, Fate, merge
from openbunker.ingest.pipeline import _our_headers
from openbunker.web.http import NOTICE_HEADER
from openbunker.wire.calendar import MAX_MS
from tests.support.query.lake import NOW_MS

DAY_MS = 86_400_000


def headers(*times: int, fate: Fate = Fate.STORED) -> dict[str, Any]:
    items = [Accepted(Draft(event_name="a"), f"{n:032x}", at, NOW_MS) for n, at in enumerate(times)]
    return _our_headers(merge(items, [Delivery(fate) for _ in items]))


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (1_704_067_200, "1704067200: seconds? milliseconds are expected"),
        (NOW_MS // 1000, f"{NOW_MS // 1000}: seconds? milliseconds are expected"),
        (1_704_067_200_000_000, "1704067200000000: microseconds? milliseconds are expected"),
        (0, "0: this is before the year 2000"),
        (-1, "-1: this is before the year 2000"),
        (915_148_800_000, "915148800000: this is before the year 2000"),
        (-MAX_MS, f"{-MAX_MS}: this is before the year 2000"),
        (NOW_MS + 40 * DAY_MS, f"{NOW_MS + 40 * DAY_MS}: this is 40 days after it was received"),
        (MAX_MS, f"{MAX_MS}: this is 99979222 days after it was received"),
    ],
)
def test_the_likely_unit_is_told(at: int, told: str) -> None:
    assert headers(at)[NOTICE_HEADER] == told


@pytest.mark.parametrize("at", [946_684_800_000, NOW_MS, NOW_MS + DAY_MS, 1_704_067_200_000])
def test_of_any_other_time_nothing_is_told(at: int) -> None:
    assert NOTICE_HEADER not in headers(at)


def test_of_a_batch_the_first_is_told_and_how_many_more_there_are() -> None:
    found = headers(NOW_MS, 1_704_067_200, NOW_MS, 0, -1)

    assert found[NOTICE_HEADER] == (
        "item 1: 1704067200: seconds? milliseconds are expected; 2 more"
    )


def test_of_what_was_not_stored_nothing_is_told() -> None:
    assert NOTICE_HEADER not in headers(0, fate=Fate.RETRY)
