"""A law that many cases are held to: none hides another, each is named and counted."""

import pytest
from hypothesis import settings

from tests.support.laws import HOUSE, Count, checked, each, spread

SEEN: list[int] = []


def law(number: int, least: int = 2) -> None:
    SEEN.append(number)
    assert number >= least, f"{number} is small"


def test_every_case_that_breaks_a_law_is_named_with_what_it_said() -> None:
    SEEN.clear()
    with pytest.raises(AssertionError) as told:
        each("number", [1, 2, 0], name=lambda number: f"case {number}")(law)()
    assert SEEN == [1, 2, 0]
    first, *named = str(told.value).splitlines()
    assert first == "2 of 3 cases break the law (the trace is the first one's)"
    assert [one[:36] for one in named] == [
        "- case 1: AssertionError: 1 is small",
        "- case 0: AssertionError: 0 is small",
    ]
    assert str(told.value.__cause__).startswith("1 is small")


def test_a_failure_that_pytest_raises_breaks_a_law_too() -> None:
    def raises_nothing(number: int) -> None:
        with pytest.raises(ValueError, match="a"):
            int(number)

    with pytest.raises(AssertionError, match="1 of 1 cases"):
        each("number", [1])(raises_nothing)()


def test_a_law_over_nothing_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="cannot fail"):
        each("number", [])(law)()
    with pytest.raises(AssertionError, match="takes no"):
        each("numbr", [1])(law)


def test_each_case_counts_as_one_check() -> None:
    before = Count.cases
    each("number, least", [(3, 1), (4, 1)])(law)()
    assert Count.cases == before + 2
    assert list(checked("abc")) == ["a", "b", "c"]
    assert Count.cases == before + 5


@pytest.fixture
def two() -> int:
    return 2


@each("number", [2, 3])
def test_what_no_case_fills_is_a_fixture(number: int, two: int) -> None:
    assert number >= two


def test_dear_cases_lie_evenly_from_the_first_to_the_last_and_are_all_in_make_e2e() -> None:
    before = settings.get_current_profile_name()
    try:
        settings.load_profile(HOUSE)
        assert spread(range(60), 4) == [0, 19, 39, 59]
        assert spread(range(3), 4) == [0, 1, 2]
        settings.load_profile("whole")
        assert spread(range(60), 4) == [*range(60)]
    finally:
        settings.load_profile(before)
