"""Debian's Chromium without a window and without a driver: a page in, its DOM and its log out."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# Virtual: time that passes only while nothing is under way on the network.
PATIENCE_MS = 20_000
TIMEOUT_SECONDS = 90


@dataclass(frozen=True)
class Visit:
    """What a page left: its DOM as HTML, and the browser's log of the network."""

    dom: str
    network: str

    def results(self) -> Any:
        """Return the JSON that the page wrote into its element `results`."""
        found = re.search('<pre id="results">(.*?)</pre>', self.dom, re.DOTALL)
        assert found, self.dom
        assert found[1], f"the page did not come to its end:\n{self.dom}"
        return json.loads(html.unescape(found[1]))


def visit(url: str, folder: Path, *options: str) -> Visit:
    """Open a page with a fresh profile and return what it left when the network was quiet."""
    program = shutil.which("chromium")
    assert program, "there is no chromium; install Debian's package: apt-get install chromium"
    network = folder / "network.json"
    done = subprocess.run(
        [
            program,
            *FLAGS,
            f"--user-data-dir={folder / 'profile'}",
            f"--log-net-log={network}",
            f"--virtual-time-budget={PATIENCE_MS}",
            *options,
            "--dump-dom",
            url,
        ],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Visit(done.stdout, network.read_text())


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Say nothing on the test's output."""


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """Serve the files of a folder on a loopback port of its own: an origin for pages."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
