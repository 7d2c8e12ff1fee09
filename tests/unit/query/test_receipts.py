"""What an id tells about itself, how sightings become one receipt, and what Athena is asked."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import ids
from openbunker.core.errors import QueryUnavailable
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.query import receipts
from openbunker.query.athena.engine import sources
from openbunker.query.athena.receipts import LAG_MS, AthenaReceipts
from openbunker.query.endpoint import serve_query
from openbunker.query.engine import Statement, Table
from openbunker.query.receipts import Place, Sighting, Sought, receipt, unseen
from openbunker.query.rendering import athena
from openbunker.query.scope import Scope
from openbunker.query.services import QueryServices
from openbunker_local.server.routes import Routes

NOW_MS = 1_795_233_600_000
SCOPE = Scope("p")
PLACES = st.sampled_from([Place.HOT, Place.JOURNAL, Place.SPILL])


def row(number: int, place: Place = Place.HOT, **fields: Any) -> Sighting:
    known: dict[str, Any] = {"event_id": f"{number:032x}", "dedupe_key": "k", "received_ms": number}
    return Sighting(place=place, **(known | fields))


@given(now_ms=st.integers(0, (1 << 48) - 1))
def test_an_id_of_ours_tells_its_time_in_each_of_its_forms(now_ms: int) -> None:
    event_id = ids.new_id(now_ms)
    for text in (event_id, ids.as_uuid(event_id), ids.as_uuid(event_id).upper()):
        assert Sought.of(text) == Sought(text, event_id, now_ms)


RANDOM_UUID = "36a1f5b3-784d-4d96-99ba-ccb7542e6f60"


@pytest.mark.parametrize("text", ["order-1", RANDOM_UUID, "0" * 32, "g" * 32, "", "ü" * 36])
def test_any_other_id_is_a_clients(text: str) -> None:
    assert Sought.of(text) == Sought(text)


@given(seen=st.lists(st.tuples(st.integers(0, 9), PLACES), min_size=1), asked=st.integers(0, 9))
def test_the_first_copy_counts_and_the_others_name_it(
    seen: list[tuple[int, Place]], asked: int
) -> None:
    rows = [row(number, place) for number, place in seen]
    first = min(number for number, _ in seen)

    told = receipt(Sought("x", f"{asked:032x}"), rows)

    assert told is not None
    if asked in [number for number, _ in seen] and asked != first:
        assert (told["status"], told["duplicate_of"]) == ("duplicate_of", f"{first:032x}")
    else:
        furthest = {place for number, place in seen if number == first}
        order = (Place.HOT, Place.JOURNAL, Place.SPILL)
        assert told["status"] == next(place for place in order if place in furthest)
        assert told["event_id"] == f"{first:032x}"


def test_a_receipt_names_object_line_time_and_reason() -> None:
    told = receipt(Sought("x"), [row(1, object="hot/a", line=3, dedupe_key=f"{1:032x}")])
    assert told == {
        "id": "x",
        "event_id": f"{1:032x}",
        "status": "stored",
        "object": "hot/a",
        "line": 3,
        "received_at": "1970-01-01T00:00:00.001Z",
        "complete": True,
    }
    refused = receipt(Sought("x"), [row(1, Place.REFUSED, reason="invalid_schema")])
    assert refused is not None
    assert (refused["status"], refused["reason"]) == ("refused", "invalid_schema")


@pytest.mark.parametrize(
    ("seen", "complete"),
    [
        (row(1), False),
        (row(1, dedupe_key=f"{1:032x}"), True),
        (row(1, Place.COLD), True),
        (row(1, Place.COLD, copy_of="0" * 32), True),
    ],
)
def test_a_receipt_says_where_an_older_copy_may_be_out_of_sight(
    seen: Sighting, complete: bool
) -> None:
    told = receipt(Sought("x"), [seen])

    assert told is not None
    assert told["complete"] is complete
    reasons = [one["reason"] for one in told.get("incomplete", [])]
    assert reasons == ([] if complete else ["look_back"])


@pytest.mark.parametrize(
    ("key", "text", "found"),
    [
        ("segment:key:m1", "m1", True),
        ("segment:key:a:m1", "a:m1", True),
        ("segment:key:a:m1", "m1", False),
        ("tracify:purchase:m1", "m1", False),
        ("m1", "m1", True),
        ("segment:name:m1", "m1", True),
        ("public:segment:name:m1", "m1", True),
        ("public:segment:key:m1", "m1", True),
        ("public:m1", "m1", False),
        ("public:public:segment:key:m1", "m1", False),
    ],
)
def test_a_clients_id_is_the_dedupe_key_without_its_dialect_and_scope(
    key: str, text: str, found: bool
) -> None:
    stored = {"dedupe_key": key, "dialect": "segment", "key_id": "key", "event_name": "name"}
    assert receipts.is_of(stored, text) is found


@pytest.mark.parametrize(("age_ms", "told"), [(0, True), (LAG_MS, True), (LAG_MS + 1, False)])
def test_what_athena_cannot_see_yet_is_accepted_without_certainty(age_ms: int, told: bool) -> None:
    found = unseen(Sought.of(ids.new_id(NOW_MS - age_ms)), LAG_MS, NOW_MS)
    assert (found is not None and found["certain"] is False) is told
    assert unseen(Sought("order-1"), LAG_MS, NOW_MS) is None
    assert unseen(Sought.of(ids.new_id(NOW_MS + 1)), LAG_MS, NOW_MS) is None


class ScriptedEngine:
    """An engine that answers one table after the other."""

    def __init__(self, *tables: Sequence[Sequence[Any]]) -> None:
        self.tables = list(tables)
        self.asked: list[Statement] = []

    def run(self, statement: Statement) -> Table:
        self.asked.append(statement)
        if not self.tables:
            raise QueryUnavailable("down")
        names = ["event_id", "dedupe_key", "received_ms", "object_path"]
        return Table(names, self.tables.pop(0), None)


def test_athena_reads_the_minutes_around_the_id_and_tells_the_object() -> None:
    event_id = ids.new_id(NOW_MS)
    engine = ScriptedEngine(
        [[event_id, event_id, NOW_MS, "s3://bucket/hot/dt=x/hm=y/z.json.gz", "stored"]]
    )

    (seen,) = AthenaReceipts(engine).sightings(Scope("p", "c"), Sought.of(event_id), NOW_MS)

    assert (seen.object, seen.line) == ("hot/dt=x/hm=y/z.json.gz", None)
    (statement,) = engine.asked
    assert (statement.from_ms, statement.to_ms) == (
        NOW_MS - receipts.BEFORE_MS,
        NOW_MS + receipts.AFTER_MS,
    )
    text, values = athena(statement, *sources(statement, NOW_MS))
    assert text.count('"$path" AS object_path') == 2
    hot, low = ["p", "c", event_id], max(0, statement.from_ms)
    assert values == [*hot, *hot, low, statement.to_ms]
    assert text.count("dt = '2026-11-21' AND hm BETWEEN") == 1
    assert event_id not in text


def test_athena_looks_for_a_clients_id_and_for_the_first_copy_within_the_look_back() -> None:
    event_id = ids.new_id(NOW_MS)
    engine = ScriptedEngine(
        [], [], [[event_id, "d:k:m", NOW_MS, "a", "stored"]], [["0", "d:k:m", 1, "b", "compacted"]]
    )
    store = AthenaReceipts(engine)

    assert store.sightings(SCOPE, Sought.of(event_id), NOW_MS) == []
    both = store.sightings(SCOPE, Sought.of(event_id), NOW_MS)

    assert receipt(Sought.of(event_id), both) is not None
    assert [one.event_id for one in both] == [event_id, "0"]
    by_client = engine.asked[1]
    assert NOW_MS - by_client.from_ms == receipts.LOOK_BACK_MS
    text, values = athena(by_client, *sources(by_client, None))
    assert text.count("?") == len(values) == 14
    assert "CONCAT" in text.upper() or "||" in text


def ask(
    path: str,
    store: AthenaReceipts | None,
    method: str = "GET",
    engine: ScriptedEngine | None = None,
) -> dict[str, Any]:
    key = Key(key_id="q", kind=KeyKind.QUERY, account_id="a", project_id="p")
    services = QueryServices(
        keys=MemoryKeyStore({hash_of("q"): key}),
        engine=engine or ScriptedEngine(),
        now_ms=lambda: NOW_MS,
        log=lambda _line: None,
        receipts=store,
    )
    event = {
        "rawPath": path,
        "requestContext": {"http": {"method": method}},
        "headers": {"x-eventbunker-query-key": "q"},
    }
    reply = serve_query(event, None, services)
    return {**reply, "body": json.loads(reply["body"])}


def test_the_endpoint_tells_young_ids_apart_from_unknown_ones() -> None:
    path = "/v1/receipts/" + ids.new_id(NOW_MS - 1)
    young = ask(path, AthenaReceipts(ScriptedEngine([], [])), engine=ScriptedEngine([]))
    known = ask("/v1/receipts/m", AthenaReceipts(ScriptedEngine([["1", "1", 1, "a", "stored"]])))

    assert (young["statusCode"], young["body"]["certain"]) == (200, False)
    assert int(young["headers"]["retry-after"]) > 0
    assert known["body"]["status"] == "stored"


@pytest.mark.parametrize(
    ("path", "store", "status", "reason"),
    [
        ("/v1/receipts/m", AthenaReceipts(ScriptedEngine([])), 404, "not_found"),
        ("/v1/receipts/", AthenaReceipts(ScriptedEngine([])), 404, "not_found"),
        ("/v1/receipts/" + "x" * 513, AthenaReceipts(ScriptedEngine([])), 404, "not_found"),
        ("/v1/receipts/m", None, 404, "not_found"),
        ("/v1/receipts/m", AthenaReceipts(ScriptedEngine()), 503, "query_unavailable"),
    ],
)
def test_what_has_no_receipt_has_a_reason(
    path: str, store: AthenaReceipts | None, status: int, reason: str
) -> None:
    reply = ask(path, store)
    assert (reply["statusCode"], reply["body"]["code"]) == (status, reason)


def test_a_path_parameter_is_one_segment_and_a_plain_route_wins() -> None:
    def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
        return {}

    routes = Routes({"/r/{id}": {"GET": handler}, "/r/fixed": {"POST": handler}})

    assert routes.find("GET", "/r/a:1 ü") is handler
    assert (routes.pattern("/r/a"), routes.parameters("/r/a")) == ("/r/{id}", {"id": "a"})
    assert (routes.find("GET", "/r/a"), routes.find("POST", "/r/a")) == (
        routes.find_any("/r/a"),
        None,
    )
    assert routes.find("GET", "/r/fixed") is None
    assert (routes.find("POST", "/r/fixed") is not None, routes.parameters("/r/fixed")) == (
        True,
        {},
    )
    for path in ("/r/", "/r/a/b", "/x/r/a", "/r"):
        assert routes.find("GET", path) is None
        assert routes.pattern(path) == path
