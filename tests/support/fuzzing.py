"""Requests for every route of the template, spoilt, and what must hold of every answer.

The fuel is what is kept as good and bad requests anyway: the golden cases and events/*.json. It is
sent through the local gateway to the handlers that the template names, or to them directly in
payload format 1.0. A route that is new in the template is fuzzed as soon as it has fuel.
"""

import base64
import csv
import gzip
import io
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from openbunker.core import ids, layout, records
from openbunker.core.reasons import Reason
from openbunker.erasure.memory import MemoryErasureStore
from openbunker.erasure.model import Erasure
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, KeyStore, hash_of
from openbunker.manage.memory import MemoryTenants
from openbunker.manage.services import ManageServices
from openbunker.query import endpoint
from openbunker.query.answers import live_row
from openbunker.query.answers import receipt as receipt_endpoint
from openbunker.query.answers import refused as refused_endpoint
from openbunker.query.receipts import Place, Sighting, Sought
from openbunker.query.scope import Scope
from openbunker.query.services import QueryServices
from openbunker.query.usage import endpoint as usage_endpoint
from openbunker.sinks.memory import MemorySink
from openbunker.usage.memory import MemoryUsageStore
from openbunker.wiring import serving
from openbunker_local.lake.engine import DuckLake
from openbunker_local.server import routes
from openbunker_local.server.gateway import HttpRequest, respond
from tests.support import backends, mutations, tenants
from tests.wire import cases

ROOT = Path(__file__).parents[2]
NOW_MS = 1_790_000_000_000
# How many requests go past the gateway in the older format, and how many stay as they are kept.
PAYLOAD_1_SHARE, PLAIN_SHARE = 0.15, 0.05
# Most golden cases are refused, but what is nearly good goes deepest.
GOOD_WEIGHT, MAX_FUEL_BYTES = 6, 100_000
QUERY_KEY = "qk-shop-77ab"
QUESTIONS: tuple[dict[str, Any], ...] = (
    {"time_period": "minus_5_minutes"},
    {
        "time_period": "minus_2_days",
        "group_by": ["event_name", "plan", "o.x"],
        "computations": [
            {"function": "count"},
            {"function": "count", "field_name": "url"},
            {"function": "sum", "field_name": "metric_value"},
            {"function": "sum", "field_name": "seats"},
        ],
        "filters": [
            {"field_name": "dialect", "op": "equals", "value": "eventbunker"},
            {"field_name": "n", "op": "equals", "value": 1.5},
            {"field_name": "customer_identifier", "op": "equals", "value": None},
        ],
        "order_by": [{"field_name": "count", "direction": "DESC"}, {"field_name": "event_name"}],
        "limit": 7,
    },
)


# An id of ours, of an event that the lake holds.
KNOWN_ID = f"{NOW_MS:012x}7d2c8f4e5a6b7c8d9e0f"


