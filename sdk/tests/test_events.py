"""What an event becomes on the wire, and what never can be sent."""

import json
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest

from openbunker_client import Client, Report, Unsent
from openbunker_client.events import new_id
from sdk.tests.simulated import Collector, settings


class Tracked:
    """A client, what came of it."""

    def __init__(self, **options: Any) -> None:
        self.refused: list[Unsent] = []
        self.sent: list[dict[str, Any]] = []
        collector = Collector()

        def transport(request: Any) -> Any:
            self.sent += json.loads(request.body)
            return collector(request)

        self.client = Client(
            "key", "http://h", transport=transport, on_refused=self.refused.append, **options
        )


def test_all_fields_on_the_wire() -> None:
    found = Tracked()
    with found.client as client:
        client.track(
            "purchase", {"value": 99.99, "name": "Zoë"}, anonymous_id="anon_1",
            session_id="sess_1", timestamp=1704067200000, event_id="order-1",
        )  # fmt: skip
    assert found.sent == [
        {
            "type": "custom", "name": "purchase", "eventId": "order-1", "anonymousId": "anon_1",
            "sessionId": "sess_1", "timestamp": 1704067200000,
            "properties": {"value": 99.99, "name": "Zoë"},
        }
    ]  # fmt: skip


def test_an_id_and_a_time_are_given_at_track() -> None:
    found = Tracked()
    with found.client as client:
        event_id = client.track("a")
    assert found.sent[0]["eventId"] == event_id
    assert UUID(event_id).version == 4
    assert isinstance(found.sent[0]["timestamp"], int)
    assert "properties" not in found.sent[0]


def test_ids_are_uuids_that_differ() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {UUID(one).version for one in ids} == {4}
    assert all(str(UUID(one)) == one and UUID(one).variant for one in ids)


def test_a_datetime_with_a_zone_and_other_mappings_are_taken() -> None:
    found = Tracked()
    with found.client as client:
        client.track("a", MappingProxyType({"b": 1}), timestamp=datetime(2024, 1, 1, tzinfo=UTC))
    assert found.sent[0]["timestamp"] == 1704067200000
    assert found.sent[0]["properties"] == {"b": 1}


def test_what_is_changed_after_track_is_not_changed_in_the_event() -> None:
    found, properties = Tracked(), {"a": 1}
    with found.client as client:
        client.track("a", properties)
        properties["a"] = 2
    assert found.sent[0]["properties"] == {"a": 1}


def loop() -> dict[str, Any]:
    found: dict[str, Any] = {}
    found["self"] = found
    return found


def deep() -> Any:
    found: Any = 1
    for _ in range(100_000):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("arguments", "reason", "words"),
    [
        ({"properties": {"ok": 1, "rate": float("nan")}}, "unstorable_value", "properties.rate"),
        ({"properties": {"x": [1, float("-inf")]}}, "unstorable_value", "properties.x"),
        ({"properties": {"x": {1, 2}}}, "unstorable_value", "set is not JSON"),
        ({"properties": {"x": Decimal(1)}}, "unstorable_value", "Decimal is not JSON"),
        ({"properties": {"x": b"1"}}, "unstorable_value", "bytes is not JSON"),
        ({"properties": {"x": "\ud800"}}, "unstorable_value", "surrogates"),
        ({"properties": {("a",): 1}}, "unstorable_value", "keys"),
        ({"properties": loop()}, "unstorable_value", "Circular"),
        ({"properties": {"x": deep()}}, "unstorable_value", "properties.x"),
        ({"properties": {"x": 10**5000}}, "unstorable_value", "digits"),
        ({"properties": [1]}, "invalid_schema", "properties"),
        ({"timestamp": 1.5}, "invalid_schema", "timestamp"),
        ({"timestamp": True}, "invalid_schema", "timestamp"),
        ({"timestamp": datetime(2024, 1, 1)}, "invalid_schema", "zone"),
        ({"name": ""}, "invalid_schema", "name"),
        ({"name": None}, "invalid_schema", "name"),
        ({"event_id": 7}, "invalid_schema", "event_id"),
        ({"session_id": object()}, "unstorable_value", "object"),
    ],
)  # fmt: skip
def test_what_cannot_be_json_is_refused_at_track_and_harms_no_other(
    arguments: dict[str, Any], reason: str, words: str
) -> None:
    found = Tracked()
    with found.client as client:
        client.track("before")
        event_id = client.track(**{"name": "bad", **arguments})
        client.track("after")
        report = client.flush()
    assert report == Report(sent=2, refused=1, pending=0, dropped=0)
    assert [event["name"] for event in found.sent] == ["before", "after"]
    (unsent,) = found.refused
    assert (unsent.event_id, unsent.reason) == (event_id, reason)
    assert words in unsent.message
    given = unsent.event["properties"]
    assert given is arguments.get("properties")


