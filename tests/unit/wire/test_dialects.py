"""Laws that hold in every dialect, whatever a client sends."""

import base64
import json
from dataclasses import replace
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import ids, records
from openbunker.core.errors import RequestRefused
from openbunker.core.event import Draft, Event
from openbunker.core.reasons import Reason
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.memory import MemorySink
from openbunker.web.http import REASON_HEADER, Request
from openbunker.wire.dialect import Dialect
from openbunker.wire.registry import DIALECTS
from tests.support.laws import each

NOW_MS = 1_790_000_000_000
SITE = "00000000-0000-0000-0000-000000000000"
KEY = Key(key_id="k", kind=KeyKind.WRITE, account_id="a", project_id="p", sites=(SITE,))
HASHES = {"a" * 64: 3, "b" * 64: 4}
TRACIFY_EVENT = {
    "url": "https://shop.example/",
    "customer_site_id": SITE,
    "identity_data": HASHES,
    "type": "purchase",
    "data": {"origin": "https://shop.example", "order_id": "1", "currency": "EUR", "amount": "1"},
}
SEGMENT_MESSAGE = {
    "type": "track",
    "event": "x",
    "userId": 1,
    "anonymousId": "1",
    "messageId": "1",
    "timestamp": "2026-11-21T03:00:00Z",
    "context": {"page": {"url": "x"}, "campaign": {"name": "x"}, "userAgent": "x"},
    "properties": {"a": 1},
    "integrations": {"All": True},
}
POSTHOG_EVENT = {
    "event": "x",
    "distinct_id": "1",
    "uuid": "1",
    "timestamp": "2026-11-21T03:00:00Z",
    "properties": {"$set": {"a": 1}, "$ip": "1.1.1.1", "$current_url": "x", "$device_id": "d"},
    "$set": {"$ip": "1.1.1.1"},
}
GOOD: dict[str, Any] = {
    "/post": {"event_name": "x", "timestamp": 1, "metric_value": 1, "customer_identifier": "c"},
    "/": {"type": "custom", "name": "x", "eventId": "1", "timestamp": 1, "properties": {}},
    "/batch": [{"type": "custom", "name": "x"}],
    "/track": {"name": "x", "timestamp": 1, "eventId": "1", "source": "s", "properties": {}},
    "/identify": {"profileId": "x", "anonymousId": "1", "traits": {}, "websiteId": "w"},
    "/api/tags/custom": {"projectKey": "key", "event_name": "x", "url": "https://shop.example/"},
    "/api/v1/events": {"events": [TRACIFY_EVENT]},
    "/v1/track": {"writeKey": "key", **SEGMENT_MESSAGE},
    "/v1/page": {"writeKey": "key", "userId": "u", "properties": {"url": "x"}, "sentAt": "2026"},
    "/batch/": {"api_key": "key", "batch": [POSTHOG_EVENT], "sent_at": "2026-11-21T03:00:00Z"},
    "/e/": {"token": "key", **POSTHOG_EVENT},
    "/i/v0/e/": [{"api_key": "key", **POSTHOG_EVENT}],
    "/v1/t": {"writeKey": "key", **SEGMENT_MESSAGE},
    "/v1/b": {"writeKey": "key", "batch": [SEGMENT_MESSAGE], "sentAt": "2026-11-21T03:00:00Z"},
    "/v1/batch": {"writeKey": "key", "batch": [SEGMENT_MESSAGE], "context": {"ip": "1.1.1.1"}},
}
HEADERS = {
    "x-eventbunker-write-key": "key",
    "tracify-token": "key",
    "databuddy-client-id": "key",
    "x-api-key": "key",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=10,
)
ROUTES = st.sampled_from(sorted(GOOD))
HEADER_NAMES = st.sampled_from(
    ["origin", "content-encoding", "user-agent", "x-forwarded-for", "cloudfront-viewer-country"]
) | st.sampled_from(sorted(HEADERS))


