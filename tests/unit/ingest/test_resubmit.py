"""How a refused row becomes a request again: the patch, the body's form, the key, the identity."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import ids, records
from openbunker.core.event import Event
from openbunker.core.refused_rows import Refused
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.memory import MemorySink
from openbunker.sinks.refused import MemoryRefusedSink
from openbunker.web.http import REFUSED_ID_HEADER
from openbunker_local.cli import resubmit
from openbunker_local.cli.resubmit import Again, Outcome, again, merge_patch, rehearse
from tests.support.query.refused import row

FIRST_MS, NOW_MS = 1_790_000_000_000, 1_790_000_500_000
ID = ids.new_id(FIRST_MS)
KEY = Key(key_id="k", kind=KeyKind.WRITE, account_id="a", project_id="p")


def refused_row(route: str, payload: Any, *, item: int | None = 0) -> Refused:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    size = len(text.encode())
    return row(refused_id=ID, route=route, payload=text, payload_bytes=size, item=item)


class Server:
    """The pipeline over fakes, which takes what would be sent."""

    def __init__(self) -> None:
        self.sink, self.refused = MemorySink(), MemoryRefusedSink()

    def take(self, request: Again) -> dict[str, Any]:
        event = {
            "rawPath": request.path,
            "requestContext": {"http": {"method": "POST", "sourceIp": "203.0.113.7"}},
            "headers": {**request.headers, "user-agent": "curl/8"},
            "body": request.body.decode(),
        }
        services = Services(
            keys=MemoryKeyStore({hash_of("key"): KEY}),
            sink=self.sink,
            now_ms=lambda: NOW_MS,
            new_ids=ids.new_ids,
            log=lambda _line: None,
            refused=self.refused,
        )
        return serve(event, None, services)

    def events(self) -> list[Event]:
        return [records.decode(record.data) for record in self.sink.records]


# The examples of RFC 7396, appendix A, whose patch is an object.
RFC = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
JSON = st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner)
                    | st.dictionaries(st.text(), inner), max_leaves=8)  # fmt: skip


@pytest.mark.parametrize(("target", "patch", "result"), RFC)
def test_the_patch_is_the_rfc_s(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result


@given(JSON, JSON)
def test_a_patch_twice_is_a_patch_once(target: Any, patch: Any) -> None:
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once


MENDED = [
    ("POST /post", {"plan": 1}, {"event_name": "a"}),
    ("POST /", {"type": "custom"}, {"name": "a"}),
    ("POST /batch", {"type": "custom"}, {"name": "a"}),
    ("POST /track", {"properties": {}}, {"name": "a"}),
    ("POST /api/tags/custom", {"projectKey": "***", "url": "https://a.b"}, {"event_name": "a"}),
    ("POST /v1/track", {"writeKey": "***", "userId": "u"}, {"event": "a"}),
    ("POST /v1/batch", {"type": "track", "userId": "u"}, {"event": "a"}),
]


@pytest.mark.parametrize(("route", "payload", "patch"), MENDED, ids=lambda it: str(it)[:20])
def test_a_mended_item_is_stored_once_with_its_first_time(
    route: str, payload: Any, patch: Any
) -> None:
    server = Server()
    request = again(refused_row(route, payload), patch, "key")
    assert isinstance(request, Again)

    answers = [server.take(request) for _ in range(2)]

    assert [answer["statusCode"] for answer in answers] == [200, 200]
    first, second = server.events()
    assert first.dedupe_key == second.dedupe_key == f"refused:{ID}:0"
    assert first.timestamp_ms == FIRST_MS
    assert (first.ip, first.browser, first.project_id) == (None, None, "p")


def test_a_sender_s_own_id_and_time_come_first() -> None:
    server = Server()
    payload = {"type": "custom", "name": "a", "eventId": "e", "timestamp": 5}
    request = again(refused_row("POST /batch", payload), None, "key")
    assert isinstance(request, Again)

    server.take(request)

    (event,) = server.events()
    assert (event.dedupe_key, event.timestamp_ms) == ("databuddy:k:e", 5)


def test_a_request_that_was_refused_as_a_whole_goes_as_it_was() -> None:
    body = [{"type": "custom", "name": "a"}, {"type": "custom", "name": "b"}]
    server = Server()
    request = again(refused_row("POST /batch", body, item=None), None, "key")
    assert isinstance(request, Again)

    server.take(request)

    assert [one.dedupe_key for one in server.events()] == [f"refused:{ID}:0", f"refused:{ID}:1"]


def test_what_is_refused_again_is_not_kept_again() -> None:
    server = Server()
    for route in ("POST /post", "POST /batch"):
        request = again(refused_row(route, {}), None, "key")
        assert isinstance(request, Again)
        server.take(request)

    assert server.refused.records == []
    assert server.events() == []


@pytest.mark.parametrize("header", ["x", "F" * 32, "0" * 31, ""])
def test_a_header_that_is_no_id_is_refused(header: str) -> None:
    server = Server()
    request = again(refused_row("POST /post", {"event_name": "a"}), None, "key")
    assert isinstance(request, Again)
    request.headers[REFUSED_ID_HEADER] = header  # type: ignore[index]

    assert server.take(request)["statusCode"] == 400
    assert server.events() == []


def test_an_id_from_the_future_gives_no_future_time() -> None:
    server = Server()
    request = again(refused_row("POST /post", {"event_name": "a"}), None, "key")
    assert isinstance(request, Again)
    request.headers[REFUSED_ID_HEADER] = "f" * 32  # type: ignore[index]

    server.take(request)

    assert server.events()[0].timestamp_ms == NOW_MS


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        (row(payload='{"a":', payload_bytes=90_000), resubmit.CUT),
        (refused_row("POST /post", '{"a":'), resubmit.NOT_JSON),
        (refused_row("POST /post", '{"a": Infinity}'), resubmit.NOT_JSON),
        (refused_row("POST /gone", {}), resubmit.NO_ROUTE),
    ],
)
def test_what_cannot_be_sent_again_says_why(kept: Refused, why: str) -> None:
    assert again(kept, None, "key") == Outcome(kept.refused_id, why)


def test_a_rehearsal_tells_what_would_be_read() -> None:
    kept = [
        refused_row("POST /batch", {"type": "custom"}),
        refused_row("POST /batch", {"type": 5}),
        refused_row("POST /batch", "[1]", item=None),
        refused_row("POST /v1/batch", {}, item=None),
        row(payload_bytes=99_999),
    ]

    told = [one.told for one in rehearse(kept, {"name": "a"})]

    reasons = ["invalid_schema", "batch_not_a_list", "batch_not_a_list", resubmit.CUT]
    assert told == [resubmit.READS, *reasons]
