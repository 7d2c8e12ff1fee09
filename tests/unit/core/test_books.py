"""How the books name an hour. What they keep is shown where they are kept."""

from openbunker.core.books import hour


def test_each_hour_has_one_name() -> None:
    first, last = 1_794_996_000_000, 1_794_999_599_999
    assert [hour(at) for at in (first - 1, first, last, last + 1)] == [
        "2026-11-18T09",
        "2026-11-18T10",
        "2026-11-18T10",
        "2026-11-18T11",
    ]
