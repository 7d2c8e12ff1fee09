"""What a failed engine is to whoever asked: the status, the reason and what the log holds."""

import pytest

from openbunker.core.errors import QueryBusy, QueryTimedOut, QueryTooLarge, QueryUnavailable
from openbunker.web.http import REASON_HEADER
from tests.unit.query.test_endpoint import Front

CASES = [
    (QueryUnavailable("execution-1 FAILED"), 503, "query_unavailable", True),
    (QueryTimedOut("execution-1 took more than 25 s"), 504, "query_timeout", True),
    (QueryTooLarge("execution-1 CANCELLED: bytes scanned limit"), 400, "query_too_large", False),
]


@pytest.mark.parametrize(("error", "status", "reason", "again"), CASES)
def test_a_failure_is_told_by_its_reason(
    error: Exception, status: int, reason: str, again: bool
) -> None:
    front = Front(error=error)

    answer = front.ask()

    assert (answer["statusCode"], answer["headers"][REASON_HEADER]) == (status, reason)
    assert answer["body"]["code"] == reason
    assert ("retry-after" in answer["headers"]) == again
    assert "execution-1" not in answer["body"]["error"]


def test_who_had_no_turn_is_told_why_and_when_to_ask_again() -> None:
    front = Front(error=QueryBusy("Others' questions took all the time."))

    answer = front.ask()

    assert (answer["statusCode"], answer["headers"][REASON_HEADER]) == (503, "server_busy")
    assert answer["headers"]["retry-after"] == "20"
    assert answer["body"]["error"] == "Others' questions took all the time."
    assert not [line for line in front.lines if line.get("level") == "ERROR"]


def test_the_log_holds_the_failures_of_ours_alone() -> None:
    """A question that is too large is the caller's matter; no alarm for it."""
    told = []
    for error, *_ in CASES:
        front = Front(error=error)
        front.ask()
        told += [line["error"] for line in front.lines if line.get("level") == "ERROR"]
    assert told == [str(CASES[0][0]), str(CASES[1][0])]
