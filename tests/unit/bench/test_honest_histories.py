"""An honest store, asked by several clients at once in any order, never breaks a law of reading."""

from dataclasses import dataclass, field, replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bench.chaos.history.laws import check
from bench.chaos.history.model import (
    Answer,
    Erasure,
    History,
    Outcome,
    Receipt,
    Seen,
    Status,
    Walk,
    Write,
)

TICK_MS, MS = 10, 1_000_000
ABOUT, NUMBERS, PAGE = range(8), 8, 2
OWN_IDS = 4  # events below have an id of the server's and a customer, the others are sent again


@dataclass
class Stored:
    """A copy of an event."""

    number: int
    event_id: str
    received_ms: int
    visible: bool = False
    erased: bool = False


@dataclass
class Store:
    """A store whose requests take time: each has its effect between its two moments.

    Crashes are answers that never come; deliveries come late, and out of order by a spill.
    """

    random: Random
    now_ms: int = 1_000
    copies: list[Stored] = field(default_factory=list)
    history: History = field(default_factory=History)
    accepted: set[int] = field(default_factory=set)

    def tick(self) -> int:
        self.now_ms += TICK_MS
        return self.now_ms * MS

    def others(self) -> None:
        """Let other clients' requests have their effect within this one."""
        if self.random.random() < 0.4:
            self.random.choice((self.deliver, self.write, self.erase))()

    def deliver(self) -> None:
        for copy in self.copies:
            copy.visible |= self.random.random() < 0.6
        self.tick()

    def write(self) -> None:
        number = self.random.randrange(NUMBERS)
        mine = [one for one in self.history.writes if one.number == number]
        if mine and number < OWN_IDS:
            return
        outcome = self.random.choice(list(Outcome))
        sent, place = self.tick(), len(self.history.writes)
        stored = outcome is Outcome.ACCEPTED or (
            outcome is Outcome.UNKNOWN and self.random.random() < 0.5
        )
        event_id = f"id-{number}-{place}"
        if stored:
            self.copies.append(Stored(number, event_id, self.now_ms))
        own, customer = (event_id, f"customer-{number % 2}") if number < OWN_IDS else (None, None)
        told_id = own if outcome is Outcome.ACCEPTED else None
        told = self.tick()
        write = Write(number, outcome, sent, told, self.now_ms, told_id, customer)
        self.history.writes.append(write)

    def erase(self) -> None:
        customer = self.random.randrange(2)
        asked, sure = self.tick(), self.random.random() < 0.7
        if sure or self.random.random() < 0.5:
            for copy in self.copies:
                copy.erased |= copy.number < OWN_IDS and copy.number % 2 == customer
        erasure = Erasure(f"customer-{customer}", asked, self.tick(), sure)
        self.history.erasures.append(erasure)

    def rows(self) -> dict[int, Stored]:
        """Return what is visible, of copies the first one."""
        seen: dict[int, Stored] = {}
        for copy in self.copies:
            if copy.visible and not copy.erased:
                seen.setdefault(copy.number, copy)
        return seen

    def fresh_to_ms(self) -> int:
        waiting = [copy.received_ms for copy in self.copies if not copy.visible]
        return min(waiting, default=self.now_ms)

    def question(self) -> None:
        asked = self.tick()
        self.others()
        fresh, found = self.fresh_to_ms(), self.rows()
        rows = tuple(Seen(number, copy.event_id) for number, copy in found.items())
        self.others()
        self.history.questions.append(Answer(ABOUT, asked, self.tick(), fresh, rows))

    def walk(self) -> None:
        """Read pages, newest first; each begins after the last row of the one before."""
        pages: list[Answer] = []
        place, ended = self.now_ms + 10**6, False
        while not ended and self.random.random() < 0.9:
            asked, fresh = self.tick(), self.fresh_to_ms()
            left = sorted(
                (copy for copy in self.rows().values() if copy.received_ms < place),
                key=lambda copy: -copy.received_ms,
            )
            page, ended = left[:PAGE], len(left) <= PAGE
            rows = tuple(Seen(copy.number, copy.event_id) for copy in page)
            pages.append(Answer(ABOUT, asked, self.tick(), fresh, rows))
            place = page[-1].received_ms if page else place
            self.others()
        if pages:
            self.history.walks.append(Walk(ABOUT, tuple(pages), ended))

    def receipt(self) -> None:
        accepted = [one for one in self.history.writes if one.outcome is Outcome.ACCEPTED]
        if not accepted:
            return
        number, asked = self.random.choice(accepted).number, self.tick()
        lying = [one for one in self.copies if one.number == number and not one.erased]
        status = Status.DURABLE if lying else Status.UNKNOWN
        shown = self.rows().get(number)
        event_id = shown.event_id if shown else ""
        if shown:
            status = Status.VISIBLE
        self.others()
        self.history.receipts.append(Receipt(number, asked, self.tick(), status, event_id))


def honest(seed: int, steps: int) -> History:
    store = Store(Random(seed))
    for _ in range(steps):
        store.random.choice(
            (store.write, store.deliver, store.question, store.walk, store.receipt, store.erase)
        )()
    return store.history


SEEDS, STEPS = st.integers(0, 2**32), st.integers(0, 60)


@given(seed=SEEDS, steps=STEPS)
def test_no_law_is_broken_by_an_honest_store(seed: int, steps: int) -> None:
    assert check(honest(seed, steps)) == ()


@given(seed=SEEDS, pick=st.randoms(use_true_random=False))
def test_a_row_that_is_taken_out_or_put_in_is_found_wherever_it_proves_something(
    seed: int, pick: Random
) -> None:
    """An answer is repeated at the end, when all of it is known, with one row less or more."""
    history = honest(seed, 40)
    full = [one for one in history.questions if one.rows]
    if not full:
        return
    end = 10**15
    erased = {erasure.customer for erasure in history.erasures}
    whose = {one.number: one.customer for one in history.writes}
    answer = pick.choice(full)
    row = pick.choice(answer.rows)
    late = replace(answer, asked=end, answered=end + 1)
    less = replace(late, rows=tuple(one for one in answer.rows if one is not row))
    if whose[row.number] not in erased:
        history.questions.append(less)
        assert row.number in {one.number for one in check(history)}
        history.questions.pop()
    history.questions.append(replace(late, rows=(*answer.rows, row)))
    assert row.number in {one.number for one in check(history)}
