"""The newest events over HTTP, on both engines: each that a question counts comes once."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import layout, refused_rows
from openbunker.core.event import Event
from openbunker.core.refused_rows import Refused
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.query.endpoint import serve_query
from openbunker.query.engine import Engine
from openbunker.query.services import QueryServices
from openbunker_local.lake.engine import DuckLake
from tests.support.laws import drawn
from tests.support.query import pooled
from tests.support.query import refused as refusals
from tests.support.query.athena import DuckAthena, engine_over
from tests.support.query.cold import settle
from tests.support.query.lake import NOW_MS, PROJECT, deliver, event, put

KEYS = MemoryKeyStore()
KEYS.add(hash_of("QUERY"), Key(key_id="q", kind=KeyKind.QUERY, account_id="a", project_id=PROJECT))
KEYS.add(
    hash_of("scoped"),
    Key(
        key_id="s", kind=KeyKind.QUERY, account_id="a", project_id=PROJECT,
        customer_identifier="c1",
    ),
)  # fmt: skip
ONLY_PRO = {"field_name": "plan", "op": "equals", "value": "pro"}
KEYS.add(
    hash_of("filtered"),
    Key(
        key_id="f", kind=KeyKind.QUERY, account_id="a", project_id=PROJECT,
        key_filter_data=(ONLY_PRO,),
    ),
)  # fmt: skip
Rows = list[dict[str, Any]]


class Lake:
    """One machine: what becomes visible becomes an object, or moves to a cold file."""

    def __init__(self, folder: Path, engine: DuckLake) -> None:
        self.folder, self.engine = folder, engine
        self.visible: list[Event] = []
        self.cold: set[str] = set()
        self.objects = 0

    def show(self, events: Sequence[Event], refused: Sequence[Refused] = ()) -> None:
        self.visible += events
        deliver(self.folder, events)
        for one in refused:
            self.objects += 1
            name = layout.object_name("test", one.received_ms, str(self.objects))
            folder = self.folder / layout.refused_prefix(one.received_ms)
            put(folder / name, refused_rows.encode(one).data)

    def state(self) -> tuple[int, str]:
        """Return what the server would know of its files."""
        return NOW_MS, self.engine.files.state(NOW_MS)

    def compact(self) -> None:
        """Make everything cold that is visible, as compaction does: the objects go afterwards."""
        first: dict[str, Event] = {}
        for one in sorted(self.visible, key=lambda one: (one.received_ms, one.event_id)):
            if one.dedupe_key not in self.cold:
                first.setdefault(one.dedupe_key, one)
        self.objects += 1
        if first:
            settle(self.folder, list(first.values()), unique=f"cold-{self.objects}")
        for path in (self.folder / "hot").rglob("*.json.gz"):
            path.unlink()
        self.cold |= set(first)
        self.visible = []


class Athena:
    """AWS: the tables are made anew with what is visible."""

    def __init__(self) -> None:
        self.hot: list[Event] = []
        self.cold: dict[str, Event] = {}
        self.refused: list[Refused] = []

    @property
    def engine(self) -> Engine:
        if not self.cold:
            return engine_over(DuckAthena(self.hot, self.refused))
        client = DuckAthena(self.hot, self.refused, list(self.cold.values()))
        return engine_over(client, NOW_MS - 3_600_000)

    def show(self, events: Sequence[Event], refused: Sequence[Refused] = ()) -> None:
        self.hot += events
        self.refused += refused

    def compact(self) -> None:
        for one in sorted(self.hot, key=lambda one: (one.received_ms, one.event_id)):
            self.cold.setdefault(one.dedupe_key, one)


@contextmanager
def on_duckdb() -> Iterator[Any]:
    with pooled.lake() as (folder, lake):
        yield Lake(folder, lake)


@contextmanager
def on_athena() -> Iterator[Any]:
    yield Athena()


@pytest.fixture(params=[on_duckdb, on_athena], ids=["duckdb", "athena"])
def place(request: pytest.FixtureRequest) -> Any:
    return request.param


def ask(
    world: Any, settled_ms: int = NOW_MS, *, by: str = "QUERY", status: int = 200, **query: Any
) -> Any:
    found = {
        "rawPath": "/v1/live",
        "rawQueryString": urlencode(query),
        "requestContext": {"http": {"method": "GET"}},
        "headers": {"x-eventbunker-query-key": by},
    }
    services = QueryServices(
        keys=KEYS, engine=world.engine, now_ms=lambda: NOW_MS, log=lambda _: None,
        settled_to_ms=lambda: settled_ms, visible=getattr(world, "state", None),
    )  # fmt: skip
    reply = serve_query(found, None, services)
    assert reply["statusCode"] == status, reply
    return json.loads(reply["body"])


def to_the_end(world: Any, text: str, settled_ms: int = NOW_MS, **query: Any) -> Rows:
    rows: Rows = []
    while True:
        told = ask(world, settled_ms, after=text, **query)
        rows += told["rows"]
        text = told["next"]
        if not told["more"]:
            return rows


def names(rows: Rows) -> list[str]:
    return [row["event_id"] for row in rows]


@st.composite
def sent(draw: st.DrawFn) -> list[Event | Refused]:
    """Return events of which some are copies, and refusals, all received within a minute."""
    found: list[Event | Refused] = []
    for number in range(draw(st.integers(0, 14))):
        at = NOW_MS - 60_000 + draw(st.integers(0, 40)) * 1000
        if draw(st.integers(0, 3)) == 0:
            found.append(refusals.row(number, received_ms=at))
            continue
        key = draw(st.sampled_from([f"key-{number}", "order-1"]))
        happened = at + draw(st.sampled_from([0, -3 * 86_400_000, 86_400_000]))
        found.append(event(number, received_ms=at, timestamp_ms=happened, dedupe_key=key))
    return found


@drawn(4, of=15)
@given(sent(), st.randoms(use_true_random=False), st.integers(1, 5))
def test_all_that_was_sent_is_shown_once(
    place: Callable[[], Any], rows: list[Event | Refused], random: Random, limit: int
) -> None:
    """Over polls at any time, files that become visible in any order, and compactions."""
    with place() as world:
        hidden, shown = list(rows), Rows()
        begun = ask(world, min((one.received_ms for one in hidden), default=NOW_MS), limit=limit)
        text = begun["next"]
        while hidden:
            some = [hidden.pop(random.randrange(len(hidden))) for _ in range(len(hidden) // 3 + 1)]
            world.show(
                [one for one in some if isinstance(one, Event)],
                [one for one in some if isinstance(one, Refused)],
            )
            if random.random() < 0.3:
                world.compact()
            settled_ms = min((one.received_ms for one in hidden), default=NOW_MS)
            told = ask(world, settled_ms, after=text, limit=limit)
            shown += told["rows"]
            text = told["next"]
        shown += to_the_end(world, text, limit=limit)

    keys = {one.dedupe_key for one in rows if isinstance(one, Event)}
    of_key = {one.event_id: one.dedupe_key for one in rows if isinstance(one, Event)}
    stored = [of_key[row["event_id"]] for row in shown if row["fate"] == "stored"]
    refused = [row["event_id"] for row in shown if row["fate"] == "refused"]
    assert sorted(stored) == sorted(keys)
    assert sorted(refused) == sorted(r.refused_id for r in rows if isinstance(r, Refused))


def test_a_poll_of_files_that_did_not_change_asks_nobody() -> None:
    with on_duckdb() as world:
        world.show([event(1)], [refusals.row(2)])
        begun = ask(world, limit=1)  # of two that are there
        asked = CountingEngine(world)
        assert ask(asked, after=begun["next"]) | {"next": ""} == {
            "rows": [], "next": "", "more": False, "fresh_to": "2026-11-21T00:00:00.000Z",
            "complete": True, "elapsed_ms": 0,
        }  # fmt: skip
        assert asked.times == 0
        world.show([], [refusals.row(3, received_ms=NOW_MS)])
        assert names(ask(asked, after=begun["next"])["rows"]) == [f"{3:032x}"]
        world.compact()
        last = ask(asked, after=begun["next"], limit=1)
        before = asked.times
        assert ask(asked, after=last["next"])["rows"] == []
        assert asked.times == before


class CountingEngine:
    """A lake that counts what it is asked."""

    def __init__(self, world: Lake) -> None:
        self.world, self.times = world, 0
        self.state, self.engine = world.state, self

    def run(self, statement: Any) -> Any:
        self.times += 1
        return self.world.engine.run(statement)


def test_a_walk_begins_with_the_newest_of_both(place: Any) -> None:
    with place() as world:
        events = [event(n, received_ms=NOW_MS - 1000 * n) for n in range(4)]
        world.show(events, [refusals.row(9, received_ms=NOW_MS - 1500, field="name")])

        told = ask(world, limit=3)

    assert [(row["fate"], row["event_id"][-1]) for row in told["rows"]] == [
        ("stored", "0"), ("stored", "1"), ("refused", "9"),
    ]  # fmt: skip
    assert told["rows"][0] == {
        "fate": "stored", "event_id": f"{0:032x}", "received_ms": NOW_MS,
        "received_at": "2026-11-21T00:00:00.000Z", "time": "2026-11-20T23:59:00.000Z",
        "timestamp_ms": NOW_MS - 60_000, "name": "signup", "dialect": "eventbunker",
        "key": "write-1", "customer_identifier": None, "user_id": None,
        "reason": None, "field": None, "message": None,
    }  # fmt: skip
    assert told["rows"][2] == {
        "fate": "refused", "event_id": f"{9:032x}", "received_ms": NOW_MS - 1500,
        "received_at": "2026-11-20T23:59:58.500Z", "time": None, "timestamp_ms": None,
        "name": None, "dialect": "databuddy", "key": "write-1", "customer_identifier": None,
        "user_id": None, "reason": "invalid_schema", "field": "name", "message": "name: required",
    }  # fmt: skip
    assert (told["complete"], told["more"]) == (True, False)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "01234"),
        ({"name": "bought"}, "1"),
        ({"dialect": "segment"}, "2"),
        ({"key": "write-2"}, "3"),
        ({"fate": "stored"}, "0123"),
        ({"fate": "refused"}, "4"),
        ({"q": "ÉCLAIR"}, "1"),
        ({"q": "it's %"}, "4"),
        ({"fate": "refused", "name": "a"}, ""),
    ],
)
def test_filters_hold_before_and_after(place: Any, query: dict[str, Any], found: str) -> None:
    rows = [
        event(0, user_id="u0"),
        event(1, event_name="bought", properties={"cake": ["éclair"]}),
        event(2, dialect="segment"),
        event(3, key_id="write-2"),
    ]
    with place() as world:
        begin = ask(world, NOW_MS - 120_000, **query)
        world.show(rows, [refusals.row(4, payload="It's % bad", payload_bytes=10)])

        for told in (ask(world, **query), ask(world, after=begin["next"], **query)):
            assert sorted(row["event_id"][-1] for row in told["rows"]) == list(found)


def test_a_scoped_key_sees_its_customer_s_events_alone(place: Any) -> None:
    with place() as world:
        mine = event(1, customer_identifier="c1")
        world.show([mine, event(2, customer_identifier="c2"), event(3)], [refusals.row(4)])

        assert names(ask(world, by="scoped")["rows"]) == [mine.event_id]
        refused = ask(world, by="scoped", fate="refused", status=403)
        assert refused["code"] == "scoped_key"


def test_the_filters_of_a_key_hold_below_everything(place: Any) -> None:
    with place() as world:
        begun = ask(world, NOW_MS - 120_000, by="filtered")["next"]
        mine = event(1, properties={"plan": "pro"})
        world.show([mine, event(2, properties={"plan": "free"})], [refusals.row(4)])

        for told in (ask(world, by="filtered"), ask(world, by="filtered", after=begun)):
            assert names(told["rows"]) == [mine.event_id]
        assert ask(world, by="filtered", q="free")["rows"] == []


def test_the_rows_of_another_project_are_not_there(place: Any) -> None:
    with place() as world:
        begin = ask(world, 0)["next"]
        theirs = event(2, project_id="other"), refusals.row(3, project_id="other")
        world.show([theirs[0]], [theirs[1]])
        assert ask(world)["rows"] == ask(world, after=begin)["rows"] == []


@pytest.mark.parametrize(
    ("query", "begins"),
    [
        ({"limit": "0"}, "limit:"), ({"limit": "501"}, "limit:"), ({"limit": "²"}, "limit:"),
        ({"fate": "lost"}, "fate:"), ({"name": ""}, "name:"), ({"q": "a\n"}, "q:"),
        ({"q": "x" * 201}, "q:"), ({"after": "abc"}, "after:"), ({"project": "b"}, "project:"),
        ({"after": "x" * 6001}, "after:"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(query: dict[str, Any], begins: str) -> None:
    told = ask(Athena(), status=400, **query)
    assert (told["code"], told["error"].startswith(begins)) == ("invalid_query", True)


def test_a_walk_goes_on_with_its_own_filters_alone() -> None:
    begun = ask(Athena(), name="a")["next"]
    ask(Athena(), after=begun, name="a", limit=7)
    assert ask(Athena(), after=begun, name="b", status=400)["error"].startswith("after:")
