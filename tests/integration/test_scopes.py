"""Scopes hold: a bound key writes for its customer, and reads as if there were nobody else.

Reading is compared byte by byte: the same request over a store with and without the other rows.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openbunker.core import ids, records
from openbunker.core.event import Event
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.query.endpoint import serve_query
from openbunker.query.services import QueryServices
from openbunker.sinks.memory import MemorySink
from openbunker.usage.memory import MemoryUsageStore
from openbunker_local.lake.engine import DuckLake
from tests.support.laws import drawn, each
from tests.support.query import strategies
from tests.support.query.fields import passes
from tests.support.query.lake import NOW_MS, PROJECT, deliver, event
from tests.wire import cases
from tests.wire.cases import Case

GERMAN = {"field_name": "country", "op": "equals", "value": "DE"}
QUERY = Key(key_id="q", kind=KeyKind.QUERY, account_id="a", project_id=PROJECT)
KEYS = {
    "bound": replace(QUERY, customer_identifier="c1"),
    "filtered": replace(QUERY, key_filter_data=(GERMAN,)),
    "both": replace(QUERY, customer_identifier="c1", key_filter_data=(GERMAN,)),
}
WIDE = {"time_period": "minus_12_months"}
# Requests that look past the scope, and some that are wrong: their texts must tell nothing either.
PRYING: list[Any] = [
    {**WIDE, "group_by": ["customer_identifier"]},
    {**WIDE, "filters": [{"field_name": "customer_identifier", "op": "equals", "value": "c2"}]},
    {**WIDE, "filters": [{"field_name": "customer_identifier", "op": "not_equals", "value": "c1"}]},
    {**WIDE, "filters": [{"field_name": "country", "op": "in", "value": ["DE", "FR"]}]},
    {**WIDE, "computations": [{"function": "count_unique", "field_name": "customer_identifier"}]},
    {**WIDE, "computations": [{"function": "max", "field_name": "timestamp_ms"}]},
    {**WIDE, "group_by": ["url"], "order_by": [{"field_name": "count"}], "limit": 1},
    {**WIDE, "select": ["*"]},
    {**WIDE, "select": ["event_name", "customer_identifier"], "limit": 1},
    {**WIDE, "group_by": ["nobody's"], "order_by": [{"field_name": "x"}]},
    {"time_period": "minus_0_days"},
    [],
]


class Store:
    """A data folder, the query function over it, and rows that can be changed."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.lake = DuckLake(data, lambda: NOW_MS)
        known = {"unbound": QUERY, **KEYS}
        keys = MemoryKeyStore({hash_of(text): key for text, key in known.items()})
        self.services = QueryServices(
            keys=keys,
            engine=self.lake,
            now_ms=lambda: NOW_MS,
            log=lambda _line: None,
            usage=MemoryUsageStore(),
        )

    def hold(self, events: Sequence[Event]) -> None:
        shutil.rmtree(self.data / "hot", ignore_errors=True)
        deliver(self.data, events)

    def ask(self, key: str, body: Any) -> dict[str, Any]:
        sent = {
            "rawPath": "/v1/query/json",
            "headers": {"x-eventbunker-query-key": key},
            "requestContext": {"http": {"method": "POST"}},
            "body": json.dumps(body),
        }
        return serve_query(sent, None, self.services)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Store]]:
    made = Store(tmp_path_factory.mktemp("whole")), Store(tmp_path_factory.mktemp("own"))
    yield made
    for store in made:
        store.lake.close()


def sees(key: Key, row: Event) -> bool:
    bound = key.customer_identifier in (None, row.customer_identifier)
    shown = all(passes(row, dict(one)) for one in key.key_filter_data)
    return row.project_id == PROJECT and bound and shown


@drawn(15, of=60)
@given(
    strategies.events(),
    st.one_of(strategies.bodies(), st.sampled_from(PRYING)),
    st.sampled_from(sorted(KEYS)),
)
@example([], PRYING[0], "bound")
def test_an_answer_is_the_same_byte_by_byte_without_the_rows_of_others(
    stores: tuple[Store, Store], events: list[Event], body: Any, key: str
) -> None:
    """No operator, group, order, limit, count or error text tells that there is somebody else.

    Copies of one event under two customers are one event of the project: here nobody has one.
    """
    whole, own = stores
    apart = [replace(one, dedupe_key=f"{sees(KEYS[key], one)}:{one.dedupe_key}") for one in events]
    whole.hold(apart)
    own.hold([one for one in apart if sees(KEYS[key], one)])

    assert whole.ask(key, body) == own.ask(key, body)


