"""The names of events over HTTP, on both engines: when, how many, and what is in them."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.event import Event
from openbunker.core.times import DAY_MS, iso
from openbunker.erasure.memory import MemoryErasureStore
from openbunker.query.catalogue import properties
from openbunker.query.endpoint import serve_query
from openbunker.query.services import QueryServices
from tests.contract.test_live import KEYS
from tests.support.laws import drawn
from tests.support.query import pooled, reference
from tests.support.query.athena import DuckAthena, engine_over
from tests.support.query.cold import settle
from tests.support.query.lake import NOW_MS, deliver, event

NOW = NOW_MS + 7 * 3_600_000


def ask(engine: Any, *, by: str = "QUERY", status: int = 200, **query: Any) -> Any:
    found = {
        "rawPath": "/v1/events/names",
        "rawQueryString": urlencode(query),
        "requestContext": {"http": {"method": "GET"}},
        "headers": {"x-eventbunker-query-key": by},
    }
    services = QueryServices(
        keys=KEYS, engine=engine, now_ms=lambda: NOW, log=lambda _: None,
        erasures=MemoryErasureStore(),
    )  # fmt: skip
    reply = serve_query(found, None, services)
    assert reply["statusCode"] == status, reply
    return json.loads(reply["body"])


def on_duckdb(events: Sequence[Event], **query: Any) -> Any:
    with pooled.lake() as (folder, lake):
        half = len(events) // 2
        if first := reference.first_copies(events[:half]):
            settle(folder, first)
        deliver(folder, events[half:])
        return ask(lake, **query)


def on_athena(events: Sequence[Event], **query: Any) -> Any:
    return ask(engine_over(DuckAthena(events, cold=reference.first_copies(events)), 0), **query)


@pytest.fixture(params=[on_duckdb, on_athena], ids=["duckdb", "athena"])
def on(request: pytest.FixtureRequest) -> Any:
    return request.param


def day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")


@st.composite
def sent(draw: st.DrawFn) -> list[Event]:
    found = []
    for number in range(draw(st.integers(0, 14))):
        at = NOW - draw(st.integers(0, 9)) * DAY_MS - draw(st.integers(0, 3)) * 1000
        name = draw(st.sampled_from(["seen", "bought", "it's"]))
        found.append(event(number, event_name=name, received_ms=at, timestamp_ms=at))
    return found


@drawn(8, of=20)
@given(sent())
def test_names_and_days_are_those_of_plain_python(on: Any, rows: list[Event]) -> None:
    told = on(rows, days=5)

    first_ms = (NOW // DAY_MS - 4) * DAY_MS
    expected = {}
    for name in {one.event_name for one in rows}:
        times = [e.received_ms for e in rows if e.event_name == name and e.received_ms >= first_ms]
        if times:
            days = Counter(day(at) for at in times)
            daily = [[one, days[one]] for one in sorted(days)]
            seen = {"first_seen": iso(min(times)), "last_seen": iso(max(times))}
            expected[name] = {"name": name, **seen, "events": len(times), "daily": daily}
    assert {one["name"]: one for one in told["names"]} == expected
    assert (told["complete"], told["from"]) == (True, iso(first_ms))


def test_properties_of_a_name_and_what_changed(on: Any) -> None:
    old, young = NOW - 9 * DAY_MS, NOW - 2 * DAY_MS
    rows = [
        event(n, received_ms=at, timestamp_ms=at, properties=sent)
        for n, (at, sent) in enumerate(
            [
                (old, {"plan": "pro", "cart": {"price": 9.5}}),
                (old + 1, {"plan": "free", "gone": None}),
                (young, {"plan": "pro", "cart": {"price": "9.5", "tags": ["a"]}}),
                (young + 1, {"plan": "pro", "new": {}, "long": "x" * 101}),
            ]
        )
    ]
    rows.append(event(9, event_name="other", received_ms=young, properties={"theirs": 1}))

    (told,) = on(rows, name="signup")["names"]

    assert (told["events"], told["sampled"]) == (4, 4)
    fields = {one.pop("path"): one for one in told["properties"]}
    since = iso(young)
    assert fields == {
        "plan": {"types": {"string": 4}, "fill": 1.0, "examples": ["pro", "free"], "changed": []},
        "cart.price": {
            "types": {"string": 1, "number": 1}, "fill": 0.5, "examples": ["9.5", 9.5],
            "changed": [{"what": "new_type", "type": "string", "at": since}],
        },
        "cart.tags": {
            "types": {"array": 1}, "fill": 0.25, "examples": [],
            "changed": [{"what": "new_property", "at": since}],
        },
        "new": {
            "types": {"object": 1}, "fill": 0.25, "examples": [],
            "changed": [{"what": "new_property", "at": iso(young + 1)}],
        },
        "long": {
            "types": {"string": 1}, "fill": 0.25, "examples": [],
            "changed": [{"what": "new_property", "at": iso(young + 1)}],
        },
    }  # fmt: skip


def test_a_name_that_is_new_itself_has_nothing_that_changed(on: Any) -> None:
    (told,) = on([event(1, received_ms=NOW - 5, properties={"a": 1})], name="signup")["names"]
    assert told["properties"][0]["changed"] == []


def test_a_scoped_key_is_told_of_its_customer_alone(on: Any) -> None:
    rows = [
        event(1, customer_identifier="c1", properties={"mine": 1}),
        event(2, customer_identifier="c2", properties={"theirs": 1}),
        event(3, event_name="theirs", customer_identifier="c2"),
    ]
    (told,) = on(rows, name="signup", by="scoped")["names"]
    assert [one["path"] for one in told["properties"]] == ["mine"]
    assert [one["name"] for one in on(rows, by="scoped")["names"]] == ["signup"]


@pytest.mark.parametrize("query", [{"days": "0"}, {"days": "91"}, {"days": "x"}, {"name": ""},
                                   {"name": "x" * 257}, {"name": "a\0"}, {"nme": "a"}])  # fmt: skip
def test_a_wrong_parameter_is_named(query: dict[str, Any]) -> None:
    told = on_athena([], status=400, **query)
    assert told["code"] == "invalid_query"


def test_of_many_properties_the_rarest_are_left_out_and_told(on: Any) -> None:
    many = {f"p{n}": n for n in range(properties.MAX_PATHS + 5)}
    rows = [event(1, properties=many), event(2, properties={"p304": 1})]
    told = on(rows, name="signup")
    assert told["names"][0]["properties"][0]["path"] == "p304"
    assert told["incomplete"][0]["count"] == 5
