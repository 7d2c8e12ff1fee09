"""A proxy that treats senders badly: it says 503 and 429, and loses the answer to what was stored.

Each batch goes through the same trials, one an attempt, and is known by the first of its ids; what
is told at its last attempt is the server's own answer. Questions (GET, OPTIONS) pass.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import urlsplit

BUSY, SLOW_DOWN, LOST = "says 503", "says 429", "loses the answer"
TRIALS = (BUSY, LOST, SLOW_DOWN)
_ID = re.compile(rb'"(?:messageId|uuid)": ?"([^"]+)"')
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass
class Proxy:
    """Where it listens, what it did to whom, and which paths it was asked for."""

    url: str
    done: Counter[str] = field(default_factory=Counter)
    attempts: Counter[bytes] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def trial(self, path: str, body: bytes, trials: tuple[str, ...]) -> str | None:
        """Return what happens to this attempt; None: it passes."""
        found = _ID.search(body)
        with self.lock:
            self.paths[path] += 1
            if found is None:
                return None
            attempt = self.attempts[found[1]]
            self.attempts[found[1]] += 1
            if attempt >= len(trials):
                return None
            self.done[trials[attempt]] += 1
            return trials[attempt]


@contextmanager
def losing_proxy(target: str, trials: tuple[str, ...] = TRIALS) -> Iterator[Proxy]:
    """Run the proxy in front of a server on a free port of the loopback; end it with the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    proxy = Proxy(f"http://127.0.0.1:{server.server_port}")
    server.proxy, server.netloc, server.trials = (  # type: ignore[attr-defined]
        *(proxy, urlsplit(target).netloc, trials),
    )
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "ThreadingHTTPServer"

    def log_message(self, *_args: object) -> None:
        """Say nothing on the test's output."""

    def do_POST(self) -> None:
        """Put the request through its next trial."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        given = self.server.trials  # type: ignore[attr-defined]
        trial = self.server.proxy.trial(  # type: ignore[attr-defined]
            self.path.partition("?")[0], plain, given
        )
        if trial in (BUSY, SLOW_DOWN):
            self._told(503 if trial == BUSY else 429)
            return
        status, headers, answer = self._passed(body)
        if trial == LOST:
            assert status == 200, answer
            self.close_connection = True  # without a byte of the answer
            return
        self._say(status, headers, answer)

    def do_GET(self) -> None:
        """Pass a question on."""
        self._say(*self._passed(None))

    do_OPTIONS = do_GET  # noqa: N815  # the standard library's names

    def _told(self, status: int) -> None:
        origin = self.headers.get("origin") or "*"
        headers = {"retry-after": "1", "access-control-allow-origin": origin}
        headers["access-control-allow-credentials"] = "true"
        answer = json.dumps({"success": False, "code": "proxy", "message": "not now"}).encode()
        self._say(status, {**headers, "content-type": "application/json"}, answer)

    def _passed(self, body: bytes | None) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(self.server.netloc, timeout=30)  # type: ignore[attr-defined]
        try:
            sent = {name: value for name, value in self.headers.items() if name != "Connection"}
            connection.request(self.command, self.path, body, sent)
            answer = connection.getresponse()
            headers = {k: v for k, v in answer.getheaders() if k.lower() not in _HOP}
            return answer.status, headers, answer.read()
        finally:
            connection.close()

    def _say(self, status: int, headers: dict[str, str], answer: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
