"""The laws of keeping: what a known key had refused, once each, and nothing of anybody else."""

import gzip
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import ids
from openbunker.core import refused_rows as refused
from openbunker.core.records import Record
from openbunker.core.refused_rows import MAX_PAYLOAD_BYTES, Refused
from openbunker.ingest.keep_refused import MAX_KEPT
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.memory import MemorySink
from openbunker.sinks.refused import MemoryRefusedSink
from tests.support.laws import each
from tests.wire import cases, replays
from tests.wire.replays import Replay

NOW_MS = 1_790_000_000_000
KEY = Key(key_id="k", kind=KeyKind.WRITE, account_id="a", project_id="p")
CASES_KEYS = cases.keys()


class Collector:
    """The pipeline over fakes, with one key `secret-key` that every dialect knows."""

    def __init__(self) -> None:
        self.keys = MemoryKeyStore({hash_of("secret-key"): KEY})
        self.sink = MemorySink()
        self.refused = MemoryRefusedSink()
        self.lines: list[Any] = []

    def services(self, **more: Any) -> Services:
        parts: dict[str, Any] = {
            "keys": self.keys,
            "sink": self.sink,
            "now_ms": lambda: NOW_MS,
            "new_ids": ids.new_ids,
            "log": self.lines.append,
            "refused": self.refused,
        }
        return Services(**parts | more)

    def post(self, path: str, body: Any, *, key: str = "secret-key", **more: Any) -> dict[str, Any]:
        headers = {
            "databuddy-client-id": key,
            "x-eventbunker-write-key": key,
            "tracify-token": key,
            "x-api-key": key,
            **more.get("headers", {}),
        }
        event = {
            "rawPath": path,
            "requestContext": {"http": {"method": "POST"}},
            "headers": headers,
            "body": body if isinstance(body, str) else json.dumps(body),
            **more.get("event", {}),
        }
        return serve(event, None, self.services())

    def kept(self) -> list[Refused]:
        return [refused.decode(record.data) for record in self.refused.records]


EVENTS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"type": st.just("custom"), "name": st.text(max_size=3)}),
        st.fixed_dictionaries({"type": st.sampled_from(["web", "error"])}),
        st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=3),
    ),
    max_size=20,
)


@given(EVENTS)
def test_every_refused_item_is_kept_exactly_once_and_no_other(events: list[Any]) -> None:
    collector = Collector()

    answer = collector.post("/batch", events)

    results = json.loads(answer["body"])["results"]
    failed = [at for at, result in enumerate(results) if result["status"] == "error"]
    kept = collector.kept()
    assert [row.item for row in kept] == failed
    assert [json.loads(row.payload) for row in kept] == [events[at] for at in failed]
    assert len({row.refused_id for row in kept}) == len(kept)
    assert all((row.project_id, row.key_id) == ("p", "k") for row in kept)


@given(EVENTS, st.sampled_from(["", "nobody's", "reader"]))
def test_nothing_is_kept_of_a_key_that_may_not_write(events: list[Any], key: str) -> None:
    collector = Collector()
    collector.keys.add(hash_of("reader"), Key(
        key_id="r", kind=KeyKind.QUERY, account_id="a", project_id="p"))  # fmt: skip

    for path, body in (("/batch", events), ("/batch", "{"), ("/post", events), ("/track", events)):
        collector.post(path, body, key=key)

    assert collector.refused.records == []


def test_a_key_of_another_dialect_is_a_wrong_key() -> None:
    collector = Collector()
    collector.keys.add(hash_of("nano"), Key(
        key_id="n", kind=KeyKind.WRITE, account_id="a", project_id="p", dialects=("nanosights",)
    ))  # fmt: skip

    collector.post("/batch", "{", key="nano")
    collector.post("/post", "{", key="nano")

    assert collector.refused.records == []


@given(st.text(max_size=30_000), st.sampled_from(["/post", "/batch"]))
def test_a_payload_takes_at_most_8_kib(text: str, path: str) -> None:
    collector = Collector()
    item = {"text": text * 3, "type": "custom"}

    collector.post(path, [item] if path == "/batch" else item)

    (row,) = collector.kept()
    assert len(row.payload.encode()) <= MAX_PAYLOAD_BYTES
    assert row.whole == (row.payload_bytes <= MAX_PAYLOAD_BYTES)
    if row.whole:
        assert json.loads(row.payload) == item
    else:
        assert len(row.payload.encode()) > MAX_PAYLOAD_BYTES - 4


@each("replay", replays.replays, replays.name)
def test_no_kept_row_holds_a_key_of_the_cases(replay: Replay) -> None:
    told = replay.kept_text + json.dumps(replay.lines)
    assert not [key for key in CASES_KEYS if key in told]
    projects = {key.project_id for key in CASES_KEYS.values() if key.kind is KeyKind.WRITE}
    assert {row.project_id for row in replay.kept} <= projects
    for row in replay.kept:
        assert len(row.payload.encode()) <= MAX_PAYLOAD_BYTES


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/tags/custom", '{"projectKey": "secret-key", "event_name": 5, "url": "a"}'),
        ("/api/tags/custom", r'{"\u0070rojectKey": "secret\u002dkey", "event_name": 5}'),
        ("/v1/track", '{"writeKey": "secret-key", "context": {"writeKey": "secret-key"}}'),
        ("/v1/batch", '{"writeKey": "secret-key", "batch": [{"writeKey": "other"}], "context": 1}'),
        ("/v1/batch", '{"writeKey": "secret-key", "batch": [{"writeKey": "oth\\"er"}]}'),
        ("/post", '{"event_name": "", "key": "secret-key"}'),
        ("/post", '{"event_name": "secret-key"'),
    ],
)
def test_keys_in_bodies_are_masked(path: str, body: str) -> None:
    collector = Collector()

    collector.post(path, body)

    (row,) = collector.kept()
    assert "***" in row.payload
    assert not [key for key in ("secret", "oth") if key in f"{row.payload} {row.message}"]


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/post", "{", "malformed_json"),
        ("/batch", "{", "malformed_json"),
        ("/batch", {}, "batch_not_a_list"),
        ("/batch", [{}] * 101, "batch_too_large"),
        ("/track", [{"name": 5}], "invalid_schema"),
        ("/api/v1/events", {"events": {}}, "batch_not_a_list"),
        ("/post", "x" * 1_100_000, "payload_too_large"),
    ],
)
def test_a_request_refused_as_a_whole_is_one_row(path: str, body: Any, reason: str) -> None:
    collector = Collector()

    collector.post(path, body)

    (row,) = collector.kept()
    text = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))
    assert (row.reason, row.item, row.route) == (reason, None, f"POST {path}")
    assert row.payload == text[:MAX_PAYLOAD_BYTES]


