"""Events as each vendor's clients send them, one by one and in lists, and how they say `stored`."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from openbunker_local.doctor.calls import Answer, Ask
from openbunker_local.doctor.doors import DOORS

SITE = "0d3b4a52-7c1e-4f6a-9b8d-2e5f60718293"
IN_A_LIST = 5
NAME = "sent"


def singles(key: str, run: str) -> Iterator[tuple[str, Ask, Callable[[Any], bool]]]:
    """Yield a request for each dialect, and what tells that it was taken."""
    for door in DOORS:
        yield door.dialect, door.event(key, SITE if door.has_site else "", run), door.accepts


def lists(key: str, run: str) -> Iterator[tuple[str, Ask]]:
    """Yield a request of IN_A_LIST events for each dialect that has lists of its own.

    PostHog's goes to /capture: the emulator takes /batch/ for /batch, which is Databuddy's.
    """
    numbers = range(IN_A_LIST)
    databuddy = [{"type": "custom", "name": NAME, "properties": {"run": run}} for _ in numbers]
    yield "databuddy", Ask("POST", f"/batch?client_id={quote(key, safe='')}", {}, databuddy)
    segment = [{"type": "track", "userId": run, "event": NAME, "messageId": f"{run}-{n}"}
               for n in numbers]  # fmt: skip
    yield "segment", Ask("POST", "/v1/batch", {}, {"writeKey": key, "batch": segment})
    posthog = [{"event": NAME, "distinct_id": run, "properties": {"run": run}} for _ in numbers]
    yield "posthog", Ask("POST", "/capture", {}, {"api_key": key, "batch": posthog})


def of_customer(key: str, customer: str, number: int) -> Ask:
    """Return an event of a customer, with an id of its sender."""
    body = {"event_name": NAME, "customer_identifier": customer, "number": number}
    return Ask("POST", "/post", {"x-eventbunker-write-key": key}, body)


def taken(dialect: str, answer: Answer) -> bool:
    """Return whether an answer to a list says that all of it was taken."""
    (door,) = (one for one in DOORS if one.dialect == dialect)
    return answer.status // 100 == 2 and door.accepts(answer.json)
