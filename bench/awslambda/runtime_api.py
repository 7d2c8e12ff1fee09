"""A Lambda Runtime API on loopback: hands events to one worker and keeps what it answers.

One worker, one event at a time. No process is started here and no handler is known.
Source: Lambda developer guide, "Using the Lambda runtime API for custom runtimes".
"""

import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any, Literal

Kind = Literal["ready", "response", "error", "exit"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker told: it is ready, it answered, it failed, or its process ended.

    `at` is the value of `time.perf_counter` when it was told.
    """

    kind: Kind
    body: bytes
    at: float


class RuntimeApi:
    """The server side of the Runtime API for one worker."""

    def __init__(self) -> None:
        self.events: Queue[bytes | None] = Queue()
        self.outcomes: Queue[Outcome] = Queue()
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def tell(self, kind: Kind, body: bytes = b"") -> None:
        """Report an outcome, now."""
        self.outcomes.put(Outcome(kind, body, time.perf_counter()))

    def close(self) -> None:
        """Let a waiting worker go and stop to listen."""
        self.events.put(None)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent when a worker that is ended hangs up in the middle of a request."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler_of(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or each answer waits for the other side's delayed ACK
        asked = False

        def do_GET(self) -> None:
            if self.path.endswith("/restore/next"):  # a snapshot, restored in the same moment
                self._send(200, b"", {})
                return
            if not Handler.asked:
                Handler.asked = True
                api.tell("ready")
            event = api.events.get()
            if event is None:
                self.close_connection = True
                return
            self._send(200, event, {"Lambda-Runtime-Aws-Request-Id": "00000000-0000-4000-8000-1"})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            self._send(202, b"{}", {})
            api.tell("response" if self.path.endswith("/response") else "error", body)

        def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {**_headers(body), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay silent: the server is part of a measurement."""

    return Handler


def _headers(body: bytes) -> dict[str, str]:
    return {
        "Content-Length": str(len(body)),
        "Content-Type": "application/json",
        "Lambda-Runtime-Deadline-Ms": str(time.time_ns() // 1_000_000 + 10_000),
        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:f",
    }
