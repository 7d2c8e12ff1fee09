"""Turns are shared by projects, then by keys, whoever asks how often."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from openbunker_local.turns.queue import Ticket, Turns

NAMES = st.sampled_from("abcd")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), NAMES, NAMES),
        st.tuples(st.just("end"), st.integers(0, 9), st.just("")),
        st.tuples(st.just("give up"), st.integers(0, 99), st.just("")),
    ),
    max_size=80,
)


def order(turns: Turns) -> list[str]:
    """Return who comes when one after the other has a turn."""
    found = []
    while ticket := turns.grant():
        found.append(ticket.project + ticket.key)
        turns.done(ticket)
    return found


def asked(turns: Turns, names: str) -> list[Ticket]:
    tickets = [Ticket(name[0], name[1:]) for name in names.split()]
    assert [turns.ask(ticket) for ticket in tickets] == [None] * len(tickets)
    return tickets


def test_projects_come_in_turn_and_their_keys_in_turn() -> None:
    turns = Turns(1, 1, 99)
    asked(turns, "a1 a1 a1 a2 b1 b1 c1")

    assert order(turns) == ["a1", "b1", "c1", "a2", "b1", "a1", "a1"]
    assert turns.waiting == turns.taken == 0


def test_one_key_is_served_as_it_came() -> None:
    turns = Turns(1, 1, 99)
    tickets = asked(turns, "a1 a1 a1")
    found = []
    for _ in tickets:
        ticket = turns.grant()
        assert ticket
        found.append(ticket)
        turns.done(ticket)
    assert found == tickets


def test_one_project_never_has_all_places() -> None:
    turns = Turns(2, 1, 99)
    asked(turns, "a1 a1 a2 b1")

    first, second, third = turns.grant(), turns.grant(), turns.grant()

    assert first and second
    assert (first.project, second.project, third) == ("a", "b", None)
    turns.done(second)
    assert turns.grant() is None  # only a's wait, and it has its place
    turns.done(first)
    assert turns.grant()


def test_of_too_many_the_newest_of_whoever_has_most_goes() -> None:
    turns = Turns(1, 1, 4)
    tickets = asked(turns, "a1 a1 a1 a2")
    newcomer, another, same = Ticket("b", "1"), Ticket("a", "3"), Ticket("b", "1")

    assert turns.ask(newcomer) is tickets[2]
    assert turns.ask(another) is tickets[1]
    assert turns.ask(Ticket("a", "2")) is not None
    assert turns.ask(same) is not same
    assert turns.waiting == 4
    last = Ticket("b", "1")
    assert turns.ask(last) is last


def test_of_equals_whoever_came_last_goes() -> None:
    turns = Turns(1, 1, 2)
    asked(turns, "a1 b1")
    late = Ticket("c", "1")

    assert turns.ask(late) is late
    assert order(turns) == ["a1", "b1"]


@given(STEPS)
def test_nobody_waits_for_more_turns_than_projects_wait(
    steps: list[tuple[str, object, str]],
) -> None:
    turns = Turns(2, 2, 1_000)
    waiting: list[Ticket] = []
    running: list[Ticket] = []
    # How many projects stood in the queue when a project came, and what was granted since.
    since: dict[str, tuple[int, int]] = {}

    def grant() -> None:
        while ticket := turns.grant():
            waiting.remove(ticket)
            running.append(ticket)
            for project, (ahead, turns_of_others) in list(since.items()):
                if project != ticket.project:
                    since[project] = (ahead, turns_of_others + 1)
                    assert turns_of_others + 1 <= ahead
            since.pop(ticket.project)
            projects = {one.project for one in waiting}
            if ticket.project in projects:
                since[ticket.project] = (len(projects), 0)

    for what, one, key in steps:
        if what == "ask":
            ticket = Ticket(str(one), key)
            assert turns.ask(ticket) is None
            waiting.append(ticket)
            projects = {other.project for other in waiting}
            since.setdefault(ticket.project, (len(projects), 0))
        elif what == "end" and running:
            turns.done(running.pop(int(str(one)) % len(running)))
        elif what == "give up" and waiting:
            ticket = waiting.pop(int(str(one)) % len(waiting))
            assert turns.give_up(ticket)
            assert not turns.give_up(ticket)
            if ticket.project not in {other.project for other in waiting}:
                since.pop(ticket.project)
        grant()
        assert (turns.waiting, turns.taken) == (len(waiting), len(running))
        assert not waiting or len(running) == 2


@given(STEPS)
def test_who_gives_up_leaves_no_trace(steps: list[tuple[str, object, str]]) -> None:
    """The order of all others is as if they had never come."""
    both, others = Turns(1, 1, 1_000), Turns(1, 1, 1_000)
    gone = []
    for number, (what, one, key) in enumerate(steps):
        if what == "ask":
            ticket = Ticket(str(one), f"{key}{number % 3}")
            if number % 2:
                gone.append(Ticket(f"gone {one}", key))
                both.ask(gone[-1])
            both.ask(ticket)
            others.ask(Ticket(ticket.project, ticket.key))
    for ticket in gone:
        assert both.give_up(ticket)

    assert order(both) == order(others)


@given(st.lists(st.tuples(NAMES, NAMES), max_size=60), st.integers(1, 9))
def test_no_project_is_sent_away_for_one_that_has_more(
    asks: list[tuple[str, str]], most: int
) -> None:
    turns = Turns(1, 1, most)
    held: Counter[str] = Counter()
    for project, key in asks:
        held[project] += 1
        if last := turns.ask(Ticket(project, key)):
            assert held[last.project] == max(held.values())
            held[last.project] -= 1
        assert turns.waiting == held.total() <= most
