"""The stretches of time in which a page is looked for."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from openbunker_local.cold.manifest import ColdFile
from openbunker_local.lake.pages import FIRST_ROWS, stretches


def cold(path: str, rows: int, first_ms: int, last_ms: int) -> ColdFile:
    return ColdFile(
        path=path,
        kind="rows",
        day="",
        rows=rows,
        bytes=1,
        min_timestamp_ms=first_ms,
        max_timestamp_ms=last_ms,
        min_received_ms=first_ms,
        max_received_ms=last_ms,
    )


@st.composite
def cold_files(draw: st.DrawFn) -> list[ColdFile]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        first_ms = draw(st.integers(-50, 1000))
        rows = draw(st.sampled_from([1, FIRST_ROWS // 3, 5 * FIRST_ROWS]))
        length = draw(st.sampled_from([0, 1, 10, 10**6]))
        found.append(cold(str(number), rows, first_ms, first_ms + length))
    return found


@given(cold_files(), st.integers(0, 900), st.integers(0, 900))
def test_stretches_are_the_period_and_name_all_files_with_rows_of_them(
    files: list[ColdFile], one: int, other: int
) -> None:
    first_ms, last_ms = sorted((one, other))

    found = list(stretches(files, first_ms, last_ms))

    assert found[0][1] == last_ms
    assert found[-1][0] == first_ms
    for newer, older in pairwise(found):
        assert older[1] == newer[0] - 1
    for low, high, named in found:
        assert low <= high
        overlapping = {
            f.path for f in files if f.min_timestamp_ms <= high and low <= f.max_timestamp_ms
        }
        assert {f.path for f in named} == overlapping


def test_a_long_history_takes_few_stretches_and_the_first_is_small() -> None:
    day = 86_400_000
    files = [cold(str(n), 2_000_000, n * day, (n + 1) * day - 1) for n in range(3650)]

    found = list(stretches(files, 0, 3650 * day))

    assert len(found) <= 7
    assert [file.path for file in found[0][2]] == ["3649"]
    low, high, _ = found[0]
    assert 0.9 * FIRST_ROWS < 2_000_000 * (high - low) / day < 1.1 * FIRST_ROWS
