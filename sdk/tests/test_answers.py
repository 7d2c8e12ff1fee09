"""What an answer means for each event of a batch of three."""

import json
from typing import Any

import pytest

from openbunker_client import Request, Response
from openbunker_client.delivery import answers
from openbunker_client.delivery.sending import sender
from openbunker_client.model import Again, Refusal, Settled, TooMuch
from sdk.tests.simulated import items, settings

GOOD = {"status": "success", "type": "custom", "eventId": "1"}
BAD = {"status": "error", "message": "Invalid event schema", "eventType": "custom"}
FOUND = [{"code": "too_big", "path": ["name"], "message": "Too big"}]


def read(status: int, body: Any, **headers: str) -> Any:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return answers.read(Response(status, names, text), 3, lambda: 1_700_000_000.0)


def batch(*results: Any) -> dict[str, Any]:
    return {"status": "success", "batch": True, "processed": len(results), "results": [*results]}


def ends(answer: Any) -> list[Any]:
    assert isinstance(answer, Settled)
    return [
        (one.reason, one.message) if isinstance(one, Refusal) else one for one in answer.results
    ]


def test_a_good_batch() -> None:
    assert ends(read(200, batch(GOOD, GOOD, GOOD))) == [None, None, None]


def test_a_bad_event_among_good_ones_is_named_with_what_is_wrong() -> None:
    answer = read(
        200, batch(GOOD, {**BAD, "errors": FOUND}, GOOD), x_openbunker_reason="invalid_schema"
    )
    told = ("invalid_schema", "Invalid event schema; name: Too big")
    assert ends(answer) == [None, told, None]


def test_an_event_that_the_stream_did_not_take_is_sent_again() -> None:
    left = {"status": "error", "message": "This was not stored; send it again."}
    answer = read(
        200, batch(GOOD, left, {**BAD, "errors": FOUND}),
        x_openbunker_reason="stream_unavailable", retry_after="2",
    )  # fmt: skip
    assert ends(answer)[:2] == [None, True]
    assert ends(answer)[2][0] == "invalid_schema"
    assert answer.after == 2.0


def test_a_refused_event_of_the_hosted_service_which_names_no_code() -> None:
    assert ends(read(200, batch(GOOD, GOOD, {"status": "error", "message": "No"})))[2] == (
        "refused",
        "No",
    )


@pytest.mark.parametrize(
    ("message", "code"),
    [("Invalid or inactive client ID", "unknown_key"), ("Exceeded event limit", "over_quota")],
)
def test_a_refusal_of_the_request_is_one_of_each_event(message: str, code: str) -> None:
    body = {"status": "error", "message": message, "batch": True}
    assert ends(read(200, body, x_openbunker_reason=code)) == [(code, message)] * 3


def test_a_key_that_is_refused_by_status() -> None:
    assert ends(read(401, {"error": "Unauthorized"})) == [("http_401", "Unauthorized")] * 3


@pytest.mark.parametrize(
    "answer",
    [
        read(413, b""),
        read(400, {"message": "Invalid"}),
        read(200, {"status": "error", "message": "Payload too large", "batch": True}),
        read(200, {"status": "error", "message": "Batch too large"}),
    ],
)
def test_what_fewer_events_may_mend(answer: Any) -> None:
    assert isinstance(answer, TooMuch)


@pytest.mark.parametrize(
    "answer",
    [
        read(503, b"", retry_after="7"),
        read(429, b"", retry_after="7"),
        read(503, b"", retry_after="Tue, 14 Nov 2023 22:13:27 GMT"),
        read(200, {"status": "error"}, x_openbunker_reason="internal_error", retry_after="7"),
    ],
)  # fmt: skip
def test_a_retry_after_is_seconds_or_a_date(answer: Any) -> None:
    assert isinstance(answer, Again)
    assert answer.after == 7.0


@pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "Tue, 99 Nov 2023 22:13:27 GMT"])
def test_a_retry_after_that_says_nothing(text: str) -> None:
    assert read(503, b"", retry_after=text).after is None


def test_a_retry_after_in_the_past_is_now() -> None:
    assert read(503, b"", retry_after="-5").after == 0


def test_over_the_quota_is_kept_by_the_server_and_not_sent_again() -> None:
    answer = read(429, {"message": "Over"}, x_openbunker_reason="over_quota")
    assert ends(answer) == [("over_quota", "Over")] * 3


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>sign in to this network</html>"),
        (200, b""),
        (204, b""),
        (200, b"[" * 100_000),
        (200, b"\xff\xfe"),
        (200, json.dumps(batch(GOOD)).encode()),  # of another batch
        (200, json.dumps(batch(GOOD, "?", GOOD) | {"results": "?"}).encode()),
        (200, b"null"),
        (302, b""),
        (408, b""),
        (502, b"<html>"),
        (101, b""),
        (404, b"default backend - 404"),
        (403, b"<html>blocked</html>"),
    ],
)
def test_what_no_collector_says_is_no_success(status: int, body: bytes) -> None:
    assert isinstance(read(status, body), Again)


def test_a_result_that_says_nothing_is_sent_again() -> None:
    assert ends(read(200, batch(GOOD, None, GOOD))) == [None, True, None]


def test_what_casts_suspicion_on_an_event() -> None:
    assert read(500, b"").suspect
    assert read(403, b"<html>a firewall</html>").suspect
    assert not read(503, b"").suspect
    assert [read(status, b"").unclear for status in (502, 504, 503, 429)] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("error", "unclear"),
    [
        (ConnectionResetError("by peer"), True), (TimeoutError("late"), True),
        (ConnectionRefusedError("nobody"), False), (OSError("no route"), False),
        (RuntimeError("a transport's own"), True),
    ],
)  # fmt: skip
def test_a_failure_after_the_request_was_sent_may_be_an_events(
    error: Exception, unclear: bool
) -> None:
    def fails(_: Request) -> Response:
        raise error

    answer = sender(settings(), fails)(items("a"))
    assert isinstance(answer, Again)
    assert answer.unclear is unclear
