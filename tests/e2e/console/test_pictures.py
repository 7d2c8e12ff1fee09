"""Each view at both widths and in both themes: nothing is wider than its window, nothing complains.

With `CONSOLE_PICTURES=docs/console` the pictures of docs/console.md are made anew. Needs Debian's
package `chromium`; part of `make e2e`.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.browser import Page
from tests.support.server import RunningServer

pytestmark = pytest.mark.slow

DAY_MS = 86_400_000
MOST_BYTES = 100_000
PAINTED_MS = 500
STEPS = quote(json.dumps(["Product Viewed", "Cart Filled", "Order Completed"]))
NAMES = quote(json.dumps(["Order Completed"]))
# What is opened, and what is there once it is drawn.
VIEWS = {
    "live": ("?view=live", ".row.refused"),
    "mend": ("?view=live&fate=refused&open={refused}", ".mend"),
    "event": ("?view=live&open={event}", ".row.open .tree"),
    "explore": (
        f"?view=explore&period=minus_7_days&measure=sum:price&names={NAMES}&group=plan&each=day",
        ".chart canvas",
    ),
    "funnel": (f"?view=explore&kind=funnel&steps={STEPS}", ".funnel li"),
    "events": ("?view=events&event=Order+Completed", ".opened table"),
    "system": ("?view=system", ".system table.data"),
}


def sent(server: RunningServer, now_ms: int) -> dict[str, str]:
    """Send two weeks of a shop, and some mistakes; return an event and a refusal to open."""
    write, random = server.demo["write_key"], Random(15)
    for day in range(14):
        batch = []
        for number in range(60 + 5 * day):
            user, at_ms = f"user-{random.randrange(80)}", now_ms - day * DAY_MS - 60_000 * number
            deep = random.choices(range(3), (5, 2, 1))[0]
            for event in ("Product Viewed", "Cart Filled", "Order Completed")[: deep + 1]:
                batch.append(shopped(random, user, event, at_ms + deep))
        answer = server.call("POST", "/v1/batch", {"writeKey": write, "batch": batch})
        assert answer.status == 200, answer.body
    key = {"x-eventbunker-write-key": write}
    for body in ({"event_name": "signup", "plan": "pro"}, {"event_name": "a b"}):
        server.call("POST", "/post", body, key)
    wrong = {"writeKey": write, "userId": "user-7", "event": 7, "properties": {"plan": "pro"}}
    refused = server.call("POST", "/v1/track", wrong)
    cart = {"items": ["socks", "shoes"], "price": 49.9, "currency": "EUR"}
    bought: dict[str, Any] = {
        "event_name": "checkout",
        "customer_identifier": "acme",
        "cart": cart,
        "coupon": None,
    }
    told = server.call("POST", "/post", bought, key)
    server.wait_until_visible()
    return {
        "refused": refused.headers["x-openbunker-refused-id"],
        "event": told.headers["x-openbunker-event-id"],
    }


def shopped(random: Random, user: str, event: str, at_ms: int) -> dict[str, Any]:
    price = round(random.uniform(5, 120), 2)
    return {
        "type": "track",
        "event": event,
        "userId": user,
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_ms / 1000)),
        "properties": {"plan": random.choice(("free", "pro", "team")), "price": price},
    }


@pytest.fixture(scope="module")
def ids(server: RunningServer) -> dict[str, str]:
    return sent(server, int(time.time() * 1000))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the pictures go."""
    yield Path(os.environ.get("CONSOLE_PICTURES") or tmp_path)


LOOKS = [(view, width, dark) for view in VIEWS for width in (1280, 390) for dark in (False, True)]


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_view_fits_its_window(
    console: Callable[..., Page], ids: dict[str, str], folder: Path, look: tuple[str, int, bool]
) -> None:
    view, width, dark = look
    address, there = VIEWS[view]
    page = console(address.format(**ids), width, dark=dark)
    page.wait(f"!!document.querySelector({json.dumps(there)})")
    page.run("new Promise((done) => setTimeout(done, 400))")
    page.run("document.querySelector('.open')?.scrollIntoView({block: 'start'}), scrollBy(0, -60)")
    page.run("new Promise((done) => setTimeout(done, 100))")
    theme = "dark" if dark else "light"
    picture = page.picture(folder / f"{view}-{width}-{theme}.webp")

    assert page.too_wide() <= 0
    assert page.run("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(20, 24, 28)" if dark else "rgb(255, 255, 255)"
    )
    assert 2_000 < picture.stat().st_size < MOST_BYTES


def test_it_is_painted_at_once(console: Callable[..., Page]) -> None:
    """Held to the CPU that it takes, since on a busy machine the clock tells of others as well."""
    painted = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    taken = []
    for _ in range(3):
        page = console()
        seen_ms = page.wait(painted)
        taken.append(page.busy_ms())
        print(f"first contentful paint after {seen_ms:.0f} ms, {taken[-1]:.0f} ms of CPU")

    assert min(taken) < PAINTED_MS
