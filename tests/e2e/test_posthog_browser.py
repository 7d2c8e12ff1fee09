"""PostHog's browser library from npm, unmodified, in Chromium against a running server.

The address is all that its user changes (`api_host`). Needs node, npm and its registry, and
Debian's package `chromium`; part of `make e2e`.
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
from tests.support.losing_proxy import BUSY, LOST, losing_proxy
from tests.support.npm import installed
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.slow
PAGE = Path(__file__).with_name("posthog_page.html")
PACKAGE = "posthog-js"
# Virtual: what the library waits before it sends passes at once.
PATIENT = "--virtual-time-budget=300000"
# The library takes a browser without a window for a robot and sends nothing.
HEADLESS = {"opt_out_useragent_filter": True}
# What it says as the page ends goes as a beacon, which nobody can send again.
NO_BEACON = {"capture_pageleave": False}
ASKED = ("/array/KEY/config.js", "/array/KEY/config", "/flags/")
STORED = ["$autocapture", "$identify", "$pageview", "Item Purchased"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with the library's own module beside it."""
    folder = installed(tmp_path_factory.mktemp("npm"), f"{PACKAGE}@1")
    site = folder / "node_modules" / PACKAGE / "dist"
    shutil.copy(PAGE, site)
    return site


def opened(site: Path, folder: Path, told: dict[str, Any]) -> Any:
    """Open the page and return what it saw."""
    with served(site) as port:
        address = f"http://localhost:{port}/posthog_page.html?utm_source=mail"
        return visit(f"{address}#{quote(json.dumps(told))}", folder, PATIENT).results()


def page(url: str, key: str, user: str, **own: Any) -> dict[str, Any]:
    """Return what the page is told: a library pointed at `url`, and what is called."""
    properties = {"revenue": 14.99, "label": "Grüße 😀", "user": user}
    calls = [["register", {"user": user}], ["identify", user, {"plan": "pro"}]]
    calls.append(["capture", "Item Purchased", properties])
    options = {"api_host": url, **HEADLESS, **NO_BEACON, **own}
    return {"key": key, "options": options, "calls": calls}


def rows_of(server: RunningServer, user: str, *fields: str) -> list[list[Any]]:
    server.wait_until_visible()
    question = {
        "time_period": "minus_60_minutes",
        "group_by": ["event_name", *fields],
        "filters": [{"field_name": "user", "op": "equals", "value": user}],
        "computations": [{"function": "count"}],
    }
    rows: list[list[Any]] = server.ask(question)["rows"]
    return sorted(rows)


def test_what_a_page_does_is_stored_once_and_nothing_else_is_asked_for(
    server: RunningServer, site: Path, tmp_path: Path
) -> None:
    user = f"user {uuid4()}"
    saw = opened(site, tmp_path, page(server.url, server.demo["write_key"], user))

    assert saw["wrong"] == []
    paths = {tuple(asked) for asked in saw["asked"]}
    assert paths == {(path, 200) for path in ("/e/", *ASKED)} | {("/i/v0/e/", 200)}
    assert rows_of(server, user, "dialect") == [[name, "posthog", 1] for name in STORED]
    seen = rows_of(server, user, "user_id", "page_path", "browser", "utm_source", "label")
    purchase = next(row for row in seen if row[0] == "Item Purchased")
    assert purchase[1:] == [user, "/posthog_page.html", "Chrome", "mail", "Grüße 😀", 1]


def test_what_is_lost_on_the_way_is_sent_again_and_counts_once(
    server: RunningServer, site: Path, tmp_path: Path
) -> None:
    """It drops what is answered with 429, which this server never does in this dialect."""
    user = f"user {uuid4()}"
    with losing_proxy(server.url, (BUSY, LOST)) as proxy:
        opened(site, tmp_path, page(proxy.url, server.demo["write_key"], user))

    assert proxy.done == dict.fromkeys((BUSY, LOST), len(proxy.attempts))
    assert rows_of(server, user) == [[name, 1] for name in STORED]
