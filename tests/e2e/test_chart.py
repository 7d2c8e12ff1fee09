"""A real browser draws the pages of `/v1/query/iframe`: what is on the screen, and who was asked.

Needs Debian's package `chromium`; part of `make e2e`.
"""

import json
import re
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.chromium import Visit, served, visit
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.slow

PERIOD = "minus_60_minutes"
HOSTILE = "</script><img src=x onerror=document.title='owned'>"
BUILDS = (2026, "2026", 1e-7, 2026)  # three groups, two of one name
DAILY = {"time_period": PERIOD, "group_by_date": {"interval": "minute"}}
QUESTIONS: dict[str, dict[str, Any]] = {
    "line": {**DAILY, "group_by": ["plan"]},
    "bar": {"time_period": PERIOD, "group_by": ["plan"]},
    "table": {"time_period": PERIOD, "group_by": ["plan"], "chart": {"type": "table"}},
    "number": {"time_period": PERIOD},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("chart")) as running:
        for plan, build in zip(("pro", "free", "free", HOSTILE), BUILDS, strict=True):
            body = {"event_name": "signup", "plan": plan, "build": build}
            headers = {"x-eventbunker-write-key": running.demo["write_key"]}
            posted(running.url + "/post", headers, body)
        running.wait_until_visible()
        yield running


def posted(url: str, headers: dict[str, str], body: Any) -> tuple[str, str]:
    """Return the body of an answer and its content type."""
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode(), answer.headers["content-type"]


def drawn(server: RunningServer, question: Any, folder: Path) -> Visit:
    """Return what the page left in a browser that opened it from an origin of its own."""
    headers = {"x-eventbunker-query-key": server.demo["query_key"]}
    text, kind = posted(server.url + "/v1/query/iframe", headers, question)
    assert kind == "text/html; charset=utf-8"
    assert server.demo["query_key"] not in text
    pages = folder / "pages"
    pages.mkdir()
    (pages / "chart.html").write_text(text, encoding="utf-8")
    with served(pages) as port:
        options = (f"--screenshot={folder / 'shot.png'}", "--window-size=800,420")
        return visit(f"http://localhost:{port}/chart.html", folder, *options)


@pytest.mark.parametrize("kind", QUESTIONS)
def test_the_browser_draws_it(server: RunningServer, tmp_path: Path, kind: str) -> None:
    left = drawn(server, QUESTIONS[kind], tmp_path)

    assert f'data-drawn="{kind}"' in left.dom
    assert "<title>owned</title>" not in left.dom
    assert len(lines(tmp_path / "shot.png")) > 30
    if kind == "line":
        assert "<canvas" in left.dom
    if kind == "bar":
        assert len(re.findall(r'class="line"', left.dom)) == 3
        assert "&lt;/script&gt;" in left.dom
    if kind == "number":
        assert "<strong>4</strong>" in left.dom


@pytest.mark.parametrize("kind", ["bar", "table"])
def test_a_group_that_is_a_number_is_drawn_as_it_was_sent(
    server: RunningServer, tmp_path: Path, kind: str
) -> None:
    question = {"time_period": PERIOD, "group_by": ["build"], "chart": {"type": kind}}
    left = drawn(server, question, tmp_path)

    assert len(re.findall(r">2026<", left.dom)) >= 2
    assert ">1e-7<" in left.dom
    assert ">2,026<" not in left.dom


def test_groups_of_one_name_have_a_line_each(server: RunningServer, tmp_path: Path) -> None:
    left = drawn(server, {**DAILY, "group_by": ["build"]}, tmp_path)

    assert len(re.findall(r"</i>2026<", left.dom)) == 2


def test_the_page_asks_nobody(server: RunningServer, tmp_path: Path) -> None:
    left = drawn(server, QUESTIONS["line"], tmp_path)

    asked = set(re.findall(r'"url":"(https?://[^"]+)"', left.network))
    hosts = {url.split("/")[2].rsplit(":", 1)[0] for url in asked}
    assert "localhost" in hosts
    assert server.url.split("/")[2] not in {url.split("/")[2] for url in asked}
    paths = {url.split("/", 3)[3] for url in asked if url.startswith("http://localhost:")}
    assert paths <= {"", "chart.html", "favicon.ico"}  # the first is the origin itself


def test_no_events_are_told_in_words(server: RunningServer, tmp_path: Path) -> None:
    nobody = [{"field_name": "event_name", "op": "equals", "value": "nobody"}]
    question = {"time_period": PERIOD, "group_by": ["plan"], "filters": nobody}

    assert "No events answer this question" in drawn(server, question, tmp_path).dom


def lines(png: Path) -> set[bytes]:
    """Return the different lines of a picture, as its filters left them: a blank one has few."""
    data, at, packed, depth, width = png.read_bytes(), 8, b"", 0, 0
    while at < len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, depth = int.from_bytes(body[:4], "big"), {2: 3, 6: 4}[body[9]]
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    raw, stride = zlib.decompress(packed), width * depth + 1
    return {raw[start : start + stride] for start in range(0, len(raw), stride)}
