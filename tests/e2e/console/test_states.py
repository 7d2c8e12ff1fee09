"""What the console says when there is no key, a wrong one, no right, no server, or one unwell.

Needs Debian's package `chromium`; part of `make e2e`.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import Chrome, Page
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.slow

ROWS = "document.querySelectorAll('.row').length"
VIEWS = ("live", "explore", "events", "system")
UNWELL = """
const real = window.fetch;
window.fetch = async (path, given) => {
  const answer = await real(path, given);
  if (path !== 'v1/system') return answer;
  const causes = [{cause: 'disk_nearly_full', detail: 'less than 256 MiB are free'}];
  return new Response(JSON.stringify({...await answer.json(), status: 'degraded', causes}));
};
"""


def send(server: RunningServer, body: dict[str, Any]) -> None:
    headers = {"x-eventbunker-write-key": server.demo["write_key"]}
    server.call("POST", "/post", body, headers)


def managed(server: RunningServer, **members: Any) -> str:
    headers = {"x-eventbunker-apikey": server.demo["project_master_key"]}
    answer = server.call("POST", "/v1/manage/key/create", members, headers)
    assert answer.status == 200, answer.body
    return str(answer.body["api_key"])


def test_without_a_key_the_page_asks_for_one(browser: Chrome, server: RunningServer) -> None:
    page = browser.page().open(server.url)
    assert page.run("document.activeElement.name") == "query-key"
    page.type("input[name=query-key]", server.demo["query_key"])
    page.press("Enter")
    page.wait_text("Live")
    page.wait("!!document.querySelector('.top')")

    assert server.demo["query_key"] not in page.run("location.href")
    page.click("button", "Sign out")
    page.wait("!!document.querySelector('input[name=query-key]')")
    assert page.run("JSON.stringify({...sessionStorage})") == "{}"
    assert not page.wrong


@pytest.mark.parametrize(
    ("name", "text"),
    [("mistyped", "it is cut off or mistyped"), ("write_key", "Please use a query key")],
)
def test_a_key_that_will_not_do_is_told_so(
    browser: Chrome, server: RunningServer, name: str, text: str
) -> None:
    key = server.demo.get(name, server.demo["query_key"][:-3])
    for view in VIEWS:
        page = browser.page().open(f"{server.url}/?view={view}#key={key}")
        page.wait_text(text)
        assert page.run("!!document.querySelector('input[name=query-key]')")


def test_a_scoped_key_sees_its_customer_and_no_more(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    for customer in ("acme", "globex", "acme"):
        send(server, {"event_name": "scoped", "customer_identifier": customer})
    send(server, {"event_name": 7})
    server.wait_until_visible()
    key = managed(server, type="QUERY", customer_identifier="acme")
    page = console(key=key)
    page.wait(f"{ROWS} === 2")
    assert page.run("document.querySelectorAll('.row.refused').length") == 0
    for view in VIEWS[1:]:
        other = console(f"?view={view}", key=key)
        other.wait("document.querySelectorAll('.answer, .events, .facts-of').length > 0")
        other.run("new Promise((done) => setTimeout(done, 500))")
        assert "globex" not in other.text()
        other.wrong.clear()
    assert "told to keys that see the whole project" in other.text()
    page.call("Page.navigate", url="about:blank")
    page.run("1")
    page.wrong.clear()  # the refusals are asked for, and a browser notes each 403


def test_the_first_curls_work_as_pasted(browser: Chrome, tmp_path: Path) -> None:
    """With the key filled in, and with the key as a variable of the shell."""
    with running_server(tmp_path / "data") as server:
        page = browser.page().open(f"{server.url}/#key={server.demo['query_key']}")
        curls = "[...document.querySelectorAll('.first pre')].map((one) => one.textContent)"
        page.wait(f"{curls}.length === 5")
        named = page.run(curls)
        page.type(".first input", server.demo["write_key"])
        page.wait(f"{curls}.every((one) => !one.includes('WRITE_KEY'))")
        for curl in [*named, *page.run(curls)]:
            environ = {**os.environ, "WRITE_KEY": server.demo["write_key"]}
            done = subprocess.run(
                ["bash", "-c", f"{curl} -sS -o /dev/null -w '%{{http_code}}'"],
                env=environ,
                capture_output=True,
                text=True,
                timeout=30,
                check=True,
            )
            assert done.stdout == "200", curl
        page.wait(f"{ROWS} === 10")
        assert page.run("document.querySelectorAll('.row.stored').length") == 10
        assert not page.wrong


def test_a_server_that_is_away_is_told_since_when_and_asked_again(
    browser: Chrome, tmp_path: Path
) -> None:
    with running_server(tmp_path / "data") as server:
        send(server, {"event_name": "before"})
        page = browser.page().open(f"{server.url}/#key={server.demo['query_key']}")
        page.wait(f"{ROWS} === 1")
        server.stop()
        page.wait_text("The server does not answer, since ")
        assert page.run(ROWS) == 1
    with running_server(tmp_path / "data", "--port", server.url.rpartition(":")[2]) as again:
        send(again, {"event_name": "after"})
        page.wait(f"{ROWS} === 2")
        page.wait("!document.querySelector('[role=alert]')")


def test_a_server_that_is_unwell_is_told_in_every_view(
    browser: Chrome, server: RunningServer
) -> None:
    for view in VIEWS:
        page = browser.page()
        page.call("Page.addScriptToEvaluateOnNewDocument", source=UNWELL)
        page.open(f"{server.url}/?view={view}#key={server.demo['query_key']}")
        page.wait("!!document.querySelector('.pill')")
        assert page.text(".pill").strip() == "degraded"
    page.wait_text("less than 256 MiB are free")


def test_the_key_leaves_the_address_also_in_a_page_that_is_open(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    page = console("?view=events")
    page.run(f"location.hash = 'key={server.demo['query_key']}'")
    page.wait("location.hash === ''")
    assert page.run("location.search") == "?view=events"
    assert server.demo["query_key"] not in page.run("document.documentElement.outerHTML")