@dataclass(frozen=True)
class Sent:
    """One request as a socket brings it."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    source_ip: str = "203.0.113.77"


@dataclass(frozen=True)
class Told:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@cache
def all_routes() -> tuple[tuple[str, str], ...]:
    """Return method and path of every route of the template."""
    return tuple((route.method, route.path) for route in routes.read_routes(ROOT / "template.yaml"))


@cache
def fuel(path: str) -> list[Sent]:
    """Return the requests that are kept for a path. Raises LookupError when there is none."""
    here = [case for case in _golden() if case.path == path and len(case.body) < MAX_FUEL_BYTES]
    good = [case for case in here if case.stored] * GOOD_WEIGHT
    found = [
        Sent(case.method, case.path, case.query, dict(case.headers), case.body)
        for case in (*here, *good)
    ]
    found += [sent for sent in (*_kept_events(), *_look_ups()) if _is_at(sent.path, path)]
    found += [sent for sent in _questions() if sent.path == path]
    if not found:
        raise LookupError(f"neither tests/wire nor events/ has a request for {path}")
    return found


class EveryId:
    """Receipts that know every id, so that look-ups are fuzzed beyond the 404."""

    lag_ms = 0

    def sightings(self, scope: Scope, sought: Sought, now_ms: int) -> list[Sighting]:
        return [Sighting(place=Place.HOT, event_id=sought.event_id or "1", received_ms=now_ms)]


class EveryErasure(MemoryErasureStore):
    """Knows every id, and keeps none waiting, so that there is room for any number of them."""

    def add(self, erasure: Erasure) -> None:
        super().add(replace(erasure, erased_ms=erasure.requested_ms, customer_identifier=None))

    def get(self, project_id: str, erasure_id: str) -> Erasure:
        return Erasure(
            erasure_id=erasure_id,
            project_id=project_id,
            customer_hash="0" * 64,
            requested_ms=NOW_MS,
            key_id="key",
            hidden_ms=NOW_MS,
            erased_ms=NOW_MS,
        )


class World:
    """The handlers of the template over memory stores; counts what an operator would be told."""

    def __init__(self, lake: DuckLake) -> None:
        self.last_status, self.last_seconds = 0, 0.0  # CPU's, without looking at the answer
        self.sink = MemorySink()
        self.lines: list[Mapping[str, Any]] = []
        self.tenants = MemoryTenants()
        tenants.fill(self.tenants, backends.demo_keys())
        self.all_tenants = dict(self.tenants.items)
        self.routes = routes.load(ROOT / "template.yaml")
        keys = MemoryKeyStore({hash_of(text): key for text, key in _keys().items()})
        log = self.lines.append
        serving.use(
            Services(
                keys=keys, sink=self.sink, now_ms=lambda: NOW_MS, new_ids=ids.new_ids, log=log
            ),
            QueryServices(
                keys=keys,
                engine=lake,
                now_ms=lambda: NOW_MS,
                log=log,
                receipts=EveryId(),
                usage=MemoryUsageStore(),
            ),
            _managing(self.tenants, keys, log),
        )

    def answer(self, sent: Sent, *, payload_1: bool = False) -> Told:
        """Send a request through the gateway, or as payload format 1.0 past it."""
        self.sink.records.clear()
        self.tenants.items = dict(self.all_tenants)  # each request meets all of them
        self.lines.clear()
        handler = self.routes.find(sent.method, sent.path)
        if payload_1 and handler:
            reply = handler(_payload_1(sent), None)
            return Told(reply["statusCode"], reply["headers"], reply["body"].encode())
        told = respond(self.routes, _http(sent), NOW_MS)
        return Told(told.status, told.headers, told.body)

    def problem(self, sent: Sent, *, payload_1: bool) -> str | None:
        """Send a request; return what is wrong with its answer, if anything."""
        self.last_status, start = 500, time.process_time()
        try:
            told = self.answer(sent, payload_1=payload_1)
            self.last_status, self.last_seconds = told.status, time.process_time() - start
            self.check(told)
        except Exception as error:  # whatever escapes a handler is what is looked for
            return f"{type(error).__name__}: {error}"
        return None

    def check(self, told: Told) -> None:
        """Hold what must be true of every answer to a client's request. Raises AssertionError."""
        assert 200 <= told.status < 500, told
        assert not any(line.get("unexpected") for line in self.lines), self.lines
        reason = told.headers.get("x-openbunker-reason")
        refused = any(line.get("refused") or line.get("retry") for line in self.lines)
        assert reason or not (refused or told.status >= 400), told
        assert reason is None or not Reason(reason).facts.retryable, told
        for name, value in told.headers.items():
            text = f"{name}{value}".encode("latin-1")
            assert not {10, 13, 0} & set(text), told
        if told.status == 204:
            assert told.body == b"", told
        else:
            _read(told)
        for record in self.sink.records:
            assert len(record.data) <= records.MAX_RECORD_BYTES
            records.decode(record.data)


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Install a world whose lake holds the good golden events; take it away with the block."""
    lake = DuckLake(folder, lambda: NOW_MS)
    try:
        made = World(lake)
        _fill(folder, made)
        yield made
    finally:
        serving.use(None, None)
        lake.close()


def _managing(
    items: MemoryTenants, keys: KeyStore, log: Callable[[Mapping[str, Any]], None]
) -> ManageServices:
    """Return the manage services; the keys are another store's, so that none ends."""
    made = tenants.services(items, keys, lambda: NOW_MS)
    return replace(made, log=log, erasures=EveryErasure())


def _read(told: Told) -> None:
    """Read a body as its type says; a refusal is always JSON. Raises for what does not read."""
    kind = told.headers["content-type"].partition(";")[0]
    text = told.body.decode()
    match kind:
        case "application/json":
            json.loads(text)
        case "application/x-ndjson" if told.status == 200:
            assert all(isinstance(json.loads(line), dict) for line in text.splitlines()), told
        case "text/csv" if told.status == 200:
            widths = {len(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)}
            assert len(widths) == 1, told
        case "text/javascript" if told.status == 200:
            assert text == "", told  # no script of anybody's
        case "text/html" if told.status == 200:
            assert text.lower().startswith("<!doctype html>"), told
        case _:
            raise AssertionError(told)


def _is_at(asked: str, path: str) -> bool:
    """Whether a path is one of a route, which may hold a parameter."""
    fixed, brace, rest = path.partition("{")
    end = rest.partition("}")[2]
    return asked.startswith(fixed) and asked.endswith(end) if brace else asked == path


def _look_ups() -> Iterator[Sent]:
    for text in ("0190b3a17c4d7e2f8a6b5c4d3e2f1a0b", "order-1", "%00", "x" * 600):
        path = receipt_endpoint.PREFIX + text
        yield Sent("GET", path, "", {endpoint.KEY_HEADER: QUERY_KEY}, b"")
    yield Sent("GET", live_row.PREFIX + KNOWN_ID, "", {endpoint.KEY_HEADER: QUERY_KEY}, b"")
    for query in ("", "period=minus_5_hours", "reason=invalid_schema&dialect=segment", "reason=x"):
        yield Sent("GET", refused_endpoint.PATH, query, {endpoint.KEY_HEADER: QUERY_KEY}, b"")
    for query in ("", "from=2026-01-01&to=2026-01-31", "from=x"):
        yield Sent("GET", usage_endpoint.PATH, query, {endpoint.KEY_HEADER: QUERY_KEY}, b"")
    asked = [path for method, path in all_routes() if method == "GET" and path.startswith("/v1/")]
    for path in (path for path in asked if "{" not in path):  # plainly, whatever the route takes
        yield Sent("GET", path, "", {endpoint.KEY_HEADER: QUERY_KEY}, b"")


