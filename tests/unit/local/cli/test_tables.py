"""Tables for people: nothing is cut that somebody needs, on no terminal and in no pipe."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openbunker_local.cli.terminal.tables import count, lines

COLUMNS = ("key_id", "name", "events", "empty")
ROW = {"key_id": "key_0a1b2c3d4e5f6071", "name": "a name of some length " * 9, "events": 1_234_567}
WORDS = st.text("ab c", min_size=0, max_size=60)
ROWS = st.lists(
    st.fixed_dictionaries({"key_id": st.text("k_1", min_size=1, max_size=20), "name": WORDS,
                           "events": st.integers(0, 10**9)}), min_size=1, max_size=4)  # fmt: skip


def shown(rows: list[dict[str, Any]], width: int | None) -> list[str]:
    return list(lines(rows, COLUMNS, ("name",), width))


def test_a_name_is_folded_and_an_id_is_not() -> None:
    found = shown([ROW], 80)
    assert max(map(len, found)) <= 80
    assert found[0].split() == ["key_id", "name", "events"]
    assert found[1].startswith("key_0a1b2c3d4e5f6071  ")
    assert found[1].endswith("  1,234,567")
    assert len(found) > 3


def test_what_does_not_fit_is_told_member_by_member() -> None:
    assert shown([{**ROW, "name": "web"}, ROW], 30)[:5] == [
        "key_id  key_0a1b2c3d4e5f6071",
        "name    web",
        "events  1,234,567",
        "",
        "key_id  key_0a1b2c3d4e5f6071",
    ]


def test_a_row_in_a_pipe_is_one_whole_line() -> None:
    head, line = shown([{**ROW, "name": "two\nlines " + "x" * 500}], None)
    assert "two lines " + "x" * 500 in line
    assert head.split() == ["key_id", "name", "events"]


@given(ROWS, st.integers(20, 200))
def test_every_id_and_count_is_there_whole(rows: list[dict[str, Any]], width: int) -> None:
    for wide in (width, None):
        text = "\n".join(shown(rows, wide))
        for row in rows:
            assert row["key_id"] in text
            assert f"{row['events']:,}" in text


def test_one_is_not_many() -> None:
    assert [count(n, "day") for n in (0, 1, 1000)] == ["0 days", "1 day", "1,000 days"]