class Hostile(dict[str, Any]):
    """A value that raises whatever is done with it."""

    def __str__(self) -> str:
        raise RuntimeError("hostile")

    __repr__ = __iter__ = items = __bool__ = __eq__ = __str__  # type: ignore[assignment]
    __hash__ = None
    utcoffset = __str__


class Zone(tzinfo):
    """A zone that knows nothing."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        raise RuntimeError("hostile")

    def dst(self, _: datetime | None) -> None:
        return None

    def tzname(self, _: datetime | None) -> None:
        return None


HOSTILE: Any = Hostile(a=1)


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": HOSTILE}, {"event_id": HOSTILE}, {"properties": HOSTILE}, {"session_id": HOSTILE},
        {"properties": {"x": HOSTILE}}, {"timestamp": datetime(2024, 1, 1, tzinfo=Zone())},
    ],
)  # fmt: skip
def test_whatever_a_value_raises_track_raises_nothing(arguments: dict[str, Any]) -> None:
    found = Tracked()
    with found.client as client:
        client.track(**{"name": "bad", **arguments})
        client.batch([{"name": "bad", **arguments}, {"name": "bad", "type": HOSTILE}, HOSTILE])
        client.track("good")
        report = client.flush()
    assert report.tracked == 5
    assert (report.refused, len(found.refused)) == (4, 4)


def test_a_batch_takes_the_words_of_track_and_of_the_vendor() -> None:
    found = Tracked()
    with found.client as client:
        ids = client.batch(
            [
                {"name": "a", "properties": {"b": 1}, "anonymous_id": "x"},
                {"type": "custom", "name": "c", "eventId": "d", "anonymousId": "y"},
            ]
        )
    assert [event["eventId"] for event in found.sent] == ids
    assert ids[1] == "d"
    assert [event["anonymousId"] for event in found.sent] == ["x", "y"]


def test_a_batch_refuses_what_would_be_lost_in_silence() -> None:
    found = Tracked()
    with found.client as client:
        bad: list[Any] = [{"name": "a", "proprties": {}}, {"type": "track", "name": "a"}, 7, {}]
        ids = client.batch([*bad, {"name": "good"}])
        assert client.flush() == (1, 4, 0, 0)
    assert len(set(ids)) == 5
    assert [unsent.event_id for unsent in found.refused] == ids[:4]
    assert "proprties" in found.refused[0].message
    assert found.refused[1].reason == "unknown_event_type"


def test_a_batch_may_be_larger_than_a_request() -> None:
    found = Tracked()
    with found.client as client:
        client.batch({"name": "a"} for _ in range(250))
        assert client.flush().sent == 250


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": ""}, {"client_id": None}, {"api_url": "collect.example.org"},
        {"api_url": "ftp://h"}, {"api_url": "http://h?x=1"}, {"batch_size": 0}, {"batch_size": 101},
        {"batch_timeout": -1.0}, {"max_queue_size": 0}, {"overflow": "wait"}, {"timeout": 0},
        {"max_retries": -1}, {"batch_size": "100"}, {"max_queue_size": 1.5}, {"timeout": "10"},
        {"batch_timeout": float("nan")}, {"api_url": None}, {"exit_timeout": None},
        {"api_url": "http://h:x"}, {"api_url": "http://name:word@h"}, {"api_url": "http://h/a b"},
        {"api_url": "http://h/\n"}, {"api_url": "http://[::1"}, {"client_id": "key\n"},
        {"client_id": "\ud800"}, {"query_key": "a\nb"}, {"query_key": ""}, {"spool": ""},
        {"on_drop": 5}, {"on_refused": 5}, {"gzip": "no"},
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_told_at_construction(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Client(**{"client_id": "key", "api_url": "http://h", **wrong})


def test_addresses_with_a_slash_a_path_or_odd_keys() -> None:
    assert settings(api_url="https://h/").batch_url == "https://h/batch?client_id=key"
    assert settings(api_url="https://h/prod/", client_id="a b&c").batch_url == (
        "https://h/prod/batch?client_id=a%20b%26c"
    )
