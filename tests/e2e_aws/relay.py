"""What stands in front of the emulator: the address that functions and tools are given.

Hands calls on as they came, but for three things, each told in docs/deploy.md: Athena is answered
by a stand-in, records are zipped on their way into the stream, and one more port is the API's.
"""

import base64
import gzip
import http.client
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

_OWN = ("transfer-encoding", "connection", "content-length")
_ATHENA, _PUT = "AmazonAthena.", "Firehose_20150804.PutRecordBatch"


@dataclass(frozen=True)
class Call:
    """A request as it came; names of headers are in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def target(self) -> str:
        """The operation of a service of JSON, empty for another's."""
        return self.headers.get("x-amz-target", "")


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


Answer = Callable[[Call], Reply]


def as_json(status: int, told: Mapping[str, Any]) -> Reply:
    """Return an answer of a service of JSON."""
    return Reply(
        status, [("content-type", "application/x-amz-json-1.1")], json.dumps(told).encode()
    )


def handed_on(port: int, call: Call) -> Reply:
    """Return what the emulator says to a call."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=900)
    try:
        headers = {n: v for n, v in call.headers.items() if n not in _OWN}
        connection.request(call.method, call.path, call.body, headers)
        got = connection.getresponse()
        body = got.read()
        kept = [(n, v) for n, v in got.getheaders() if n.lower() not in _OWN]
        if call.method == "HEAD":  # its length is that of what is not sent
            kept.append(("content-length", got.getheader("content-length") or "0"))
        return Reply(got.status, kept, body)
    finally:
        connection.close()


def zipped(call: Call) -> Call:
    """Return a call whose records are what a stream that zips would write, one object each."""
    if call.target != _PUT:
        return call
    told = json.loads(call.body)
    for record in told["Records"]:
        data = gzip.compress(base64.b64decode(record["Data"]), mtime=0)
        record["Data"] = base64.b64encode(data).decode()
    return replace(call, body=json.dumps(told).encode())


class Relay:
    """Answers calls: Athena's by `athena`, all others by the emulator on `port`."""

    def __init__(self, port: int, athena: Answer) -> None:
        self._port = port
        self._athena = athena

    def __call__(self, call: Call) -> Reply:
        """Return what is answered to a call."""
        if call.target.startswith(_ATHENA):
            return self._athena(call)
        return handed_on(self._port, zipped(call))


def door(port: int, api: Callable[[], str]) -> Answer:
    """Return what hands requests on to an HTTP API of the emulator, by its id."""

    def answer(call: Call) -> Reply:
        host = f"{api()}.execute-api.localhost:{port}"
        return handed_on(port, replace(call, headers={**call.headers, "host": host}))

    return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a caller that has hung up."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def serving(answer: Answer, port: int = 0) -> Iterator[str]:
    """Serve on loopback while the block runs; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            got = answer(Call(self.command, self.path, headers, self.rfile.read(length)))
            self.send_response_only(got.status)
            for name, value in got.headers:
                self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("content-length", str(len(got.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(got.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = _any  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", port), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
