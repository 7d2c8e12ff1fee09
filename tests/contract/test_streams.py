"""One body of tests for every stream client, and the signed client's answers to a bad line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from openbunker.aws.client import FIREHOSE, AwsJsonClient
from openbunker.aws.errors import AwsError
from openbunker.aws.sigv4 import Credentials
from openbunker.core.records import MAX_RECORD_BYTES
from openbunker.sinks.firehose_client import FirehoseClient
from openbunker.sinks.sink import StreamClient, StreamError
from openbunker_local.stream.stream import EmbeddedStream
from tests.support.firehose_http import FirehoseFront, firehose_front

NEVER = 3600.0


def signed_client(url: str) -> AwsJsonClient:
    who = Credentials("id", "secret", "token")
    return AwsJsonClient(
        FIREHOSE, region="eu-west-1", credentials=who, now_ms=lambda: 0, endpoint=url
    )


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedStream]:
    stream = EmbeddedStream(tmp_path, deliver_after_seconds=NEVER)
    yield stream
    stream.close()


@pytest.fixture
def front(embedded: EmbeddedStream) -> Iterator[FirehoseFront]:
    with firehose_front(embedded) as front:
        yield front


@pytest.fixture(params=["embedded", "signed"])
def client(request: pytest.FixtureRequest, embedded: EmbeddedStream) -> Iterator[StreamClient]:
    if request.param == "embedded":
        yield embedded
    else:
        with firehose_front(embedded) as front:
            yield FirehoseClient(signed_client(front.url), "events")


@pytest.mark.parametrize("count", [1, 500])
def test_every_record_gets_an_id_of_its_own(client: StreamClient, count: int) -> None:
    """As many answers as records, all with different ids."""
    answers = client.put_record_batch([b"{}\n"] * count)
    assert len({answer["RecordId"] for answer in answers}) == count


@pytest.mark.parametrize(
    "records",
    [[], [b"x"] * 501, [bytes(MAX_RECORD_BYTES + 1)], [bytes(MAX_RECORD_BYTES)] * 4, [b"x", b""]],
    ids=["none", "501", "too large", "too much", "empty"],
)
def test_a_call_beyond_a_limit_is_refused_whole(client: StreamClient, records: list[bytes]) -> None:
    """The service's own limits hold on one machine too, or tests here would prove nothing."""
    with pytest.raises(StreamError) as caught:
        client.put_record_batch(records)
    assert caught.value.code == "InvalidArgumentException"


def test_a_full_call_is_taken(client: StreamClient) -> None:
    """Three records of 1,000 KiB: 4,000 KiB of base64."""
    assert len(client.put_record_batch([bytes(MAX_RECORD_BYTES)] * 3)) == 3


def test_a_closed_stream_refuses(client: StreamClient, embedded: EmbeddedStream) -> None:
    """By the code that a sink tries again on."""
    embedded.close()
    with pytest.raises(StreamError) as caught:
        client.put_record_batch([b"x"])
    assert caught.value.code == "ServiceUnavailableException"


def test_another_stream_is_not_found(front: FirehoseFront) -> None:
    """The service's code arrives as it was sent."""
    with pytest.raises(StreamError) as caught:
        FirehoseClient(signed_client(front.url), "other").put_record_batch([b"x"])
    assert caught.value.code == "ResourceNotFoundException"


def test_the_connection_is_kept(front: FirehoseFront) -> None:
    """Five calls, one connection, opened ahead of the first one."""
    client = signed_client(front.url)
    client.connect()
    stream = FirehoseClient(client, "events")
    for _ in range(5):
        stream.put_record_batch([b"x"])
    assert (front.requests, front.connections, front.problems) == (5, 1, [])


def test_a_kept_connection_that_was_closed_is_opened_again(front: FirehoseFront) -> None:
    """As after a long freeze: no call fails, each has its own connection."""
    front.hang_up = True
    stream = FirehoseClient(signed_client(front.url), "events")
    for _ in range(3):
        assert "RecordId" in stream.put_record_batch([b"x"])[0]
    assert (front.requests, front.connections) == (3, 3)


def test_a_kept_connection_is_tried_again_once(front: FirehoseFront) -> None:
    """Dropped on the kept and on the fresh connection: the call fails; the next one works."""
    stream = FirehoseClient(signed_client(front.url), "events")
    stream.put_record_batch([b"x"])
    front.drop = 2
    with pytest.raises(StreamError) as caught:
        stream.put_record_batch([b"x"])
    assert (caught.value.code, front.requests) == ("ConnectionFailed", 3)
    assert "RecordId" in stream.put_record_batch([b"x"])[0]


def test_a_fresh_connection_that_is_dropped_is_not_tried_again(front: FirehoseFront) -> None:
    """Nothing says that the service did not work on it; the sink decides about resending."""
    front.drop = 1
    with pytest.raises(StreamError):
        FirehoseClient(signed_client(front.url), "events").put_record_batch([b"x"])
    assert front.requests == 1


def test_nobody_listening_is_a_failure_not_a_crash() -> None:
    """Opening ahead stays silent; the call says it."""
    client = signed_client("http://127.0.0.1:1")
    client.connect()
    with pytest.raises(StreamError, match="ConnectionFailed"):
        FirehoseClient(client, "events").put_record_batch([b"x"])


@contextmanager
def answering(status: int, body: bytes, header: str = "", length: int = 0) -> Iterator[str]:
    """Answer every request with the same bytes; `length` may promise more than is sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(length or len(body)))
            if header:
                self.send_header("x-amzn-ErrorType", header)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "body", "header", "code"),
    [
        (400, b'{"__type":"com.amazonaws.x#Throttling:http://y"}', "", "Throttling"),
        (400, b'{"__type":"ResourceNotFoundException","message":"m"}', "", None),
        (400, b"{}", "Denied:http://internal.amazon.com/coral/", "Denied"),
        (500, b"{}", "", "Http500"),
        (503, b"<html>busy</html>", "", "InvalidAnswer"),
        (200, b"not json", "", "InvalidAnswer"),
        (200, b"[1]", "", "InvalidAnswer"),
        (200, b"", "", "InvalidAnswer"),
    ],
)
def test_errors_carry_the_services_code(
    status: int, body: bytes, header: str, code: str | None
) -> None:
    """Wherever the protocol put it; a body that is no JSON object is a failure too."""
    with answering(status, body, header) as url, pytest.raises(AwsError) as caught:
        signed_client(url).call("PutRecordBatch", b"{}")
    assert caught.value.code == (code or "ResourceNotFoundException")


def test_an_answer_that_breaks_off_is_a_failure() -> None:
    """Half an answer is not an answer, and the request is not made again behind one's back."""
    with answering(200, b'{"half":', length=100) as url, pytest.raises(AwsError) as caught:
        signed_client(url).call("PutRecordBatch", b"{}")
    assert caught.value.code == "ConnectionFailed"


@pytest.mark.parametrize("answer", [{}, {"RequestResponses": None}, {"RequestResponses": ["x"]}])
def test_an_answer_without_its_list_is_a_failure(answer: dict[str, object]) -> None:
    """There is no default of ok."""
    with answering(200, json.dumps(answer).encode()) as url:
        stream = FirehoseClient(signed_client(url), "events")
        with pytest.raises(StreamError) as caught:
            stream.put_record_batch([b"x"])
    assert caught.value.code == "MismatchedAnswer"
