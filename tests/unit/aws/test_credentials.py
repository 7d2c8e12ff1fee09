"""Credentials that end: asked for ahead of that, kept while nobody hands out others."""

import json

import pytest

from openbunker.aws.client import FIREHOSE, AwsJsonClient
from openbunker.aws.container import borrower
from openbunker.aws.credentials import AHEAD_MS, PAUSE_MS, CredentialsUnavailable, Lent
from openbunker.aws.errors import AwsError
from openbunker.aws.sigv4 import Credentials
from tests.support.scripted import scripted

HOUR_MS = 3_600_000


class Office:
    """Hands out numbered credentials for an hour, by its own clock, unless it is closed."""

    def __init__(self) -> None:
        self.now_ms, self.given, self.closed = 0, 0, False

    def __call__(self) -> tuple[Credentials, int]:
        self.given += 1
        if self.closed:
            raise CredentialsUnavailable("closed")
        return Credentials(str(self.given), "s"), self.now_ms + HOUR_MS


def at(source: Lent, office: Office, now_ms: int) -> str:
    office.now_ms = now_ms
    return source.current(now_ms).access_key_id


def test_others_are_asked_for_ahead_of_the_end() -> None:
    office = Office()
    source = Lent(office)
    assert [at(source, office, ms) for ms in (0, 1, HOUR_MS - AHEAD_MS - 1)] == ["1"] * 3
    assert at(source, office, HOUR_MS - AHEAD_MS) == "2"


def test_what_is_still_good_is_used_while_there_is_nothing_else() -> None:
    """And the endpoint is asked now and then, not for each request."""
    office = Office()
    source = Lent(office)
    at(source, office, 0)
    office.closed, late = True, HOUR_MS - AHEAD_MS
    assert [at(source, office, late + ms) for ms in (0, 1, PAUSE_MS - 1)] == ["1"] * 3
    assert office.given == 2
    with pytest.raises(CredentialsUnavailable):
        at(source, office, HOUR_MS)
    office.closed = False
    assert at(source, office, HOUR_MS + 1) == "4"


def test_short_lived_ones_are_not_asked_for_at_each_request() -> None:
    """Some are lent for less than the time ahead."""
    lent: list[int] = []

    def borrow() -> tuple[Credentials, int]:
        lent.append(1)
        return Credentials("id", "s"), AHEAD_MS // 2

    source = Lent(borrow)
    for now_ms in range(0, PAUSE_MS, 1000):
        source.current(now_ms)
    assert len(lent) == 1


def test_without_any_a_call_says_so() -> None:
    office = Office()
    office.closed = True
    client = AwsJsonClient(FIREHOSE, region="x", credentials=Lent(office), now_ms=lambda: 0)
    with pytest.raises(AwsError, match="CredentialsUnavailable: closed"):
        client.call("PutRecordBatch", b"{}")


def answered(body: object, status: int = 200) -> bytes:
    data = json.dumps(body).encode()
    return b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%s" % (status, len(data), data)


TOLD = {
    "AccessKeyId": "id",
    "SecretAccessKey": "secret",
    "Token": "token",
    "Expiration": "1970-01-01T00:00:02Z",
}


def test_the_endpoint_is_asked_with_its_token() -> None:
    with scripted([answered(TOLD)]) as server:
        borrow = borrower(
            {
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/credentials?role=1",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "let-me-in",
            }
        )
        assert borrow() == (Credentials("id", "secret", "token"), 2000)
    assert server.requests[0].startswith(b"GET /credentials?role=1 HTTP/1.1\r\n")
    assert b"\r\nauthorization: let-me-in\r\n" in server.requests[0]


@pytest.mark.parametrize(
    "answer",
    [
        *(answered({}), answered([]), answered(TOLD, 404), answered({**TOLD, "Expiration": "x"})),
        *(answered({**TOLD, "Expiration": None}), b"<html>"),
    ],
)
def test_an_endpoint_that_says_something_else_has_none(answer: bytes) -> None:
    with scripted([answer + b"|<close>"]) as server:
        borrow = borrower({"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url})
        with pytest.raises(CredentialsUnavailable):
            borrow()


def test_a_token_that_cannot_be_read_is_none() -> None:
    borrow = borrower(
        {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/no/such/file",
        }
    )
    with pytest.raises(CredentialsUnavailable, match="TOKEN_FILE cannot be read"):
        borrow()


@pytest.mark.parametrize(
    "uri", ["http://example.com/", "http://127.0.0.1.example.com/", "file:///x"]
)
def test_secrets_are_not_fetched_over_an_open_network(uri: str) -> None:
    with pytest.raises(ValueError, match="AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        borrower({"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri})
