"""The laws of reading find each kind of false answer, and nothing in a history that is honest."""

from dataclasses import replace

import pytest

from bench.chaos.history.laws import Law, check, may_be_erased
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

ABOUT = range(10)
MS = 1_000_000
# The event is sent at 10 and accepted at 20, by both clocks.
WRITE = Write(1, Outcome.ACCEPTED, 10 * MS, 20 * MS, 20, "id-1", "erna")
ROW = Seen(1, "id-1")


def read(asked: int, *rows: Seen, fresh: int | None = None, lasts: int = 5) -> Answer:
    fresh_ms = asked if fresh is None else fresh
    return Answer(ABOUT, asked * MS, (asked + lasts) * MS, fresh_ms, rows)


def erased(asked: int, *, sure: bool = True) -> Erasure:
    return Erasure("erna", asked * MS, (asked + 5) * MS, sure)


def receipt(asked: int, status: Status, event_id: str = "id-1", number: int = 1) -> Receipt:
    return Receipt(number, asked * MS, (asked + 5) * MS, status, event_id)


def broken(history: History, **options: bool) -> list[Law]:
    return [one.law for one in check(history, **options)]


def asked(*answers: Answer, write: Write = WRITE, **options: bool) -> list[Law]:
    return broken(History([write], list(answers)), **options)


def test_an_event_may_be_missed_until_an_answer_is_fresh_to_its_acceptance() -> None:
    assert asked(read(15), read(30, fresh=20), read(40, ROW)) == []
    assert asked(read(12, ROW)) == []
    assert asked(read(30, fresh=21)) == [Law.ABSENT]
    assert asked(read(30, fresh=21), true_clock=False) == []


def test_an_event_of_another_range_is_not_missed() -> None:
    assert asked(read(30), write=replace(WRITE, number=10)) == []


def test_what_was_seen_is_seen_by_all_who_ask_later() -> None:
    assert asked(read(12, ROW), read(18, fresh=0)) == [Law.UNSEEN]
    assert asked(read(12, ROW), read(18, fresh=0), true_clock=False) == [Law.UNSEEN]
    assert asked(read(12, ROW), read(17, fresh=0)) == []  # asked before the other was answered


def test_nothing_is_twice_in_an_answer() -> None:
    assert asked(read(30, ROW, ROW)) == [Law.TWICE]
    assert asked(read(30, Seen(1, "id-1", 2))) == [Law.TWICE]


@pytest.mark.parametrize(
    "rows",
    [(Seen(1, "id-9"),), (ROW, Seen(2, "id-1"))],
    ids=["another id than the sender was told", "an id for two events"],
)
def test_ids_are_one_event_s(rows: tuple[Seen, ...]) -> None:
    other = replace(WRITE, number=2, event_id=None)
    answers = [read(30, ROW, fresh=0), read(40, *rows, fresh=0)]
    assert broken(History([WRITE, other], answers)) == [Law.IDS]


def test_an_event_that_was_sent_once_keeps_its_id_and_one_that_was_sent_again_may_not() -> None:
    once = replace(WRITE, event_id=None)
    answers = [read(30, Seen(1, "a")), read(40, Seen(1, "b"))]
    assert broken(History([once], answers)) == [Law.IDS]
    assert broken(History([once, once], answers)) == []


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.AGAIN])
def test_what_was_not_stored_is_never_seen(outcome: Outcome) -> None:
    never = replace(WRITE, outcome=outcome)
    assert asked(read(30), write=never) == []
    assert asked(read(30, ROW), write=never) == [Law.GHOST]
    again = replace(WRITE, sent=50 * MS, told=60 * MS, told_ms=60)
    assert broken(History([never, again], [read(70, ROW)])) == []
    assert broken(History([never, again], [read(30, ROW)])) == [Law.GHOST]


def test_a_503_says_nothing_where_a_call_may_fail_after_its_commit() -> None:
    unsure = replace(WRITE, outcome=Outcome.AGAIN)
    assert asked(read(30, ROW), write=unsure, sure_503=False) == []


def test_what_nobody_answered_may_be_seen_but_not_before_it_was_sent() -> None:
    unknown = replace(WRITE, outcome=Outcome.UNKNOWN, event_id=None)
    assert asked(read(30, ROW), write=unknown) == []
    assert asked(read(30), write=unknown) == []
    assert asked(read(2, ROW), write=unknown) == [Law.GHOST]
    assert asked(read(30, Seen(7, "x")), write=unknown) == [Law.GHOST]


