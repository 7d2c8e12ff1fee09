"""A project may keep ids of public keys apart from those of secret ones: whatever strangers send.

Rows are counted as every reader counts them: the first of a project's dedupe key.
"""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import ids
from openbunker.core.event import Event
from openbunker.core.records import decode
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.memory import MemorySink

NOW_MS = 1_795_219_200_000
SITE = "https://shop.example"
SECRET = Key(key_id="secret", kind=KeyKind.WRITE, account_id="a", project_id="p", strict=False)
PUBLIC = replace(SECRET, key_id="public", allowed_origins=(SITE,))
# Who sends, which order, how much: what was sent, and what counts.
Sent = list[tuple[str, int, float]]
Bought = tuple[str, str, float]
# Who sends, an order's id that anybody may guess, and what is said to have been paid.
SENT = st.lists(
    st.tuples(
        st.sampled_from(["secret", "public"]), st.integers(1, 3), st.integers(1, 9).map(float)
    ),
    max_size=12,
)
# Each dialect's way of naming an event, so that the first of a name counts.
NAMED: dict[str, Any] = {
    "segment": lambda key: (
        "/v1/track",
        {},
        {"writeKey": key, "type": "track", "event": "e", "userId": "u", "messageId": "m"},
    ),
    "databuddy": lambda key: (
        "/",
        {"databuddy-client-id": key},
        {"type": "custom", "name": "n", "eventId": "m"},
    ),
    "posthog": lambda key: (
        "/capture/",
        {},
        {"api_key": key, "event": "e", "distinct_id": "d", "uuid": "m"},
    ),
}


class World:
    """A collector over memory, whose project shares its dedupe scope or not."""

    def __init__(self, scopes: str | None) -> None:
        self.keys = MemoryKeyStore({hash_of("secret"): SECRET, hash_of("public"): PUBLIC})
        self.keys.change_project("p", {"dedupe_scopes": scopes})
        self.sink = MemorySink()

    def post(self, path: str, headers: dict[str, str], body: Any) -> dict[str, Any]:
        event = {
            "rawPath": path,
            "requestContext": {"http": {"method": "POST"}},
            "headers": {"origin": SITE, **headers},
            "body": json.dumps(body),
        }
        services = Services(
            keys=self.keys,
            sink=self.sink,
            now_ms=lambda: NOW_MS,
            new_ids=ids.new_ids,
            log=lambda _line: None,
        )
        return serve(event, None, services)

    def buy(self, key: str, order: int, amount: float) -> None:
        body = {"events": [bought(order, amount)]}
        told = self.post("/api/v1/events", {"tracify-token": key}, body)
        assert told["statusCode"] == 200, told

    def counted(self) -> list[Bought]:
        """Return key, order and amount of what counts."""
        first: dict[str, Event] = {}
        for record in self.sink.records:
            event = decode(record.data)
            first.setdefault(event.dedupe_key, event)
        told = [(one.key_id, one.properties) for one in first.values()]
        return [(key, data["order_id"], float(data["amount"])) for key, data in told]


def bought(order: int, amount: float) -> dict[str, Any]:
    data = {"origin": SITE, "order_id": f"order-{order}", "currency": "EUR", "amount": amount}
    site = "0f8fad5b-d9cb-469f-a165-70867728950e"
    own = {"url": SITE, "customer_site_id": site, "identity_data": {}}
    return {**own, "type": "purchase", "data": data}


def counted(scopes: str | None, sent: Sent) -> list[Bought]:
    world = World(scopes)
    for key, order, amount in sent:
        world.buy(key, order, amount)
    return world.counted()


@given(sent=SENT)
def test_apart_nothing_that_pages_send_changes_what_a_secret_key_counts(sent: Sent) -> None:
    """And the other way round: each kind counts as if it were alone, first come first kept."""
    found = counted("separate", sent)
    for kind in ("secret", "public"):
        alone = counted("separate", [one for one in sent if one[0] == kind])
        assert [one for one in found if one[0] == kind] == alone


@given(sent=SENT)
def test_shared_the_first_of_an_order_counts_whoever_sent_it(sent: Sent) -> None:
    first: dict[int, Bought] = {}
    for key, order, amount in sent:
        first.setdefault(order, (key, f"order-{order}", amount))
    assert counted(None, sent) == counted("shared", sent) == list(first.values())


def test_what_a_secret_key_sends_is_the_same_event_before_and_after_the_change() -> None:
    """Nothing that is stored is replaced or read anew: a resend of long ago is still a copy."""
    world = World(None)
    world.buy("secret", 1, 5.0)
    world.keys.change_project("p", {"dedupe_scopes": "separate"})
    world.buy("secret", 1, 6.0)
    assert world.counted() == [("secret", "order-1", 5.0)]


@pytest.mark.parametrize("dialect", NAMED)
def test_the_scope_stands_before_what_every_dialect_makes_of_an_id(dialect: str) -> None:
    told = {}
    for key in ("secret", "public"):
        world = World("separate")
        assert world.post(*NAMED[dialect](key))["statusCode"] == 200
        told[key] = decode(world.sink.records[0].data).dedupe_key
    assert told["secret"].startswith(f"{dialect}:secret:")
    assert told["public"].startswith(f"public:{dialect}:public:")


def test_an_event_without_an_id_of_its_own_keeps_ours() -> None:
    world = World("separate")
    body = {"event_name": "e"}
    assert world.post("/post", {"x-eventbunker-write-key": "public"}, body)["statusCode"] == 200
    event = decode(world.sink.records[0].data)
    assert event.dedupe_key == event.event_id
