import pytest

from openbunker_local.testing import ledger as ledgers
from openbunker_local.testing.ledger import Ledger, matching


def event(name: str, dialect: str = "databuddy", key: str = "") -> dict[str, object]:
    return {"project_id": "p", "dedupe_key": key or name, "event_name": name, "dialect": dialect}


def refused(sent: object, reason: str = "invalid_schema") -> dict[str, object]:
    return {"dialect": "databuddy", "reason": reason, "sent": sent}


def test_rows_come_back_in_their_order_and_by_name_and_dialect() -> None:
    ledger = Ledger()
    ledger.add([event("a"), event("b", "segment")], [])
    ledger.add([event("c")], [refused({"name": "a"}), refused("no json")])
    assert [row["event_name"] for row in ledger.good(matching((), ()))] == ["a", "b", "c"]
    assert [row["event_name"] for row in ledger.good(matching(["a", "b"], ["segment"]))] == ["b"]
    assert ledger.bad(matching(["a"], ())) == [refused({"name": "a"})]
    assert ledger.bad(matching((), ["tracify"])) == []


def test_an_event_that_is_sent_again_counts_once() -> None:
    ledger = Ledger()
    ledger.add([event("a", key="1"), event("a", key="1"), event("a", key="2")], [])
    assert len(ledger.good(matching((), ()))) == 2
    assert ledger.counts()["copies"] == 1
    assert ledger.counts()["good_by_name"] == {"a": 2}


def test_what_is_shown_is_bounded_and_what_is_counted_is_not() -> None:
    ledger = Ledger(most=2)
    ledger.add([event(name) for name in "abc"], [refused(number) for number in range(3)])
    assert [row["event_name"] for row in ledger.good(matching((), ()))] == ["b", "c"]
    assert (ledger.counts()["good"], ledger.counts()["bad"]) == (3, 3)


def test_what_is_shown_is_bounded_by_bytes_too() -> None:
    ledger = Ledger(most_bytes=1_000)
    for number in range(50):
        ledger.add([event(f"{number:0100}")], [refused("x" * 300)])
    good, bad = ledger.good(matching((), ())), ledger.bad(matching((), ()))
    assert [row["event_name"] for row in good] == [f"{n:0100}" for n in range(47, 50)]
    assert len(bad) == 2
    ledger.add([], [refused("y" * 2_000)])  # the newest is always shown
    assert [row["sent"] for row in ledger.bad(matching((), ()))] == ["y" * 2_000]
    assert ledger.counts()["bad"] == 51


def test_names_beyond_many_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers, "MAX_NAMES", 2)
    ledger = Ledger()
    ledger.add([event(name, key=f"{at}") for at, name in enumerate("abcda")], [])
    assert ledger.counts()["good_by_name"] == {"a": 2, "b": 1, ledgers.OTHERS: 2}


def test_what_is_too_deep_to_be_written_harms_no_request() -> None:
    deep: object = "x"
    for _ in range(100_000):
        deep = [deep]
    ledger = Ledger()
    ledger.add([], [refused(deep)])
    assert ledger.bad(matching((), ()))[0]["sent"] is None


def test_a_ledger_that_nobody_clears_does_not_grow_without_end() -> None:
    ledger = Ledger(most=2, most_known=3)
    ledger.add([event(name) for name in "abcd"], [])
    ledger.add([event("b"), event("a")], [])
    assert ledger.counts()["copies"] == 1  # of the newest three it is known
    assert ledger.counts()["good"] == 5


def test_nothing_is_left_of_what_was_before() -> None:
    ledger = Ledger()
    ledger.add([event("a")], [refused({})])
    ledger.clear()
    assert ledger.counts() == Ledger().counts()
    ledger.add([event("a")], [])
    assert ledger.counts()["good"] == 1
