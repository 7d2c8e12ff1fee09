"""A walk along the newest rows shows each of them once, in whatever order they become visible."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from openbunker.query.answers import live_walk
from openbunker.query.answers.live_walk import Found, Step
from openbunker.query.question import seen as seen_text
from openbunker.query.question.seen import MAX_MARKS, Seen
from tests.support.laws import drawn


def row(received_ms: int, number: int, key: str | None = None) -> Found:
    name = f"{number:032x}"
    return Found((received_ms, name), seen_text.mark("events", key or name), {"event_id": name})


@dataclass
class World:
    """Rows, of which some are visible; what was received before `settled_ms` is."""

    hidden: list[Found] = field(default_factory=list)
    visible: list[Found] = field(default_factory=list)

    @property
    def settled_ms(self) -> int:
        return min((one.place[0] for one in self.hidden), default=10**6)

    def step(self, seen: Seen, limit: int) -> Step:
        """Ask as the route does: so many rows after the place, in order."""
        count = limit + 1 + len(seen.marks)
        rows = sorted((o for o in self.visible if o.place > seen.place), key=lambda o: o.place)
        cut = [rows[count - 1].place] if len(rows) >= count else []
        return live_walk.after(seen, rows[:count], self.settled_ms, limit, cut)


ROWS = st.lists(st.integers(0, 30), max_size=40).map(
    lambda times: [row(at, number) for number, at in enumerate(times)]
)


@drawn(50, of=300)
@given(ROWS, st.randoms(use_true_random=False), st.integers(1, 7))
def test_each_row_is_shown_once_whenever_it_becomes_visible(
    rows: list[Found], random: Random, limit: int
) -> None:
    world = World(hidden=list(rows))
    seen, shown = Seen(-1), list[Found]()
    while world.hidden:
        for _ in range(random.randint(0, 5)):  # any of them, also ones that came long before
            if world.hidden:
                world.visible.append(world.hidden.pop(random.randrange(len(world.hidden))))
        step = world.step(seen, limit)
        seen = through_text(step.seen)
        shown += step.shown
    shown += rest(world, seen, limit)

    assert sorted(one.mark for one in shown) == sorted(one.mark for one in rows)


def rest(world: World, seen: Seen, limit: int) -> list[Found]:
    """Walk on for as long as more waits."""
    shown: list[Found] = []
    while True:
        step = world.step(seen, limit)
        shown += step.shown
        if not step.more:
            return shown
        seen = step.seen


def through_text(seen: Seen) -> Seen:
    text = seen_text.text_of(seen, {"q": "é"}, "p")
    assert len(text) <= seen_text.MAX_TEXT
    again = seen_text.seen_of(text, {"q": "é"}, "p")
    assert again == seen
    return again


def test_a_copy_that_came_first_and_is_seen_later_is_no_other_event() -> None:
    first, second = row(5, 1, "order-1"), row(9, 2, "order-1")
    world = World([first], [second])
    step = world.step(Seen(0), 10)
    assert step.shown == [second]

    world = World([], [first])  # the first copy is the event
    assert world.step(step.seen, 10).shown == []


def test_so_many_unsettled_rows_are_held_apart_and_the_others_follow() -> None:
    late = row(0, 10**6)
    world = World([late], [row(at, at) for at in range(1, MAX_MARKS + 200)])
    seen, shown = Seen(-1), list[Found]()
    for _ in range(5):
        step = world.step(seen, 500)
        seen = through_text(step.seen)
        shown += step.shown
    assert (len(shown), step.held, step.more) == (MAX_MARKS, True, False)

    world = World([], [*world.visible, late])
    shown += rest(world, seen, 500)
    assert len({one.mark for one in shown}) == len(shown) == MAX_MARKS + 200


def test_a_row_that_was_erased_leaves_no_mark() -> None:
    world = World([row(0, 9)], [row(1, 1), row(2, 2)])
    seen = world.step(Seen(-1), 10).seen
    assert len(seen.marks) == 2
    assert World(world.hidden, world.visible[1:]).step(seen, 10).seen.marks == {row(2, 2).mark}


@given(st.text(max_size=60) | st.just("WzEsMSwiIl0.AAAA"))
def test_another_s_text_is_refused(text: str) -> None:
    refused(text, {}, "p")


def test_a_text_belongs_to_its_filters_and_project() -> None:
    text = seen_text.text_of(Seen(7, "a", frozenset({b"123456"})), {"name": "a"}, "p")
    assert seen_text.seen_of(text, {"name": "a"}, "p").at_ms == 7
    head, _, _ = text.partition(".")
    for told, asked, project in (
        (text, {}, "p"), (text, {"name": "a"}, "q"), (f"{head}.", {"name": "a"}, "p"),
    ):  # fmt: skip
        refused(told, asked, project)


def refused(text: str, asked: dict[str, str], project: str) -> None:
    try:
        seen_text.seen_of(text, asked, project)
    except ValueError as error:
        assert str(error) == seen_text.NOT_OURS
    else:
        raise AssertionError("it was taken")


def newest(rows: Sequence[Found]) -> list[Found]:
    return sorted(rows, key=lambda one: one.place, reverse=True)


def test_a_walk_begins_with_what_is_there() -> None:
    rows = newest([row(at, at) for at in range(10)])
    step = live_walk.begun(rows, 8, 4)
    assert step.shown == rows[:4]
    assert step.seen == Seen(8, marks=frozenset(one.mark for one in rows[:2]))
    assert not step.more
    assert World([], rows).step(step.seen, 10).shown == []


def test_what_is_not_settled_and_not_on_the_first_page_comes_with_the_next() -> None:
    rows = newest([row(at, at) for at in range(10)])
    step = live_walk.begun(rows, 5, 3)
    assert (step.shown, step.more) == (rows[:3], True)
    assert World([], rows).step(step.seen, 10).shown == rows[3:5][::-1]


def test_a_table_of_which_more_is_there_holds_the_others_back() -> None:
    first, last = row(1, 1), row(9, 9)
    step = live_walk.after(Seen(0), [first, last], 100, 10, cut=[first.place])
    assert (step.shown, step.more, step.seen.place) == ([first], True, first.place)
