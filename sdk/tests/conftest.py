"""A collector behind a socket, for what cannot be seen in process."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from openbunker_client import Request
from sdk.tests.simulated import Collector


@pytest.fixture
def server() -> Iterator[tuple[str, Collector]]:
    """A collector behind a socket on loopback."""
    collector, lock = Collector(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version, wbufsize = "HTTP/1.1", 65536

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with lock:
                answer = collector(Request("POST", self.path, {}, body))
            self.send_response(answer.status)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}", collector
    httpd.shutdown()
    httpd.server_close()
