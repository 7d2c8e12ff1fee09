"""Data Firehose's HTTP front over any StreamClient, on loopback: PutRecordBatch, JSON 1.1.

Checks that a request is shaped like a signed one; whether the signature is right is proven
against botocore in tests/unit/aws/test_sigv4.py.
"""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from openbunker.sinks.sink import StreamClient, StreamError

TARGET = "Firehose_20150804.PutRecordBatch"
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/ ]+/\d{8}/[a-z0-9-]+/firehose/aws4_request, "
    r"SignedHeaders=(?P<names>[a-z0-9;-]+), Signature=[0-9a-f]{64}"
)
STATUS = {"ServiceUnavailableException": 503, "InternalFailure": 500}


@dataclass
class FirehoseFront:
    """Where the front listens and what it saw. `hang_up` closes each connection once answered.

    `drop` names how many of the next requests are met with a closed connection instead.
    """

    url: str
    stream: str
    requests: int = 0
    connections: int = 0
    hang_up: bool = False
    drop: int = 0
    problems: list[str] = field(default_factory=list)


@contextmanager
def firehose_front(
    client: StreamClient, stream: str = "events", host: str = "127.0.0.1"
) -> Iterator[FirehoseFront]:
    """Serve a client on a free port of this machine until the block ends."""
    front = FirehoseFront("", stream)

    class Handler(_Handler):
        pass

    Handler.client, Handler.front = client, front
    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    front.url = f"http://{host}:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    client: StreamClient
    front: FirehoseFront

    def setup(self) -> None:
        super().setup()
        self.front.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.front.requests += 1
        if self.front.drop:
            self.front.drop -= 1
            self.close_connection = True
            return
        try:
            self._check()
            self._answer(200, self._put(json.loads(body)))
        except StreamError as error:
            message = str(error).removeprefix(f"{error.code}: ")
            self._answer(STATUS.get(error.code, 400), {"__type": error.code, "message": message})
        if self.front.hang_up:
            # After the answer and without announcing it, as an idle timeout does.
            self.close_connection = True

    def _check(self) -> None:
        found = AUTHORIZATION.fullmatch(self.headers.get("authorization", ""))
        if not found:
            self._problem("IncompleteSignatureException", "the Authorization header")
        names = found["names"].split(";") if found else []
        sent = {name.lower() for name in self.headers}
        wanted = {"host", "x-amz-date", "x-amz-target"} | (sent & {"x-amz-security-token"})
        if not wanted <= set(names) <= sent or names != sorted(names):
            self._problem("IncompleteSignatureException", "the signed headers")
        if self.headers["content-type"] != "application/x-amz-json-1.1":
            self._problem("SerializationException", "the content type")
        if self.headers["x-amz-target"] != TARGET:
            self._problem("UnknownOperationException", "the target")

    def _put(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["DeliveryStreamName"] != self.front.stream:
            raise StreamError("ResourceNotFoundException", "no such stream")
        records = [base64.b64decode(one["Data"], validate=True) for one in request["Records"]]
        answers = self.client.put_record_batch(records)
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedPutCount": failed, "Encrypted": False, "RequestResponses": list(answers)}

    def _problem(self, code: str, text: str) -> None:
        self.front.problems.append(text)
        raise StreamError(code, text)

    def _answer(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's name
        pass