def answer(path: str, body: bytes, headers: dict[str, str], query: str = "") -> dict[str, Any]:
    event = {
        "rawPath": path,
        "rawQueryString": query,
        "headers": {**HEADERS, **headers},
        "requestContext": {"http": {"method": "POST", "sourceIp": "203.0.113.77"}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    services = Services(
        keys=MemoryKeyStore({hash_of("key"): KEY}),
        sink=MemorySink(),
        now_ms=lambda: NOW_MS,
        new_ids=ids.new_ids,
        log=lambda _line: None,
    )
    return serve(event, None, services)


def assert_the_clients_mistake(told: dict[str, Any]) -> None:
    assert told["statusCode"] == 200 or 400 <= told["statusCode"] < 500, told
    json.loads(told["body"])


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, Any]:
    """A good body with any JSON in place of one of its parts, however deep."""
    path = draw(ROUTES)
    body = json.loads(json.dumps(GOOD[path]))
    part = body
    while True:
        place = draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
        if not isinstance(part[place], dict | list) or not part[place] or draw(st.booleans()):
            part[place] = draw(JSON)
            return path, body
        part = part[place]


@pytest.mark.parametrize("path", sorted(GOOD))
def test_the_good_body_of_each_route_is_accepted(path: str) -> None:
    told = answer(path, json.dumps(GOOD[path]).encode(), {})
    assert told["statusCode"] == 200
    assert REASON_HEADER not in told["headers"]


@given(spoilt())
def test_a_wrong_value_anywhere_is_never_our_failure(sent: tuple[str, Any]) -> None:
    path, body = sent
    assert_the_clients_mistake(answer(path, json.dumps(body).encode(), {}))


@given(ROUTES, st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_never_our_failure(path: str, body: bytes) -> None:
    assert_the_clients_mistake(answer(path, body, {}))


@given(ROUTES, st.dictionaries(HEADER_NAMES, st.text(max_size=30)), st.text(max_size=30))
def test_any_headers_and_query_are_never_our_failure(
    path: str, headers: dict[str, str], query: str
) -> None:
    body = json.dumps(GOOD[path]).encode()
    asked = urlencode({"client_id": query}, errors="replace")
    assert_the_clients_mistake(answer(path, body, headers, asked))


@each("path, depth", product(sorted(GOOD), [100, 900, 1000, 3000, 100_000]))
def test_any_depth_is_never_our_failure(path: str, depth: int) -> None:
    nested = "[" * depth + "]" * depth
    for text in (nested, json.dumps(GOOD[path]).replace('"x"', nested).replace('"1"', nested)):
        assert_the_clients_mistake(answer(path, text.encode(), {}))
    if path == "/api/v1/events":
        page = {**TRACIFY_EVENT, "type": "pageview", "datetime": "2024-06-21 12:36:37"}
        text = json.dumps({"events": [page]}).replace('"1"', nested)
        assert_the_clients_mistake(answer(path, text.encode(), {}))


@each("dialect, reason", product(DIALECTS, Reason), lambda case: f"{case[0].name}, {case[1]}")
def test_every_dialect_can_refuse_for_every_reason(dialect: Dialect, reason: Reason) -> None:
    """What may be resent is a 503, or a 429 where the sender is to slow down, so that clients
    resend it; nothing refused looks stored.
    """
    resend = {503, reason.facts.status} if reason.facts.retryable else {503}
    for route in dialect.routes:
        request = Request(method="POST", path=route.split(" ")[1])
        reply = dialect.refuse(request, RequestRefused(reason, "told"))
        assert (reply.status in resend) == reason.facts.retryable
        assert reply.body
        assert reply.body.get("status") not in (True, "success")
        assert reply.body.get("success") is not True
        assert json.dumps(reply.body).isascii()


@given(st.lists(st.sampled_from(["good", "bad", "foreign"]), min_size=1, max_size=8))
def test_admit_keeps_number_and_order_of_items(kinds: list[str]) -> None:
    events = {
        "good": TRACIFY_EVENT,
        "bad": {},
        "foreign": {**TRACIFY_EVENT, "customer_site_id": SITE.replace("0", "1")},
    }
    dialect = next(dialect for dialect in DIALECTS if dialect.name == "tracify")
    request = Request(
        method="POST",
        path="/api/v1/events",
        raw_body=json.dumps({"events": [events[kind] for kind in kinds]}),
    )
    read = dialect.read(request)
    admitted = dialect.admit(request, read, KEY)
    assert len(read.items) == len(admitted.items) == len(kinds)
    assert [isinstance(item, Draft) for item in admitted.items] == [
        kind == "good" for kind in kinds
    ]
    for index, (kind, item) in enumerate(zip(kinds, admitted.items, strict=True)):
        if not isinstance(item, Draft):
            assert item.field is not None
            assert item.field.startswith(f"events.{index}"), kind


def stored(path: str, body: Any, key: Key) -> list[Event]:
    """Return the rows that a body leads to when it is sent with a key."""
    sink = MemorySink()
    services = Services(
        keys=MemoryKeyStore({hash_of("key"): key}),
        sink=sink,
        now_ms=lambda: NOW_MS,
        new_ids=ids.new_ids,
        log=lambda _line: None,
    )
    event = {
        "rawPath": path,
        "headers": HEADERS,
        "requestContext": {"http": {"method": "POST"}},
        "body": json.dumps(body),
    }
    serve(event, None, services)
    return [records.decode(record.data) for record in sink.records]


def test_a_databuddy_id_is_scoped_to_its_client() -> None:
    one = stored("/", GOOD["/"], KEY)
    again = stored("/", GOOD["/"], KEY)
    other = stored("/", GOOD["/"], replace(KEY, key_id="k2"))
    assert one[0].dedupe_key == again[0].dedupe_key != other[0].dedupe_key


@pytest.mark.parametrize("event_type", ["pageview", "productview", "addtocart", "purchase"])
def test_a_tracify_event_sent_again_is_the_same_event(event_type: str) -> None:
    """Whatever the order of its fields; another event is another one."""
    event = {**TRACIFY_EVENT, "type": event_type, "datetime": "2024-06-21 12:36:37"}
    turned = dict(reversed(event.items()))
    other = {**event, "data": {**TRACIFY_EVENT["data"], "order_id": "2"}}  # type: ignore[dict-item]
    rows = stored("/api/v1/events", {"events": [event, turned, other]}, KEY)
    first, again, different = [row.dedupe_key for row in rows]
    assert first == again != different


def test_a_tracify_page_without_a_time_is_a_new_event_each_time() -> None:
    event = {**TRACIFY_EVENT, "type": "pageview"}
    rows = stored("/api/v1/events", {"events": [event, event]}, KEY)
    assert rows[0].dedupe_key != rows[1].dedupe_key
