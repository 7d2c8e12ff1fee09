"""How a time on the command line is read, and what lies between two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.times import iso
from openbunker_local.cli.terminal.exits import Misused
from openbunker_local.cli.terminal.times import moment, span, whole_days

AT_MS = 1_795_233_600_000  # 2026-11-21T04:00:00Z
DAY_MS = 86_400_000


@pytest.mark.parametrize(
    "text", ["2026-11-21T04:00", "2026-11-21T05:00+01:00", "2026-11-21T04:00Z", "20261121T04"]
)
def test_a_time_is_utc_unless_it_says(text: str) -> None:
    assert moment(text, "--from") == AT_MS


def test_a_day_is_its_first_moment() -> None:
    assert moment("2026-11-21", "--to") == AT_MS - 4 * 3_600_000


@given(st.integers(0, 253_402_300_799_999))
def test_what_is_told_can_be_typed(at_ms: int) -> None:
    assert moment(iso(at_ms), "--from") == at_ms


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "1795233600000", "x" * 10_000])
def test_what_is_no_time_is_told_with_its_option(text: str) -> None:
    with pytest.raises(Misused, match="--to is a day or a time such as"):
        moment(text, "--to")


def test_a_span_ends_before_its_end_and_within_the_bounds() -> None:
    assert span("2026-11-21", "2026-11-22", 0, AT_MS * 2)[1] % DAY_MS == 0
    assert span("", "", 5, 7) == (5, 7)
    assert span("0001-01-01", "9999-12-31", 5, 7) == (5, 7)
    for same in ("2026-11-21", "2026-11-20"):
        with pytest.raises(Misused, match="--from is before --to"):
            span("2026-11-21", same, 0, AT_MS * 2)


def test_a_day_is_not_cut() -> None:
    whole_days(0, DAY_MS, "A folder")
    for first, end in ((1, DAY_MS), (0, DAY_MS - 1)):
        with pytest.raises(Misused, match="A folder takes whole days"):
            whole_days(first, end, "A folder")
