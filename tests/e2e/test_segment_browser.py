"""Segment's browser library from npm, unmodified, in Chromium against a running server.

The address is all that its user changes (`cdnURL`); the rest comes from the settings that the
server answers. Needs node, npm and its registry, and Debian's package `chromium`; part of
`make e2e`.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.support.chromium import served, visit
from tests.support.losing_proxy import TRIALS, losing_proxy
from tests.support.npm import installed
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.slow
PAGE = Path(__file__).with_name("segment_page.html")
PACKAGE = "@segment/analytics-next"
BATCH = {"deliveryStrategy": {"strategy": "batching", "config": {"size": 6, "timeout": 5000}}}

# Virtual: what the library waits before it sends again passes at once.
PATIENT = "--virtual-time-budget=300000"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with the library's own bundle beside it."""
    folder = installed(tmp_path_factory.mktemp("npm"), f"{PACKAGE}@1")
    site = folder / "node_modules" / PACKAGE / "dist/umd"
    shutil.copy(PAGE, site)
    return site


def opened(site: Path, folder: Path, told: dict[str, Any]) -> Any:
    """Open the page and return what it saw."""
    with served(site) as port:
        address = f"http://localhost:{port}/segment_page.html?utm_source=mail"
        return visit(f"{address}#{quote(json.dumps(told))}", folder, PATIENT).results()


def page(url: str, key: str, user: str, posts: int, **own: Any) -> dict[str, Any]:
    """Return what the page is told: a library pointed at `url`, and how often it will post."""
    load = {"integrations": {"Segment.io": own}} if own else {}
    return {
        "settings": {"writeKey": key, "cdnURL": url},
        "options": {"load": load, "posts": posts},
        "calls": calls_of(user),
    }


def calls_of(user: str) -> list[Any]:
    return [
        ["identify", user, {"plan": "pro"}],
        ["page", "Docs", "Start"],
        ["track", "Item Purchased", {"revenue": 14.99, "label": "Grüße 😀"}],
        ["group", "g-1", {"seats": 5}],
        ["screen", "Cart"],
        ["alias", user],
    ]


STORED = ["$alias", "$group", "$identify", "$page", "$screen", "Item Purchased"]


def rows_of(server: RunningServer, user: str, *fields: str) -> list[list[Any]]:
    server.wait_until_visible()
    question = {
        "time_period": "minus_60_minutes",
        "group_by": ["event_name", *fields],
        "filters": [{"field_name": "user_id", "op": "equals", "value": user}],
        "computations": [{"function": "count"}],
    }
    rows: list[list[Any]] = server.ask(question)["rows"]
    return sorted(rows)


def test_every_call_is_stored_once(server: RunningServer, site: Path, tmp_path: Path) -> None:
    """One request a call, each to the route of its letter; nothing is said on the console."""
    user = f"user {uuid4()}"
    key = server.demo["write_key"]
    saw = opened(site, tmp_path, page(server.url, key, user, 6))

    assert saw == {"paths": [f"/v1/{letter}" for letter in "agipst"], "wrong": []}
    assert rows_of(server, user, "dialect") == [[name, "segment", 1] for name in STORED]
    seen = rows_of(server, user, "page_path", "browser", "os", "utm_source", "label")
    purchase = next(row for row in seen if row[0] == "Item Purchased")
    assert purchase[1:] == ["/segment_page.html", "Chrome", "Linux", "mail", "Grüße 😀", 1]


def test_a_batch_is_stored_once(server: RunningServer, site: Path, tmp_path: Path) -> None:
    user = f"user {uuid4()}"
    saw = opened(site, tmp_path, page(server.url, server.demo["write_key"], user, 1, **BATCH))

    assert saw == {"paths": ["/v1/b"], "wrong": []}
    assert rows_of(server, user) == [[name, 1] for name in STORED]


def test_what_is_lost_on_the_way_is_sent_again_and_counts_once(
    server: RunningServer, site: Path, tmp_path: Path
) -> None:
    user = f"user {uuid4()}"
    with losing_proxy(server.url) as proxy:
        opened(site, tmp_path, page(proxy.url, server.demo["write_key"], user, 6))

    assert {trial: proxy.done[trial] for trial in TRIALS} == dict.fromkeys(TRIALS, 6)
    assert rows_of(server, user) == [[name, 1] for name in STORED]
