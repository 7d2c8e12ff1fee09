"""The judge of a chaos run finds each kind of loss, and nothing where there is none."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.chaos import report
from bench.chaos.dialects import SPEAKERS, Event, Fate
from bench.chaos.ledger import Ledger, Row
from bench.chaos.trial import Result
from tests.support.server import Answer

DEMO = {
    name: name for name in ("write_key", "client_id", "project_key", "site_origin",
                            "customer_site_id", "tracify_token")
}  # fmt: skip
GOOD, BAD = Event(0), Event(1, spoilt=True)


def told(**options: bool) -> Ledger:
    """Return a ledger of five events: accepted, refused, to be sent again, no answer, accepted."""
    ledger = Ledger(**options)
    numbers = [ledger.new() for _ in range(5)]
    ledger.accept(numbers[0], "id-0", own_id=True)
    ledger.refuse(numbers[1])
    ledger.send_again(numbers[2])
    ledger.unanswered([numbers[3]])
    ledger.accept(numbers[4], None, own_id=False)
    return ledger


SEEN = [Row(0, "id-0", 1), Row(4, "id-4", 1)]


def found(ledger: Ledger, *rows: Row) -> dict[str, int]:
    return {name: count for name, count in ledger.check(rows).counts().items() if count}


def test_what_was_accepted_once_and_is_seen_once_is_fine() -> None:
    """And what nobody answered may be seen or not."""
    assert not told().check(SEEN)
    assert not told().check([*SEEN, Row(3, "id-3", 1)])


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        ([SEEN[0]], "missing"),
        ([*SEEN, Row(4, "id-9", 1)], "doubled"),
        ([SEEN[0], Row(4, "id-4", 2)], "doubled"),
        ([*SEEN, Row(3, "id-3", 2)], "doubled"),
        ([*SEEN, Row(1, "id-1", 1)], "refused_but_visible"),
        ([*SEEN, Row(2, "id-2", 1)], "retry_but_visible"),
        ([*SEEN, Row(5, "id-5", 1)], "never_sent"),
        ([*SEEN, Row(-1, "id-5", 1)], "never_sent"),
        ([*SEEN, Row(3, "id-4", 1)], "ids_given_twice"),
        ([Row(0, "id-1", 1), SEEN[1]], "ids_unlike_the_answer"),
    ],
)
def test_each_kind_of_loss_is_found(rows: list[Row], finding: str) -> None:
    assert found(told(), *rows) == {finding: 1}


def test_an_id_in_two_answers_is_found() -> None:
    ledger = told()
    ledger.accept(ledger.new(), "id-0", own_id=True)
    assert found(ledger, *SEEN, Row(5, "id-5", 1)).keys() >= {"ids_given_twice"}


def test_a_503_is_no_promise_where_a_call_may_fail_after_its_commit() -> None:
    ledger = told(sure_503=False)
    assert not ledger.check([*SEEN, Row(2, "id-2", 1)])


def test_an_earlier_try_without_an_answer_may_have_been_stored() -> None:
    ledger = told()
    ledger.send_again(3)
    assert not ledger.check([*SEEN, Row(3, "id-3", 1)])
    ledger.accept(3, None, own_id=False)
    assert found(ledger, *SEEN) == {"missing": 1}


def test_what_an_erasure_may_have_taken_is_not_missing() -> None:
    ledger = told()
    assert not ledger.check([SEEN[0]], {4}).missing
    assert ledger.check([SEEN[0]], {3}).missing == [4]


def test_problems_are_findings() -> None:
    ledger = told()
    ledger.problem("exit code 1")
    assert "exit code 1" in ledger.check(SEEN).told()


@pytest.mark.parametrize("speaker", SPEAKERS, ids=lambda one: one.name)
def test_no_answer_is_read_as_a_success_by_default(speaker: Any) -> None:
    """503 is to be sent again, 500 is a problem, a success for a spoilt event is one too."""
    assert speaker.write(DEMO, [GOOD]).body
    for event, status, fate in (
        (GOOD, 503, Fate.AGAIN),
        (BAD, 503, Fate.REFUSED),
        (GOOD, 500, Fate.UNEXPECTED),
        (BAD, 400, Fate.REFUSED),
    ):
        assert speaker.read(Answer(status, {}, {}), [event]) == [(fate, None)]
    answers: tuple[dict[str, Any], ...] = (
        {},
        {"status": True},
        {"results": [{"status": "success"}]},
    )
    read = [speaker.read(Answer(200, {}, body), [BAD])[0][0] for body in answers]
    assert Fate.UNEXPECTED in read
    assert Fate.ACCEPTED not in read


def result(**findings: int) -> Result:
    counts = told().check(SEEN).counts() | findings
    return Result("kill", 2, 1000, 900, 5, 3, 1, 12, 70, {}, 1, 1.5, counts, "", "1 kill")


def test_the_page_gets_the_table_between_its_marks(tmp_path: Path) -> None:
    page, kept = tmp_path / "page.md", tmp_path / "page.json"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    run = report.document("7", [result(), result(missing=2)], 12.3)
    report.write_docs(run, page, kept)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| kill | 1 kill | 1,000 | 900 | 70 | 2 | 0 | 0 | 0 | 12 |" in text
    assert "| **all** | | 2,000 | 1,800 | 140 | 2 | 0 | 0 | 0 | |" in text
    assert json.loads(kept.read_text())["good"] is False


def test_the_committed_page_shows_the_committed_run() -> None:
    """The table was not written by hand."""
    run = json.loads(report.KEPT.read_text(encoding="utf-8"))
    assert run["good"]
    assert report.markdown(run) in report.PAGE.read_text(encoding="utf-8")
