"""The laws of the name budget: the stored stays known, the new is refused, memory is bounded."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from openbunker.ingest.event_names import NameBudget

NAMES = st.lists(st.text(max_size=3), max_size=30)


@given(stored=st.lists(NAMES, max_size=5), asked=NAMES, limit=st.integers(0, 20))
def test_known_names_pass_and_as_many_new_ones_as_fit(
    stored: list[list[str]], asked: list[str], limit: int
) -> None:
    budget = NameBudget()
    for names in stored:
        budget.count("p", names)
    known = {name for names in stored for name in names}

    beyond = budget.beyond("p", asked, limit)

    fresh = list(dict.fromkeys(name for name in asked if name not in known))
    assert beyond == set(fresh[max(0, limit - len(known)) :])
    assert beyond == budget.beyond("p", asked, limit)  # asking counts nothing


@given(NAMES)
def test_a_name_counts_once(names: list[str]) -> None:
    budget = NameBudget()
    budget.count("p", names)
    budget.count("p", reversed(names))
    assert budget.beyond("p", ["new"], len({*names, "new"})) == set()
    assert budget.beyond("p", ["longer than any"], len(set(names))) == {"longer than any"}


def test_projects_count_apart() -> None:
    budget = NameBudget()
    budget.count("p", ["a"])
    assert budget.beyond("p", ["b"], 1) == {"b"}
    assert budget.beyond("q", ["b"], 1) == set()


def test_of_too_many_projects_the_quiet_one_is_forgotten() -> None:
    budget = NameBudget(max_projects=2)
    for project in ("p", "q", "p", "r"):
        budget.count(project, ["a"])
    assert [budget.beyond(project, ["b"], 1) for project in "pqr"] == [{"b"}, set(), {"b"}]


def test_threads_lose_no_name() -> None:
    budget = NameBudget()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: budget.count("p", [f"n{n % 500}"]), range(4_000)))
    assert budget.beyond("p", [f"n{n}" for n in range(500)], 500) == set()
    assert budget.beyond("p", ["new"], 500) == {"new"}
    assert budget.beyond("p", ["new"], 501) == set()
