"""Listings on both engines: page after page they are the newest first copies, each once."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.event import Event
from openbunker.query.answers import formats
from openbunker.query.engine import Engine
from openbunker.query.question import cursor, listing
from openbunker.query.question.forms import Form
from openbunker.query.scope import Scope
from openbunker.query.sql import listing as listing_sql
from tests.support.laws import drawn
from tests.support.query import pooled, strategies
from tests.support.query.athena import DuckAthena, engine_over
from tests.support.query.cold import settle
from tests.support.query.lake import HOUR_MS, NOW_MS, PROJECT, deliver, event

Body = dict[str, Any]
MINE = Scope(PROJECT)


def on_duckdb(events: Sequence[Event], ask: Callable[[Engine], Any]) -> Any:
    with pooled.lake() as (folder, lake):
        deliver(folder, events)
        return ask(lake)


def on_athena(events: Sequence[Event], ask: Callable[[Engine], Any]) -> Any:
    return ask(engine_over(DuckAthena(events)))


def on_cold_duckdb(events: Sequence[Event], ask: Callable[[Engine], Any]) -> Any:
    """What arrived first is in cold files, and the last of these is hot still."""
    with pooled.lake() as (folder, lake):
        first: dict[tuple[str, str], Event] = {}
        arrived = sorted(events, key=lambda one: (one.received_ms, one.event_id))
        half = len(events) // 2
        for one in arrived[:half]:
            first.setdefault((one.project_id, one.dedupe_key), one)
        settle(folder, list(first.values()))
        deliver(folder, arrived[max(half - 1, 0) :])
        return ask(lake)


@pytest.fixture(
    params=[on_duckdb, on_cold_duckdb, on_athena], ids=["duckdb", "duckdb-cold", "athena"]
)
def on(request: pytest.FixtureRequest) -> Any:
    return request.param


def one_page(
    engine: Engine, body: Body, scope: Scope = MINE, now_ms: int = NOW_MS
) -> tuple[list[list[Any]], str | None]:
    page = listing_sql.page(listing.parse(body), body, scope, now_ms)
    rows, place = page.rows(engine.run(page.statement), partial(formats.fitting, Form.JSON))
    return rows, cursor.text_of(place, body, scope.project_id) if place else None


def all_pages(engine: Engine, body: Body, scope: Scope = MINE) -> list[list[list[Any]]]:
    rows, following = one_page(engine, body, scope)
    pages = [rows]
    while following:
        rows, following = one_page(engine, {**body, "cursor": following}, scope)
        pages.append(rows)
    return pages


def expected(events: Sequence[Event], customer: str | None, since_ms: int) -> list[str]:
    """Return the ids of the first copies of the period, newest first."""
    mine = [e for e in events if e.project_id == PROJECT]
    mine = [e for e in mine if customer is None or e.customer_identifier == customer]
    first: dict[str, Event] = {}
    for one in sorted(mine, key=lambda e: (e.received_ms, e.event_id)):
        first.setdefault(one.dedupe_key, one)
    seen = [e for e in first.values() if since_ms <= e.timestamp_ms <= NOW_MS]
    newest = sorted(seen, key=lambda e: (e.timestamp_ms, e.event_id), reverse=True)
    return [one.event_id for one in newest]


@drawn(6, of=25)
@given(strategies.events(), st.sampled_from([1, 2, 5, 100]))
def test_the_pages_together_are_the_newest_first_copies(
    on: Any, events: list[Event], limit: int
) -> None:
    body = {"select": ["event_id"], "time_period": "minus_1_hours", "limit": limit}

    pages = on(events, lambda engine: all_pages(engine, body))

    ids = [row[0] for page in pages for row in page]
    assert ids == expected(events, None, NOW_MS - HOUR_MS)
    assert all(len(page) == limit for page in pages[:-1])


def test_everything_comes_back_as_it_was_sent(on: Any) -> None:
    sent = {"plan": "pro", "n": 5, "f": 0.5, "t": True, "none": None, "deep": {"a": ["é\"'?:x"]}}
    one = event(7, properties=sent, country="DE", metric_value=2.5)
    body = {"select": ["*"], "time_period": "minus_1_hours"}

    rows, following = on([one], lambda engine: one_page(engine, body))

    names = [field.name for field in listing.ALL]
    told = dict(zip(names, rows[0], strict=True))
    assert told["properties"] == sent
    assert {**told, "properties": None} == {
        **{name: getattr(one, name) for name in names},
        "properties": None,
    }
    assert following is None


def test_fields_come_in_the_order_they_were_named(on: Any) -> None:
    one = event(1, properties={"cart": {"price": 9.5}, "country": "mine"}, country="DE")
    names = ["cart.price", "timestamp_ms", "properties.country", "country", "missing"]
    body = {"select": names, "time_period": "minus_1_hours"}

    assert on([one], lambda engine: one_page(engine, body))[0] == [
        [9.5, one.timestamp_ms, "mine", "DE", None]
    ]


def test_filters_and_the_keys_customer_hold_on_every_page(on: Any) -> None:
    events = [
        event(n, customer_identifier="c1" if n % 2 else "c2", event_name="ab"[n // 5])
        for n in range(10)
    ]
    body = {
        "select": ["event_id"],
        "time_period": "minus_1_hours",
        "filters": [{"field_name": "event_name", "op": "equals", "value": "b"}],
        "limit": 1,
    }

    pages = on(events, lambda engine: all_pages(engine, body, Scope(PROJECT, "c1")))

    assert pages == [[[f"{n:032x}"]] for n in (9, 7, 5)]


def test_what_arrives_between_two_pages_shifts_nothing() -> None:
    events = [event(n, timestamp_ms=NOW_MS - 60_000 * n) for n in range(6)]
    body = {"select": ["event_id"], "time_period": "minus_1_hours", "limit": 3}
    with pooled.lake() as (folder, lake):
        deliver(folder, events)
        _, following = one_page(lake, body)
        deliver(folder, [event(99, received_ms=NOW_MS, timestamp_ms=NOW_MS)])

        rows, last = one_page(lake, {**body, "cursor": following}, now_ms=NOW_MS + HOUR_MS)

    assert [row[0] for row in rows] == [f"{n:032x}" for n in (3, 4, 5)]
    assert last is None


def test_a_page_ends_early_where_its_texts_do_not_fit(on: Any, monkeypatch: Any) -> None:
    """The engine cuts by characters and the answer by bytes; nothing is lost on the way."""
    monkeypatch.setattr(listing_sql, "MAX_PAGE_CHARACTERS", 3000)
    monkeypatch.setattr(formats, "MAX_REPLY_BYTES", 2500)
    events = [event(n, properties={"text": "x" * 1000}) for n in range(7)]
    body = {"select": ["event_id", "properties"], "time_period": "minus_1_hours"}

    pages = on(events, lambda engine: all_pages(engine, body))

    assert [len(page) for page in pages] == [2, 2, 2, 1]
    assert len({row[0] for page in pages for row in page}) == 7
    assert all(len(json.dumps(json.dumps(page))) <= 2500 for page in pages)
