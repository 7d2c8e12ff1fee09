"""Every fault of an event is told at once: one of a type hides none of what a field means."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from openbunker.core import ids
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.memory import MemorySink

KEY = Key(key_id="k", kind=KeyKind.WRITE, account_id="a", project_id="p", strict=False)
LATE = {"timestamp": "not a time"}
# A path, an event with several faults, and the fields that must be named.
FAULTY: dict[str, tuple[str, Mapping[str, Any], set[str]]] = {
    "eventbunker": (
        "/post",
        {"event_name": 5, "mixed": [1, "a"], **LATE},
        {"event_name", "mixed", "timestamp"},
    ),
    "databuddy": (
        "/?client_id=w",
        {"type": "custom", "name": "$identify", "sessionId": 5},
        {"name", "sessionId"},
    ),
    "databuddy track": (
        "/track",
        {"name": "$identify", "properties": 5, **LATE},
        {"name", "properties", "timestamp"},
    ),
    "nanosights": (
        "/api/tags/custom",
        {"projectKey": "w", "event_name": 5, "url": "https://a.example", **LATE},
        {"event_name", "timestamp"},
    ),
    "tracify": (
        "/api/v1/events",
        {"events": [{
            "url": 5, "customer_site_id": "x", "identity_data": {"short": 1}, "datetime": "x",
            "type": "purchase", "data": {"origin": "o", "amount": "many"},
        }]},
        {"url", "customer_site_id", "identity_data", "datetime", "data.order_id", "data.amount"},
    ),
    "segment": (
        "/v1/track",
        {"type": "track", "event": 5, "userId": [], "messageId": "x" * 600, **LATE},
        {"event", "userId", "messageId", "timestamp"},
    ),
    "posthog": (
        "/capture/",
        {"api_key": "w", "event": 5, "distinct_id": [], **LATE},
        {"event", "distinct_id", "timestamp"},
    ),
}  # fmt: skip
HEADERS = {
    "x-eventbunker-write-key": "w",
    "x-api-key": "w",
    "tracify-token": "w",
    "authorization": "Basic dzo=",
}


@pytest.mark.parametrize("dialect", FAULTY)
def test_every_fault_is_named(dialect: str) -> None:
    path, body, faults = FAULTY[dialect]
    raw_path, _, query = path.partition("?")
    headers = {k: v for k, v in HEADERS.items() if k != "authorization" or raw_path == "/v1/track"}
    event = {
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {"http": {"method": "POST"}},
        "body": json.dumps(body),
    }
    services = Services(
        keys=MemoryKeyStore({hash_of("w"): KEY}),
        sink=MemorySink(),
        now_ms=lambda: 0,
        new_ids=ids.new_ids,
        log=lambda _line: None,
    )
    answer = serve(event, None, services)
    assert answer["headers"]["x-openbunker-reason"] == "invalid_schema"
    named = json.loads(answer["body"]).get("errors")
    paths = {".".join(map(str, one["path"])) for one in named or ()}
    assert {fault for fault in faults if f"{fault}: " not in answer["body"]} - paths == set()
