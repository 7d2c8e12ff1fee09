"""Calls of the JSON client over a connection that says what a test wants: errors, retries, keys."""

import json
from collections.abc import Mapping

import pytest

from openbunker.aws.client import DYNAMODB, FIREHOSE, AwsJsonClient, Service
from openbunker.aws.connection import Connection, ConnectionFailed
from openbunker.aws.credentials import Lent
from openbunker.aws.errors import AwsError
from openbunker.aws.http1 import Answer
from openbunker.aws.retries import Retries
from openbunker.aws.sigv4 import Credentials

WHO = Credentials("id", "secret")
OK: Answer = (200, {}, b'{"Item": {}}')
GONE = ConnectionFailed("gone")


def refused(code: str, status: int = 400) -> Answer:
    """Return an answer with an error's code."""
    return status, {}, json.dumps({"__type": f"com.amazonaws#{code}", "message": "why"}).encode()


class Clock:
    """Seconds that pass when somebody sleeps, or when a call takes some."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Scripted(Connection):
    """A connection that gives the next answer, each after `takes` seconds or when time is up."""

    def __init__(self, clock: Clock, answers: list[Answer | Exception], takes: float = 0) -> None:
        super().__init__("https://h.invalid")
        self.clock, self.answers, self.takes = clock, answers, takes
        self.seconds: list[float] = []
        self.signers: list[str] = []

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        seconds: float | None = None,
    ) -> Answer:
        assert seconds is not None
        assert (method, path, body) == ("POST", "/", b"{}")
        self.seconds.append(round(seconds, 3))
        self.signers.append(headers["authorization"].split("Credential=")[1].split("/")[0])
        self.clock.now += min(self.takes, seconds)
        if self.takes > seconds:
            raise GONE
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Bench:
    """A client over a scripted connection, with a clock that stands still."""

    def __init__(
        self,
        *answers: Answer | Exception,
        service: Service = DYNAMODB,
        takes: float = 0,
        credentials: Credentials | Lent = WHO,
    ) -> None:
        self.clock = clock = Clock()
        self.connection = Scripted(clock, list(answers), takes)
        self.client = AwsJsonClient(
            service,
            region="us-east-1",
            credentials=credentials,
            now_ms=lambda: 0,
            connection=self.connection,
            retries=Retries(clock.monotonic, clock.sleep, lambda: 0.5),
            monotonic=clock.monotonic,
        )

    def call(self, operation: str = "GetItem", seconds: float | None = None) -> object:
        return self.client.call(operation, b"{}", seconds)

    def fails(self, operation: str = "GetItem", seconds: float | None = None) -> str:
        with pytest.raises(AwsError) as raised:
            self.call(operation, seconds)
        return raised.value.code


@pytest.mark.parametrize("operation", ["GetItem", "PutItem", "PutRecordBatch"])
def test_a_throttled_call_is_made_again(operation: str) -> None:
    """It was not carried out, so even a write may be; twice, with a growing pause."""
    bench = Bench(refused("ThrottlingException"), refused("RequestLimitExceeded"), OK)
    assert bench.call(operation) == {"Item": {}}
    assert bench.clock.slept == [0.05, 0.1]


@pytest.mark.parametrize("failure", [refused("InternalServerError", 500), (503, {}, b""), GONE])
def test_only_a_read_is_made_again_when_nobody_knows(failure: Answer | Exception) -> None:
    assert Bench(failure, OK).call("GetItem") == {"Item": {}}
    assert Bench(failure, OK).fails("UpdateItem")


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_what_lasts_is_told_at_once(code: str) -> None:
    bench = Bench(refused(code))
    assert bench.fails() == code
    assert bench.clock.slept == []


def test_three_failures_are_enough() -> None:
    bench = Bench(*[refused("ThrottlingException")] * 3)
    assert bench.fails() == "ThrottlingException"


def test_a_read_that_hangs_leaves_time_for_another() -> None:
    """Half of what is left, then half of that; all of it never takes longer than it may."""
    bench = Bench(takes=9)
    assert bench.fails(seconds=2) == "ConnectionFailed"
    assert bench.connection.seconds == [1.0, 0.475, 0.375]
    assert bench.clock.now <= 2


def test_no_call_is_begun_that_would_end_without_a_word() -> None:
    bench = Bench(refused("ThrottlingException"), OK, takes=0.9)
    assert bench.fails("PutItem", seconds=1) == "ThrottlingException"
    assert bench.clock.slept == []


def test_no_time_at_all_is_told_as_any_failure() -> None:
    assert Bench(OK).fails("GetItem", seconds=0) == "ConnectionFailed"
    assert Bench(OK).fails("PutItem", seconds=-1) == "ConnectionFailed"


def test_without_retries_a_call_is_made_once() -> None:
    """The stream's: what it did not take is the sink's to send again, record by record."""
    clock = Clock()
    connection = Scripted(clock, [refused("ThrottlingException"), OK])
    client = AwsJsonClient(
        FIREHOSE, region="x", credentials=WHO, now_ms=lambda: 0, connection=connection
    )
    with pytest.raises(AwsError, match="Throttling"):
        client.call("PutRecordBatch", b"{}")
    assert len(connection.answers) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((400, {"x-amzn-errortype": "One:http://l/"}, b'{"__type": "Two"}'), "One"),
        ((400, {}, b'{"code": "a#Three:b", "Message": "m"}'), "Three"),
        ((418, {}, b"{}"), "Http418"),
        ((200, {}, b"[]"), "InvalidAnswer"),
        ((200, {}, b"<html>"), "InvalidAnswer"),
    ],
)
def test_the_code_is_where_the_protocols_put_it(answer: Answer, code: str) -> None:
    assert Bench(answer).fails("PutItem") == code


def test_credentials_that_have_ended_are_borrowed_anew() -> None:
    """A call is not lost because those of the snapshot ended: the service did nothing."""
    lent = [(Credentials(name, "s"), 10**12) for name in ("new", "old")]
    bench = Bench(refused("ExpiredTokenException"), OK, credentials=Lent(lent.pop))
    assert bench.call("PutItem") == {"Item": {}}
    assert bench.connection.signers == ["old", "new"]


def test_credentials_that_are_refused_for_good_end_the_call() -> None:
    lent = [(Credentials(name, "s"), 10**12) for name in ("new", "old")]
    bad = refused("UnrecognizedClientException")
    assert Bench(bad, bad, credentials=Lent(lent.pop)).fails() == "UnrecognizedClientException"
    assert Bench(bad).fails() == "UnrecognizedClientException"
