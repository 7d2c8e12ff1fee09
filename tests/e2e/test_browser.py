"""A real browser against a running server: a page of another origin, with the vendor's tag in it.

The same page is opened as http://localhost, which the demo's key allows, and as http://127.0.0.1,
which it does not. Needs Debian's package `chromium`; part of `make e2e`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.chromium import Visit, served, visit
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
FETCHES = ("preflighted", "keptAlive", "withCredentials", "plain")
STORED = {
    *("preflighted", "kept_alive", "with_credentials", "plain"),
    *("beacon_text", "beacon_json"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("browser")) as running:
        yield running


def opened(server: RunningServer, host: str, folder: Path, *options: str) -> tuple[str, Visit]:
    """Return the origin that the page was opened from, and what it left."""
    told = {"target": f"{server.url}/api/tags/custom", "projectKey": server.demo["project_key"]}
    with served(HERE) as port:
        origin = f"http://{host}:{port}"
        address = f"{origin}/browser_page.html?utm_source=mail#{quote(json.dumps(told))}"
        return origin, visit(address, folder, *options)


def stored(server: RunningServer, origin: str) -> dict[Any, list[Any]]:
    """Return the rows of an origin's page by event name."""
    server.wait_until_visible()
    fields = ["url", "event_name", "browser", "os", "utm_source", "label", "user_id"]
    question = {
        "time_period": "minus_60_minutes",
        "group_by": fields,
        "computations": [{"function": "count"}],
    }
    rows = server.ask(question)["rows"]
    return {row[1]: row[2:] for row in rows if row[0].startswith(origin + "/")}


def test_a_page_of_an_allowed_origin_sends_and_reads_the_answer(
    server: RunningServer, tmp_path: Path
) -> None:
    """Preflights included, with and without credentials; beacons arrive, whatever their type."""
    origin, left = opened(server, "localhost", tmp_path)

    results = left.results()
    for name in FETCHES:
        answer = results[name]
        assert (answer.get("status"), answer.get("reason")) == (200, None), (name, answer)
        assert answer["body"]["success"] is True
        assert answer["eventId"] == answer["body"]["eventId"]
        assert answer["body"]["sessionId"]
    assert (results["queued"], results["beaconsAnswered"]) == ([True, True], 2)
    assert '"method":"OPTIONS"' in left.network
    rows = stored(server, origin)
    assert set(rows) == STORED
    assert all(row == ["Chrome", "Linux", "mail", "Grüße “ß” 😀", None, 1] for row in rows.values())


def test_a_page_of_another_origin_is_refused_and_may_read_why(
    server: RunningServer, tmp_path: Path
) -> None:
    rule = "--host-resolver-rules=MAP foreign.example 127.0.0.1"
    origin, left = opened(server, "foreign.example", tmp_path, rule)

    results = left.results()
    for name in FETCHES:
        answer = results[name]
        assert (answer.get("status"), answer.get("reason")) == (403, "origin_not_allowed"), answer
        assert answer["body"]["code"] == "origin_not_allowed"
        assert answer["eventId"] is None
    assert '"method":"OPTIONS"' in left.network
    assert stored(server, origin) == {}
