"""The table of reasons in docs/reasons.md is the table in the code."""

from pathlib import Path

from openbunker.core.reasons import FACTS, Reason

PAGE = Path(__file__).parents[3] / "docs" / "reasons.md"


def table() -> str:
    """Return the table as the page must hold it."""
    lines = ["| code | status | may be resent | what to do |", "| --- | --- | --- | --- |"]
    for reason, facts in FACTS.items():
        resend = "yes" if facts.retryable else "no"
        lines.append(f"| `{reason}` | {facts.status} | {resend} | {facts.advice} |")
    return "\n".join(lines)


def test_the_page_holds_every_reason_as_the_code_does() -> None:
    assert table() in PAGE.read_text(), f"docs/reasons.md must hold:\n{table()}"


def test_every_reason_has_its_facts() -> None:
    assert set(FACTS) == set(Reason)


def test_what_may_be_resent_is_a_503_or_a_504_and_nothing_else_is() -> None:
    """But for what comes too fast (429) or too slowly (408): those say whose turn it is."""
    for reason in set(Reason) - {Reason.RATE_LIMITED, Reason.REQUEST_TIMEOUT}:
        assert (reason.facts.status in (503, 504)) == reason.facts.retryable


def test_what_is_unexpected_may_be_resent() -> None:
    assert all(facts.retryable for facts in FACTS.values() if facts.unexpected)