def test_an_erasure_takes_away_what_was_accepted_before_it() -> None:
    history = History([WRITE], [read(30, ROW), read(42), read(50)], erasures=[erased(40)])
    assert broken(history) == []
    assert may_be_erased(history) == {1}
    history.questions.append(read(60, ROW))
    assert broken(history) == [Law.ERASED]


def test_an_erasure_excuses_nothing_before_it_and_no_later_event() -> None:
    assert broken(History([WRITE], [read(30)], erasures=[erased(40)])) == [Law.ABSENT]
    later = replace(WRITE, sent=50 * MS, told=55 * MS, told_ms=55)
    assert broken(History([later], [read(60)], erasures=[erased(40)])) == [Law.ABSENT]
    other = replace(WRITE, customer="otto")
    assert broken(History([other], [read(60)], erasures=[erased(40)])) == [Law.ABSENT]


def test_an_erasure_without_an_answer_was_done_or_not_but_not_both() -> None:
    """And so is one beside a write: whether it came first is seen by the first who asks."""
    beside = replace(WRITE, sent=39 * MS, told=50 * MS, told_ms=50)
    for write, erasure in ((WRITE, erased(40, sure=False)), (beside, erased(40))):
        for rows in ((), (ROW,)):
            answers = [read(60, *rows), read(70, *rows)]
            assert broken(History([write], answers, erasures=[erasure])) == []
        answers = [read(60), read(70, ROW)]
        assert broken(History([write], answers, erasures=[erasure])) == [Law.ERASED]


def walk(*pages: Answer, ended: bool = True) -> Walk:
    return Walk(ABOUT, pages, ended)


def test_a_walk_has_what_was_there_before_it_once() -> None:
    first, second = read(30), read(40, ROW)
    assert broken(History([WRITE], walks=[walk(first, second)])) == []
    assert broken(History([WRITE], walks=[walk(first, ended=False)])) == []
    assert broken(History([WRITE], walks=[walk(first, read(40))])) == [Law.SKIPPED]
    assert broken(History([WRITE], walks=[walk(read(15), read(40))])) == []
    twice = [walk(read(30, ROW), second, ended=False)]
    assert broken(History([WRITE], walks=twice)) == [Law.TWICE]


def test_a_walk_may_miss_what_is_erased_before_its_end() -> None:
    pages = walk(read(30), read(40))
    assert broken(History([WRITE], walks=[pages], erasures=[erased(35)])) == []
    assert broken(History([WRITE], walks=[pages], erasures=[erased(46)])) == [Law.SKIPPED]


def test_what_a_page_showed_is_seen_by_questions_too() -> None:
    history = History([WRITE], [read(18, fresh=0)], [walk(read(12, ROW), ended=False)])
    assert broken(history) == [Law.UNSEEN]


@pytest.mark.parametrize(
    ("status", "right"),
    [
        (Status.UNKNOWN, False),
        (Status.REFUSED, False),
        (Status.DURABLE, True),
        (Status.VISIBLE, True),
    ],
)
def test_a_receipt_knows_what_was_accepted(status: Status, *, right: bool) -> None:
    assert broken(History([WRITE], receipts=[receipt(15, status)])) == []
    wrong = [] if right else [Law.RECEIPT]
    assert broken(History([WRITE], receipts=[receipt(30, status)])) == wrong
    if status is Status.UNKNOWN:
        gone = History([WRITE], receipts=[receipt(50, status)], erasures=[erased(40)])
        assert broken(gone) == []


def test_receipts_and_questions_agree() -> None:
    def both(answer: Answer, told: Receipt) -> list[Law]:
        return broken(History([WRITE], [answer], receipts=[told]))

    seen = read(30, ROW)
    assert both(seen, receipt(40, Status.DURABLE)) == [Law.RECEIPT]
    assert both(read(40, fresh=0), receipt(30, Status.DURABLE)) == []
    assert both(read(40, fresh=0), receipt(30, Status.VISIBLE)) == [Law.UNSEEN]
    assert both(seen, receipt(40, Status.VISIBLE, "id-9")) == [Law.IDS]


def test_a_receipt_does_not_show_who_is_erased() -> None:
    found = receipt(50, Status.VISIBLE)
    assert broken(History([WRITE], receipts=[found], erasures=[erased(40)])) == [Law.ERASED]


def test_a_violation_says_what_and_where() -> None:
    (one,) = check(History([WRITE], [read(30)]))
    assert str(one) == f"event 1 {Law.ABSENT} (at {35 * MS})"
    assert History([WRITE], [read(30)], [walk(read(30), read(40))]).reads() == 3