def test_a_compressed_body_is_kept_as_it_was_before() -> None:
    import base64

    collector = Collector()
    zipped = base64.b64encode(gzip.compress(b'{"event_name": ')).decode()

    collector.post(
        "/post",
        zipped,
        headers={"content-encoding": "gzip"},
        event={"isBase64Encoded": True},
    )

    assert [row.payload for row in collector.kept()] == ['{"event_name": ']


def test_a_list_s_index_is_the_row_s_item_and_not_its_field() -> None:
    collector = Collector()

    collector.post("/api/v1/events", {"events": [{}, {}]})

    assert [(row.item, row.field) for row in collector.kept()] == [
        (0, "events.url"),
        (1, "events.url"),
    ]


def test_a_lone_surrogate_survives_as_an_escape() -> None:
    collector = Collector()

    collector.post("/post", r'{"event_name": "a", "x": "\ud800"}')

    (row,) = collector.kept()
    assert (row.reason, row.payload) == ("unstorable_value", r'{"event_name":"a","x":"\ud800"}')


def test_what_could_not_be_kept_changes_no_answer_and_is_counted() -> None:
    up, down = Collector(), Collector()
    down.refused.down = True

    answers = [one.post("/batch", [{}, {}, {}]) for one in (up, down)]

    assert answers[0]["body"] == answers[1]["body"]
    assert [line["refused_lost"] for line in down.lines if "refused_lost" in line] == [3]
    assert not [line for line in up.lines if "refused_lost" in line]


class _Broken:
    def keep(self, records: Sequence[Record]) -> int:
        raise KeyError("a bug")


@pytest.mark.parametrize("body", ["{", {}, {"event_name": ""}])
def test_a_bug_in_keeping_changes_no_answer_and_is_unexpected(body: Any) -> None:
    collector = Collector()
    good = collector.post("/post", body)
    collector.refused = _Broken()  # type: ignore[assignment]

    answer = collector.post("/post", body)

    assert (answer["statusCode"], answer["body"]) == (good["statusCode"], good["body"])
    assert [line.get("unexpected", 0) for line in collector.lines] == [0, 1, 0]


def test_what_may_be_sent_again_is_not_kept() -> None:
    collector = Collector()
    collector.sink = MemorySink(refusing=[0])

    assert collector.post("/batch", [{"type": "custom", "name": "a"}, {}])["statusCode"] == 503
    collector.keys.down = True
    assert collector.post("/batch", "{")["statusCode"] == 400

    assert collector.refused.records == []


def test_the_largest_batches_fit() -> None:
    collector = Collector()
    headers = {"authorization": "Basic c2VjcmV0LWtleTo="}

    collector.post("/v1/batch", {"batch": [{}] * MAX_KEPT}, headers=headers)

    assert len(collector.kept()) == MAX_KEPT


@pytest.mark.parametrize(
    "body",
    [
        {"context": {"ip": "203.0.113.77"}},
        {"batch": 7, "context": {"ip": "203.0.113.77"}},
        {"batch": [{"type": "x", "context": {"ip": "203.0.113.77"}}]},
        {"batch": [{"type": "x", "context": {"ip": "2002:cb00:714d::1"}}]},
        {"context": {"ip": "203.0.113.77"}, "batch": [{"type": "x"}, "no message"]},
        '{"context": {"ip" : "203.0.113.77"}, "batch": [',
        '{"context": {"ip": "2002:cb00:714d::1"}, "batch": [',
    ],
)
def test_no_whole_address_is_kept(body: Any) -> None:
    """Of an item, of a request that is refused as a whole, and of one that is no JSON."""
    collector = Collector()
    headers = {"authorization": "Basic c2VjcmV0LWtleTo="}

    collector.post("/v1/batch", body, headers=headers)

    rows = collector.kept()
    assert rows
    assert not [row for row in rows if "113.77" in row.payload or "714d" in row.payload]


def test_a_message_of_a_segment_batch_keeps_what_it_shares() -> None:
    collector = Collector()
    shared = {"context": {"app": 1}, "sentAt": "2026-01-01T00:00:00Z", "writeKey": "secret-key"}

    message = {"type": "x", "context": {"ip": "203.0.113.7"}}
    collector.post("/v1/batch", {"batch": [message, 7], **shared})

    first, second = (json.loads(row.payload) for row in collector.kept())
    assert first["context"] == {"app": 1, "ip": "203.0.113.0"}
    assert first["sentAt"] == shared["sentAt"]
    assert second == 7
