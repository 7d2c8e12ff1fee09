"""Explore in a real browser: a question by clicking, its chart and table, and the same by address.

Needs Debian's package `chromium`; part of `make e2e`.
"""

import json
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.support.browser import Page
from tests.support.server import RunningServer

pytestmark = pytest.mark.slow

CELLS = "[...document.querySelectorAll('table.data tbody tr')].map((row) => row.innerText)"
PLANS = ("pro", "free", "free", "team", "team", "team")
HOUR_MS = 3_600_000


@pytest.fixture(scope="module", autouse=True)
def purchases(server: RunningServer) -> None:
    """Send seven purchases of now, one of them hostile, three of yesterday, and some visits."""
    now_ms = int(time.time() * 1000)
    items = [(plan, now_ms - 1000, 10) for plan in PLANS]
    items += [("free", now_ms - 30 * HOUR_MS, 4)] * 3
    items += [("<img src=x onerror=alert(1)>", now_ms - 1000, 1)]
    batch = [
        {
            "type": "track",
            "event": "purchase",
            "userId": "u",
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ms / 1000)),
            "properties": {"plan": plan, "price": price},
        }
        for plan, ms, price in items
    ]
    answer = server.call(
        "POST", "/v1/batch", {"writeKey": server.demo["write_key"], "batch": batch}
    )
    assert answer.status == 200
    for user, event in (("u1", "visited"), ("u2", "visited"), ("u3", "visited"), ("u1", "bought")):
        body = {"writeKey": server.demo["write_key"], "userId": user, "event": event}
        assert server.call("POST", "/v1/track", body).status == 200
    server.wait_until_visible()


def test_a_question_is_built_by_clicking_and_is_its_address(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    page = console(f"?view=explore&names={quote(json.dumps(['purchase']))}")
    page.choose("select[name=fn]", "sum")
    page.type("input[name=field]", "price")
    page.press("Tab")
    page.wait("location.search.includes('measure=sum%3Aprice')")
    page.choose("select[name=each]", "none")
    page.type("input[name=group]", "plan")
    page.press("Tab")
    page.wait(f"{CELLS}.length === 4")
    address = page.run("location.search")

    rows = page.run(CELLS)
    again = console(address)
    again.wait(f"{CELLS}.length === 4")
    assert again.run(CELLS) == rows
    assert {"team\t30", "free\t20", "pro\t10"} < set(rows)
    assert again.run(
        "[...document.querySelectorAll('.bars .label')].map((one) => one.textContent)"
    )[:3] == ["team", "free", "pro"]
    assert "Complete: 4 rows" in again.text()
    assert again.run("document.images.length") == 0
    assert server.demo["query_key"] not in address


def test_filters_offer_the_values_that_exist(console: Callable[..., Page]) -> None:
    names = quote(json.dumps(["purchase"]))
    page = console(f"?view=explore&each=none&names={names}")
    page.click("button", "Filter")
    page.type("input[name=field-0]", "plan")
    page.press("Tab")
    page.wait("!!document.querySelector('#value-0-known option[value=team]')")
    page.type("input[name=value-0]", "team")
    page.press("Tab")
    page.wait_text("Complete: 1 row.")
    page.wait(f"{CELLS}[0] === '3'")


def test_the_period_before_stands_beside(console: Callable[..., Page]) -> None:
    names = quote(json.dumps(["purchase"]))
    page = console(f"?view=explore&names={names}&compare=1")
    page.wait_text("now, 3 in the period before")

    assert "7 now, 3 in the period before: +133.3%" in page.text(".change")
    assert "count before" in page.text(".legend")
    assert "(right)" not in page.text(".legend")
    assert page.run("!!document.querySelector('.chart canvas')")


def test_what_is_copied_asks_the_same_and_holds_no_key(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    names = quote(json.dumps(["purchase"]))
    page = console(f"?view=explore&group=plan&each=none&measure=sum:price&names={names}")
    page.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.click(".acts button", "curl")
    curl = page.wait("window.copied")
    body = json.loads(curl.partition("-d '")[2].removesuffix("'"))
    page.run("window.copied = ''")
    page.click(".acts button", "CSV")
    table = page.wait("window.copied")
    page.run("window.copied = ''")
    page.click(".acts button", "SQL")
    sql = page.wait("window.copied").partition("\n\n--")[0]

    asked = {row[0]: row[1] for row in server.ask(body)["rows"]}
    assert f"team,{asked['team']}" in table.splitlines()
    key = {"x-eventbunker-query-key": server.demo["query_key"]}
    told = server.call("POST", "/v1/query/sql", {"time_period": "all", "sql": sql}, key)
    assert told.status == 200, told.body
    assert ["team", 30] in told.body["rows"]
    assert "obq_" not in curl + sql + table


def test_nothing_is_no_events(console: Callable[..., Page]) -> None:
    page = console(f"?view=explore&names={quote(json.dumps(['nobody']))}")
    page.wait_text("No events")


def test_a_funnel_and_its_filters_are_built_by_clicking(
    server: RunningServer, console: Callable[..., Page]
) -> None:
    page = console("?view=explore")
    page.click(".segments button", "Funnel")
    page.type("input[name=step-0]", "visited")
    page.press("Tab")
    page.type("input[name=step-1]", "bought")
    page.press("Tab")
    page.wait("document.querySelectorAll('.funnel li').length === 2")

    first, second = page.run(
        "[...document.querySelectorAll('.funnel li')].map((one) => one.innerText.split('\\n'))"
    )
    assert (first[0], first[1]) == ("visited", "3")
    assert (second[0], second[1], second[2]) == ("bought", "1", "33.3%")
    page.click("button", "Filter")
    page.type("input[name=field-0]", "user_id")
    page.press("Tab")
    page.type("input[name=value-0]", "u1")
    page.press("Tab")
    page.wait("document.querySelectorAll('.funnel li')[0]?.innerText.includes('\\n1\\n')")


def test_retention_tells_who_came_back(server: RunningServer, console: Callable[..., Page]) -> None:
    steps = quote(json.dumps(["visited"]))
    page = console(f"?view=explore&kind=retention&steps={steps}")
    page.wait("document.querySelectorAll('.retention tbody tr').length >= 13")
    last = "[...document.querySelectorAll('.retention tbody tr')].at(-1)"

    assert page.run(f"{last}.children[1].textContent.trim()") == "3"
    assert page.run(f"{last}.children[2].textContent.trim()") == "100%"