def spoilt(path: str, method: str, rng: random.Random) -> tuple[Sent, bool]:
    """Return a request of a route with something wrong, and whether it is sent as payload 1.0."""
    sent = replace(rng.choice(fuel(path)), method=method)
    if rng.random() < PLAIN_SHARE:
        return sent, False
    body, headers = _spoilt_body(sent.body, rng), dict(sent.headers)
    if rng.random() < 0.15:
        body, headers["content-encoding"] = mutations.encoded(body, rng)
    for _ in range(rng.choice((0, 0, 1, 3))):
        headers = mutations.spoil_headers(headers, rng)
    query = mutations.spoil_query(sent.query, rng) if rng.random() < 0.15 else sent.query
    address = rng.choice(("203.0.113.77", "2001:db8::1", "", "unknown", "::ffff:1.2.3.4"))
    changed = replace(sent, body=body, headers=headers, query=query, source_ip=address)
    return changed, rng.random() < PAYLOAD_1_SHARE


def _spoilt_body(body: bytes, rng: random.Random) -> bytes:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return mutations.spoil_bytes(body, rng)
    if rng.random() < 0.8:
        value = mutations.spoil_value(value, rng)
    if rng.random() < 0.3:
        return mutations.spoil_text(json.dumps(value), rng).encode("utf-8", "surrogatepass")
    data = json.dumps(value, ensure_ascii=rng.random() < 0.7).encode("utf-8", "surrogatepass")
    return mutations.spoil_bytes(data, rng) if rng.random() < 0.2 else data


def _http(sent: Sent) -> HttpRequest:
    return HttpRequest(
        method=sent.method,
        raw_path=sent.path,
        raw_query=sent.query,
        headers=list(sent.headers.items()),
        body=sent.body,
        source_ip=sent.source_ip,
    )


def _payload_1(sent: Sent) -> dict[str, Any]:
    query = parse_qs(sent.query, keep_blank_values=True)
    return {
        "version": "1.0",
        "httpMethod": sent.method,
        "path": sent.path,
        "headers": dict(sent.headers),
        "multiValueHeaders": {name: [value] for name, value in sent.headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "requestContext": {"identity": {"sourceIp": sent.source_ip}},
        "body": base64.b64encode(sent.body).decode(),
        "isBase64Encoded": True,
    }


def _keys() -> dict[str, Key]:
    found = cases.keys()
    for text, entry in json.loads((ROOT / "events/keys.json").read_text()).items():
        lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
        found[text] = Key(**{**entry, **lists, "kind": KeyKind(entry["kind"])})
    return found


@cache
def _golden() -> list[cases.Case]:
    return [case for dialect in cases.dialects() for case in cases.load(dialect)]


@cache
def _kept_events() -> list[Sent]:
    found = []
    for file in sorted((ROOT / "events").glob("*-*.json")):
        event = json.loads(file.read_text())
        body = (event.get("body") or "").encode()
        found.append(
            Sent(
                method=event["requestContext"]["http"]["method"],
                path=event["rawPath"],
                query=event["rawQueryString"],
                headers=event["headers"],
                body=base64.b64decode(body) if event["isBase64Encoded"] else body,
            )
        )
    return found


def _questions() -> list[Sent]:
    headers = {"content-type": "application/json", endpoint.KEY_HEADER: QUERY_KEY}
    return [
        Sent(endpoint.METHOD, endpoint.PATH, "", headers, json.dumps(question).encode())
        for question in QUESTIONS
    ] * GOOD_WEIGHT


def _known(line: bytes) -> bytes:
    """Return a stored line as one of KNOWN_ID, which was received now."""
    own = {"event_id": KNOWN_ID, "dedupe_key": KNOWN_ID, "received_ms": NOW_MS}
    return json.dumps({**json.loads(line), **own}).encode() + b"\n"


def _fill(folder: Path, made: World) -> None:
    """Deliver what the golden cases store, so that questions have rows to read."""
    lines: list[bytes] = []
    once = {repr(sent): sent for _, path in all_routes() for sent in fuel(path)}
    for sent in once.values():
        made.answer(sent)
        lines += [record.data for record in made.sink.records]
    lines.append(_known(lines[0]))
    target = folder / layout.hot_prefix(NOW_MS)
    target.mkdir(parents=True)
    name = layout.object_name("fuzz", NOW_MS, "1")
    (target / name).write_bytes(gzip.compress(b"".join(lines)))