def test_the_comparison_would_tell_of_others(stores: tuple[Store, Store]) -> None:
    """A key without a bound gets other bytes from the two stores."""
    rows = [event(1, customer_identifier="c1"), event(2, customer_identifier="c2")]
    whole, own = stores
    whole.hold(rows)
    own.hold(rows[:1])
    assert whole.ask("unbound", PRYING[0]) != own.ask("unbound", PRYING[0])
    assert whole.ask("bound", PRYING[0]) == own.ask("bound", PRYING[0])


@pytest.mark.parametrize("key", sorted(KEYS))
@pytest.mark.parametrize("path", ["/v1/refused", "/v1/usage"])
def test_what_is_the_whole_projects_is_refused_to_who_sees_a_part(
    stores: tuple[Store, Store], key: str, path: str
) -> None:
    sent = {
        "rawPath": path,
        "headers": {"x-eventbunker-query-key": key},
        "requestContext": {"http": {"method": "GET"}},
    }
    answer = serve_query(sent, None, stores[0].services)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (403, "scoped_key")


STORING = [case for case in cases.every() if case.stored and not case.faults]


def replayed(case: Case, headers: dict[str, str] | None = None, **key: Any) -> list[Event]:
    """Return what a case stores when every WRITE key is changed so."""
    keys = {
        hash_of(text): replace(one, **key) if one.kind is KeyKind.WRITE else one
        for text, one in cases.keys().items()
    }
    sink = MemorySink()
    services = Services(
        keys=MemoryKeyStore(keys),
        sink=sink,
        now_ms=lambda: cases.NOW_MS,
        new_ids=ids.new_ids,
        log=lambda _line: None,
    )
    sent = replace(case, headers={**case.headers, **(headers or {})})
    serve(sent.gateway_event("2.0"), None, services)
    return [records.decode(record.data) for record in sink.records]


@each("case", STORING, lambda case: case.id)
def test_a_bound_write_key_writes_for_its_customer_whatever_the_body_says(case: Case) -> None:
    """In every dialect, for every kind of event that the golden cases have."""
    rows = replayed(case, customer_identifier="bound-customer")
    assert rows
    assert {row.customer_identifier for row in rows} == {"bound-customer"}


OF_BROWSERS = ("databuddy/", "nanosights/", "segment/")
BROWSERS = [case for case in STORING if case.id.startswith(OF_BROWSERS)]


@each("case", BROWSERS, lambda case: case.id)
def test_a_public_key_writes_nothing_from_another_site(case: Case) -> None:
    elsewhere = {"Origin": "https://shop.example.evil.tld"}
    assert replayed(case, elsewhere, allowed_origins=("https://shop.example",)) == []


PUBLIC = [text for text, key in cases.keys().items() if key.kind is KeyKind.WRITE]
READING = [("POST", "/v1/query/json"), ("GET", "/v1/refused"), ("GET", "/v1/usage"),
           ("GET", "/v1/live"), ("GET", "/v1/system"), ("GET", "/v1/events/names"),
           ("GET", "/v1/live/0190b3a17c4d7e2f8a6b5c4d3e2f1a0b"),
           ("GET", "/v1/receipts/0190b3a17c4d7e2f8a6b5c4d3e2f1a0b")]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), READING)
@pytest.mark.parametrize("text", PUBLIC)
def test_a_key_that_writes_reads_nothing(
    stores: tuple[Store, Store], text: str, method: str, path: str
) -> None:
    """Such keys stand in the sources of pages."""
    services = replace(stores[0].services, keys=cases.key_store())
    for header in ("x-eventbunker-query-key", "x-eventbunker-apikey"):
        sent = {
            "rawPath": path,
            "headers": {header: text},
            "requestContext": {"http": {"method": method}},
            "body": "{}",
        }
        answer = serve_query(sent, None, services)
        assert answer["statusCode"] == 401
        reason = answer["headers"]["x-openbunker-reason"]
        assert reason in ("wrong_key_kind", "missing_key")
