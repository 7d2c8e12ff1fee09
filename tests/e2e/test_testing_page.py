"""The examples of docs/testing.md as they stand there, run by Playwright, Jest and pytest.

Needs node 20, npm and its registry, and chromium: `make e2e` runs it, `make test` does not.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from openbunker_local.testing import keys
from tests.support.npm import installed
from tests.support.server import ROOT

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs/testing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(js|python)\n(.*?)```", PAGE, re.DOTALL)
SECONDS = 180
# What is the user's own in the examples: a page with a button, a client that sends again, a shop.
SOCKS = """<button onclick="fetch('{url}/batch?client_id={client_id}', {{ method: 'POST',
  headers: {{ 'content-type': 'application/json' }},
  body: JSON.stringify([{{ type: 'custom', name: 'purchase', properties: {{ value: 9.5 }} }}]) }})"
>Buy</button>"""
TRACKING = """exports.track = async (keys, name) => {
  const body = JSON.stringify([{ type: 'custom', name }]);
  const send = () => fetch(`${keys.base_url}/batch?client_id=${keys.client_id}`,
    { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  while ((await send()).status === 503);
};"""
CHROMIUM = """import base from './page.config.js';
export default {{ ...base, use: {{ baseURL: '{site}',
  launchOptions: {{ executablePath: '{program}', args: ['--no-sandbox'] }} }} }};"""
SHOP = """import json
from dataclasses import dataclass
from urllib.request import urlopen


@dataclass
class Shop:
    tracking_url: str
    client_id: str

    def buy(self, _what, **properties):
        event = {"type": "custom", "name": "purchase", "properties": properties}
        address = f"{self.tracking_url}/batch?client_id={self.client_id}"
        urlopen(address, json.dumps([event]).encode()).close()


"""


class Socks(SimpleHTTPRequestHandler):
    """Every page is HTML."""

    def guess_type(self, _path: str | os.PathLike[str]) -> str:
        return "text/html"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def site(folder: Path) -> Iterator[str]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(Socks, directory=str(folder)))
    Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


def files_of(block: str) -> dict[str, str]:
    """Return the files of an example: each begins with a comment that names it."""
    parts = re.split(r"(?m)^// (\S+\.js)$", block)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def run(folder: Path, *command: str) -> str:
    """Run a command whose temporary files and `openbunker` are the test's own."""
    temporary = folder / "tmp"
    temporary.mkdir()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path, "TMPDIR": str(temporary)},
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(temporary.glob("openbunker-twin-*"))
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("npm"), "@playwright/test@1", "jest@30")


def test_the_playwright_example(packages: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    files = {name: text.replace("3000", port) for name, text in files_of(BLOCKS[1][1]).items()}
    files["page.config.js"] = files["playwright.config.js"]
    twin = keys.fixed(f"http://127.0.0.1:{port}")
    (tmp_path / "socks").write_text(SOCKS.format(url=twin.base_url, client_id=twin.client_id))
    with site(tmp_path) as address:
        program = shutil.which("chromium")
        files["playwright.config.js"] = CHROMIUM.format(site=address, program=program)
        write(packages / "playwright", files)
        told = run(packages / "playwright", "node", "../node_modules/.bin/playwright", "test")
    assert "1 passed" in told


def test_the_jest_example(packages: Path) -> None:
    files = {**files_of(BLOCKS[2][1]), "tracking.js": TRACKING}
    write(packages / "jest", {**files, "package.json": "{}"})
    told = run(packages / "jest", "node", "../node_modules/.bin/jest")
    assert "1 passed" in told
    assert "did not exit" not in told


def test_the_pytest_example(tmp_path: Path) -> None:
    example = SHOP + BLOCKS[0][1].replace(', currency="EUR"', "")
    write(tmp_path / "project", {"test_shop.py": example, "pytest.ini": "[pytest]\n"})
    told = run(tmp_path / "project", sys.executable, "-m", "pytest", "-p", "no:cacheprovider")
    assert "1 passed" in told
