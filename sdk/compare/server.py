"""A collector that takes any client's batches and counts them; it behaves as a case wants it to."""

import gzip
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Counted:
    """What arrived: the ids under which each event came, and when each request did."""

    def __init__(self, case: str) -> None:
        self.case = case
        self.ids: dict[int, set[str]] = defaultdict(set)
        self.requests: list[float] = []
        self.lock = threading.Lock()

    @property
    def delivered(self) -> int:
        """How many of the events arrived."""
        return len(self.ids)

    @property
    def doubled(self) -> int:
        """How many came under two ids, which no server can take for one event."""
        return sum(len(ids) > 1 for ids in self.ids.values())

    def answer(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Return the answer to one request; status 0 is none at all."""
        try:
            events = _events(body)
        except ValueError:
            return 400, {}, b'{"status": "error", "message": "not JSON"}'
        with self.lock:
            self.requests.append(time.monotonic())
            at = len(self.requests)
        if self.case in {"small_queue", "os_exit"}:
            time.sleep(0.05)
        if self.case == "outage" and at <= 3:
            return 503, {}, b"{}"
        if self.case == "retry_after" and at == 1:
            return 429, {"retry-after": "3"}, b"{}"
        if self.case == "too_large" and len(events) > 50:
            return 413, {}, b'{"status": "error", "message": "Payload too large"}'
        with self.lock:
            for event in events:
                event_id = event.get("eventId") or event.get("uuid") or event.get("messageId")
                self.ids[event["properties"]["n"]].add(str(event_id))
        if self.case == "lost" and at <= 3:
            return 0, {}, b""
        results = [{"status": "success"}] * len(events)
        return 200, {}, json.dumps({"status": "success", "results": results}).encode()


def _events(body: bytes) -> list[Any]:
    """Return the events of a request. Raises ValueError for what JSON does not allow."""
    found = json.loads(body, parse_constant=_refuse)
    return list(found if isinstance(found, list) else found.get("batch", []))


def _refuse(constant: str) -> None:
    raise ValueError(constant)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that were killed in the midst of a request."""


@contextmanager
def serving(case: str) -> Iterator[tuple[str, Counted]]:
    """Listen on loopback for one case."""
    counted = Counted(case)

    class Handler(BaseHTTPRequestHandler):
        protocol_version, wbufsize = "HTTP/1.1", 65536

        def do_POST(self) -> None:
            """Answer one batch."""
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            status, headers, answer = counted.answer(body)
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    httpd = _Quiet(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}", counted
    httpd.shutdown()
    httpd.server_close()
