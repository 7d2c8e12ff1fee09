"""Live in a real browser: what arrives is seen, opened, filtered; what was refused is mended.

Needs Debian's package `chromium`; part of `make e2e`.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.browser import Page
from tests.support.server import RunningServer

pytestmark = pytest.mark.slow

SEEN_SECONDS = 1.5
HOSTILE = "<img src=x onerror=alert(1)>"
ROWS = "document.querySelectorAll('.row').length"
# As on AWS, where nobody knows how far the stream has come.
NO_FRESHNESS = """
window.slowed = 0;
const real = window.fetch;
window.fetch = async (path, given) => {
  const answer = await real(path, given);
  if (!path.startsWith('v1/live')) return answer;
  window.slowed += 1;
  return new Response(JSON.stringify({...await answer.json(), fresh_to: null}));
};
"""


def send(server: RunningServer, body: dict[str, Any], path: str = "/post") -> Any:
    headers = {"x-eventbunker-write-key": server.demo["write_key"]}
    return server.call("POST", path, body, headers)


def test_the_page_turns_into_live_when_the_first_event_arrives(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    page = console()
    page.wait_text("No event yet")
    assert page.text().count("curl ") >= 5
    assert server.demo["query_key"] not in page.run("location.href")
    assert server.demo["query_key"] not in page.run("document.documentElement.outerHTML")

    send(server, {"event_name": "signup", "plan": "pro"})
    answered = time.monotonic()
    page.wait(f"{ROWS} === 1")

    assert time.monotonic() - answered < SEEN_SECONDS
    assert "signup" in page.text(".row.stored")


def test_n_sent_are_n_shown_and_the_questions_n(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    before = count(server, "counted")
    page = console("?name=counted")
    for number in range(60):
        send(server, {"event_name": "counted", "number": number})
        if number % 20 == 0:
            send(server, {"event_name": 5})

    page.wait(f"{ROWS} >= {before + 60}")
    server.wait_until_visible()
    assert page.run(ROWS) == before + 60 == count(server, "counted")
    assert page.run("document.querySelector('[data-shown]').dataset.shown") == str(before + 60)


def count(server: RunningServer, name: str) -> int:
    filters = [{"field_name": "event_name", "op": "equals", "value": name}]
    question = {"time_period": "all", "filters": filters}
    return int(server.ask(question)["rows"][0][0])


def test_a_row_opens_in_place_and_has_an_address(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    told = send(server, {"event_name": "opened", "cart": {"items": ["a", "b"], "price": 9.5}})
    page = console("?name=opened")
    page.click(".row .head")
    page.wait_text("hot/dt=")

    text = page.text(".opened")
    assert "line " in text
    assert "9.5" in text
    assert told.headers["x-openbunker-event-id"] in text
    address = page.run("location.search")
    again = console(f"?open={told.headers['x-openbunker-event-id']}")
    assert "open=" in address
    again.wait_text("9.5")


def test_what_was_refused_is_shown_mended_and_sent_again(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    key = server.demo["write_key"]
    page = console("?fate=refused")
    answer = server.call("POST", "/v1/track", {"writeKey": key, "userId": "u", "event": 7})
    refused_id = answer.headers["x-openbunker-refused-id"]
    page.wait_text("event: Invalid input: expected string, received number")
    page.open(f"{server.url}/?fate=refused&open={refused_id}")
    page.wait_text("Mend it and send it again")
    opened = page.text(".row.open")
    assert "invalid_schema" in opened
    assert "correct the field that is named" in opened
    assert key not in opened

    page.type("textarea[name=patch]", '{"event": "Mended"}')
    page.type("input[name=write-key]", key)
    page.click(".mend button.main", "Send again")
    page.wait_text("Stored. However often")
    page.click(".mend button.main", "Send again")
    page.wait("document.querySelector('.mend button.main').textContent.includes('Send again')")

    server.wait_until_visible()
    assert count(server, "Mended") == 1
    assert key not in page.run(
        "location.href + JSON.stringify({...sessionStorage, ...localStorage})"
    )


def test_a_wrong_patch_is_refused_in_the_vendors_words(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    refused_id = send(server, {"event_name": ["no"]}).headers["x-openbunker-refused-id"]
    page = console("?fate=refused")
    page.wait_text("expected string, received array")
    page.open(f"{server.url}/?fate=refused&open={refused_id}")
    page.type("textarea[name=patch]", '{"event_name": "a b"}')
    page.type("input[name=write-key]", server.demo["write_key"])
    page.click(".mend button.main", "Send again")

    page.wait_text("Refused again. invalid_schema")
    page.wrong.clear()  # the browser notes each 400 as an error


def test_a_strangers_name_is_text(server: RunningServer, console: Callable[..., Page]) -> None:
    key = server.demo["write_key"]
    body = {"writeKey": key, "userId": HOSTILE, "event": HOSTILE, "properties": {HOSTILE: HOSTILE}}
    told = server.call("POST", "/v1/track", body)
    server.wait_until_visible()
    page = console(f"?open={told.headers['x-openbunker-event-id']}")
    page.run("window.alert = () => (window.owned = true)")
    page.wait_text("Copy as NDJSON")

    assert HOSTILE in page.text(".row.open .title")
    assert HOSTILE in page.text(".row.open .tree")
    assert page.run("[window.owned, document.images.length]") == [None, 0]


def test_filters_search_and_pause_are_in_the_address(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    send(server, {"event_name": "found", "note": "needle-41"})
    page = console()
    page.wait(f"{ROWS} >= 1")
    page.type("input[name=q]", "needle-41")
    page.wait("location.search.includes('q=needle-41')")
    page.wait(f"{ROWS} === 1")
    page.click("button.pause")
    page.wait("location.search.includes('paused=1')")
    send(server, {"event_name": "found", "note": "needle-41"})
    server.wait_until_visible()
    assert page.run(ROWS) == 1
    page.click("button.pause")
    page.wait(f"{ROWS} === 2")


def test_a_hidden_page_asks_nothing(server: RunningServer, console: Callable[..., Page]) -> None:
    page = console()
    page.wait("document.querySelectorAll('.told').length")
    page.run("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.run("new Promise((done) => setTimeout(done, 1200))")
    asked = len(page.asked)
    page.run("new Promise((done) => setTimeout(done, 1200))")
    assert len(page.asked) == asked


def test_a_deployment_is_asked_slowly_since_it_pays_for_each_question(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    page = console("?name=nobody-yet")
    page.wait("document.querySelectorAll('.told').length")
    page.run(NO_FRESHNESS)
    page.wait("window.slowed === 1")
    page.run("new Promise((done) => setTimeout(done, 3000))")

    assert page.run("window.slowed") == 1


def test_rows_are_reached_by_keys(server: RunningServer, console: Callable[..., Page]) -> None:
    for number in range(2):
        send(server, {"event_name": "keyed", "number": number})
    page = console("?name=keyed")
    page.wait(f"{ROWS} >= 2")
    page.press("/")
    assert page.run("document.activeElement.name") == "q"
    page.run("document.querySelector('.head').focus()")
    page.press("ArrowDown")
    page.press("Enter")
    page.wait("document.querySelectorAll('.row')[1].classList.contains('open')")
    page.press("Escape")
    page.wait("!document.querySelector('.row.open')")


def test_what_is_copied_holds_no_key(server: RunningServer, console: Callable[..., Page]) -> None:
    told = send(server, {"event_name": "copied", "plan": "pro"})
    server.wait_until_visible()
    page = console(f"?open={told.headers['x-openbunker-event-id']}")
    page.wait_text("Copy as NDJSON")
    page.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.click(".acts button", "NDJSON")
    line = json.loads(page.wait("window.copied"))
    assert (line["event_name"], line["project_id"]) == ("copied", server.demo["project_id"])
    page.run("window.copied = ''")
    page.click(".acts button", "curl")
    assert "$QUERY_KEY" in page.wait("window.copied")
    assert "obq_" not in page.run("window.copied")
