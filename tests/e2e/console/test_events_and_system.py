"""Events and System in a real browser: names with their properties, the state, and the keys.

Needs Debian's package `chromium`; part of `make e2e`.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.browser import Page
from tests.support.server import RunningServer

pytestmark = pytest.mark.slow

CELLS = "[...document.querySelectorAll('.opened tbody tr')].map((row) => row.innerText)"
MADE = "document.querySelector('.once code').textContent"


@pytest.fixture(scope="module", autouse=True)
def events(server: RunningServer) -> None:
    """Send four events of two names, and one that is refused."""
    headers = {"x-eventbunker-write-key": server.demo["write_key"]}
    bodies: list[dict[str, Any]] = [
        {"event_name": "signup", "plan": "pro", "seats": 3},
        {"event_name": "signup", "plan": "free"},
        {"event_name": "signup", "plan": 7},
        {"event_name": "purchase"},
        {"event_name": 5},
    ]
    for body in bodies:
        server.call("POST", "/post", body, headers)
    server.wait_until_visible()


def test_names_come_by_how_often_and_open_to_their_properties(
    console: Callable[..., Page],
) -> None:
    page = console("?view=events")
    page.wait("document.querySelectorAll('.event').length === 2")
    assert page.run(
        "[...document.querySelectorAll('.event .title')].map((one) => one.textContent)"
    ) == ["signup", "purchase"]
    assert page.run("document.querySelectorAll('.sparkline rect').length") == 60

    page.click(".event .head", "signup")
    page.wait(f"{CELLS}.length === 2")
    plan, seats = page.run(CELLS)
    assert plan.split("\t")[1:3] == ["string, number", "100%"]
    assert seats.split("\t")[1:3] == ["number", "33.3%"]
    assert '"pro"' in plan
    page.click("a", "See it live")
    page.wait("location.search === '?view=live&name=signup'")


def test_the_system_tells_its_state_and_the_last_day(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    page = console("?view=system")
    page.wait_text("All is well")
    page.wait_text("invalid_schema")
    told = dict(
        page.run(
            "[...document.querySelectorAll('.told-of')].map("
            "(one) => [one.children[0].textContent, one.children[1].textContent.trim()])"
        )
    )
    books = server.call("GET", "/v1/system", None, query_key(server)).body["books"]
    parts = ("Stored", "Spilled, to be stored", "Refused", "Asked to send again")

    assert int(told["Items answered"]) == sum(int(told[name]) for name in parts)
    assert set(books) - {"from", "to"} == {"answered", "stored", "spilled", "refused", "retry"} | {
        "events"
    }
    assert told["Quota"] == "none"
    assert "correct the field that is named" in page.text()


def query_key(server: RunningServer) -> dict[str, str]:
    return {"x-eventbunker-query-key": server.demo["query_key"]}


def test_keys_are_made_shown_once_rotated_and_disabled(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    page = console("?view=system")
    page.type("input[name=master-key]", server.demo["project_master_key"])
    page.press("Enter")
    page.wait("!!document.querySelector('input[name=name]')")
    page.type("input[name=name]", "from the console")
    page.click("button.main", "Make a key")
    page.wait("!!document.querySelector('.once')")
    key = page.run(MADE)
    body = {"event_name": "made"}
    assert server.call("POST", "/post", body, {"x-eventbunker-write-key": key}).status == 200

    page.click("button", "I have it")
    page.wait("!document.querySelector('.once')")
    assert key not in page.run("document.documentElement.outerHTML")
    row = "[...document.querySelectorAll('tr')].find((one) => one.innerText.includes('from the'))"
    page.run(f"[...{row}.querySelectorAll('button')].at(-1).click()")
    page.click("button.danger", "Yes")
    page.wait(f"{row}.innerText.includes('disabled')")
    page.wait("document.querySelector('.audit').innerText.includes('key_project_master')")
    # Of the master key nothing is kept but in the page.
    kept = page.run("JSON.stringify({...sessionStorage, ...localStorage}) + location.href")
    assert server.demo["project_master_key"] not in kept
    assert page.run("document.querySelectorAll('[role=alert]').length") == 0


def test_a_wrong_master_key_is_told(server: RunningServer, console: Callable[..., Page]) -> None:
    page = console("?view=system")
    page.type("input[name=master-key]", server.demo["write_key"])
    page.press("Enter")
    page.wait_text("Please use a master key to manage")
    page.wrong.clear()
