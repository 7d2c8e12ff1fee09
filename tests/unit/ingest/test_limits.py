"""Over quota and too fast, in the words of each dialect; and what is kept of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from openbunker.core import ids
from openbunker.core import refused_rows as refused
from openbunker.core.books import Entry
from openbunker.core.errors import KeyStoreUnavailable
from openbunker.ingest.burst import BURST_SECONDS
from openbunker.ingest.keep_refused import SAMPLE_SECONDS
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.cached import POSITIVE_SECONDS, CachedKeyStore
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.memory import MemorySink
from openbunker.sinks.refused import MemoryRefusedSink, StreamRefusedSink
from openbunker.sinks.sink import StreamError

NOW_MS = 1_795_219_200_000  # 2026-11-21
KEY = Key(key_id="k", kind=KeyKind.WRITE, account_id="a", project_id="prj", strict=False)
TRACIFY = {
    "url": "https://shop.example",
    "customer_site_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "identity_data": {},
    "data": {"origin": "https://shop.example"},
}
CUSTOM = {"type": "custom", "name": "n"}
SEGMENT = {"type": "track", "userId": "u", "event": "e"}
# dialect and route: path, headers, body, items; status and body when over quota
QUOTA = "The project's monthly quota of events is used up; what was sent is kept, not counted."
ROUTES: dict[str, tuple[str, dict[str, str], Any, int, int, Any]] = {
    "eventbunker": (
        "/post", {"x-eventbunker-write-key": "w"}, {"event_name": "e"}, 1, 429, {"error": QUOTA},
    ),
    "databuddy": (
        "/?client_id=w", {}, CUSTOM, 1, 200,
        {"status": "error", "message": "Exceeded event limit"},
    ),
    "databuddy batch": (
        "/batch?client_id=w", {}, [CUSTOM, CUSTOM], 2, 200,
        {"status": "error", "message": "Exceeded event limit", "batch": True},
    ),
    "databuddy track": (
        "/track", {"x-api-key": "w"}, [{"name": "a"}, {"name": "b"}], 2, 429,
        {"status": "error", "message": QUOTA},
    ),
    "nanosights": (
        "/api/tags/custom", {},
        {"projectKey": "w", "event_name": "e", "url": "https://shop.example"}, 1, 429,
        {"success": False, "error": QUOTA, "code": "over_quota"},
    ),
    "tracify": (
        "/api/v1/events", {"tracify-token": "w"}, {"events": [TRACIFY]}, 1, 429,
        {"status": False, "error": QUOTA},
    ),
    "segment": (
        "/v1/batch", {}, {"writeKey": "w", "batch": [SEGMENT, SEGMENT]}, 2, 402,
        {"success": False, "code": "over_quota", "message": QUOTA},
    ),
}  # fmt: skip


@dataclass
class World:
    """A collector over memory whose clocks are moved by hand."""

    store: MemoryKeyStore = field(default_factory=lambda: MemoryKeyStore({hash_of("w"): KEY}))
    sink: MemorySink = field(default_factory=MemorySink)
    kept: MemoryRefusedSink = field(default_factory=MemoryRefusedSink)
    entered: list[Entry] = field(default_factory=list)
    seconds: float = 0.0

    def enter(self, entry: Entry) -> None:
        self.entered.append(entry)

    def __post_init__(self) -> None:
        self.services = Services(
            keys=CachedKeyStore(self.store, lambda: self.seconds, lambda: 0.0),
            sink=self.sink,
            now_ms=lambda: NOW_MS + int(self.seconds * 1000),
            new_ids=ids.new_ids,
            log=lambda _line: None,
            refused=self.kept,
            book=self,
            monotonic=lambda: self.seconds,
        )

    def send(self, path: str, headers: Mapping[str, str], body: Any) -> dict[str, Any]:
        raw_path, _, query = path.partition("?")
        event = {
            "rawPath": raw_path,
            "rawQueryString": query,
            "headers": dict(headers),
            "requestContext": {"http": {"method": "POST", "sourceIp": "203.0.113.7"}},
            "body": body if isinstance(body, str) else json.dumps(body),
        }
        return serve(event, None, self.services)

    def rows(self) -> list[refused.Refused]:
        return [refused.decode(record.data) for record in self.kept.records]


@pytest.mark.parametrize("route", ROUTES)
def test_over_quota_is_told_in_the_vendors_words_and_every_item_is_kept(route: str) -> None:
    """Nothing is stored, no resend is asked for, and each item is one row that can be replayed."""
    path, headers, body, items, status, told = ROUTES[route]
    world = World()
    world.store.change_project("prj", {"monthly_events": 1, "over_month": "2026-11"})

    answer = world.send(path, headers, body)

    assert (answer["statusCode"], json.loads(answer["body"])) == (status, told)
    assert answer["headers"]["x-openbunker-reason"] == "over_quota"
    assert "retry-after" not in answer["headers"]
    assert world.sink.records == []
    assert [row.reason for row in world.rows()] == ["over_quota"] * items
    assert [row.item for row in world.rows()] == list(range(items))
    assert ("x-openbunker-refused-id" in answer["headers"]) == (items == 1)


@pytest.mark.parametrize("route", ROUTES)
def test_too_fast_is_a_429_that_says_when(route: str) -> None:
    """Nothing is stored and nothing is kept: the sender still has it and may send it again."""
    path, headers, body, _, _, _ = ROUTES[route]
    world = World()
    world.store.change_project("prj", {"events_per_second": 1})
    while (answer := world.send(path, headers, body))["statusCode"] == 200:
        stored = len(world.sink.records)

    assert answer["statusCode"] == 429
    assert answer["headers"]["x-openbunker-reason"] == "rate_limited"
    assert BURST_SECONDS <= stored <= BURST_SECONDS + 1
    assert world.rows() == []
    assert [entry for entry in world.entered if entry.retry] == []  # a flood fills no books
    world.seconds += int(answer["headers"]["retry-after"]) + 0.001
    assert world.send(path, headers, body)["statusCode"] == 200


def test_a_quota_ends_with_its_month() -> None:
    world = World()
    world.store.change_project("prj", {"monthly_events": 1, "over_month": "2026-10"})
    path, headers, body, *_ = ROUTES["eventbunker"]
    assert world.send(path, headers, body)["statusCode"] == 200


def test_what_is_over_quota_is_kept_whole_whatever_its_size() -> None:
    """Other refusals are cut at 8 KiB; these must be replayable."""
    world = World()
    world.store.change_project("prj", {"over_month": "2026-11"})
    body = {"event_name": "e", "text": "ü\"'" * 100_000}

    world.send("/post", {"x-eventbunker-write-key": "w"}, body)

    (row,) = world.rows()
    assert row.whole
    assert json.loads(row.payload) == body


def test_what_cannot_be_kept_over_quota_may_be_resent() -> None:
    """Neither a success nor a refusal for good: the event is nowhere else."""
    world = World()
    world.store.change_project("prj", {"over_month": "2026-11"})
    world.kept.down = True

    answer = world.send("/batch?client_id=w", {}, [CUSTOM, CUSTOM])

    assert answer["statusCode"] == 503
    assert answer["headers"]["x-openbunker-reason"] == "stream_unavailable"
    assert answer["headers"]["retry-after"]


def test_what_is_wrong_with_an_item_is_told_before_the_quota() -> None:
    """A bad item beside good ones is kept for its own reason; alone it is told so."""
    world = World()
    world.store.change_project("prj", {"over_month": "2026-11"})

    alone = world.send("/post", {"x-eventbunker-write-key": "w"}, {"event_name": "no spaces"})
    world.send("/batch?client_id=w", {}, [{"type": "custom"}, CUSTOM])

    assert alone["headers"]["x-openbunker-reason"] == "invalid_schema"
    reasons = [row.reason for row in world.rows()]
    assert reasons == ["invalid_schema", "invalid_schema", "over_quota"]


def test_a_revoked_key_and_a_deleted_project_stop_within_a_minute() -> None:
    """On a scripted clock, at the front door: accepted until the cache's life is over."""
    changes: list[Callable[[MemoryKeyStore], None]] = [
        lambda store: store.keys.clear(),
        lambda store: store.change_project("prj", {"status": "DELETED"}),
    ]
    for change in changes:
        world = World()
        path, headers, body, *_ = ROUTES["eventbunker"]
        assert world.send(path, headers, body)["statusCode"] == 200
        change(world.store)
        world.seconds += POSITIVE_SECONDS
        answer = world.send(path, headers, body)
        assert answer["statusCode"] == 401
        assert answer["headers"]["x-openbunker-reason"] == "unknown_key"


def test_a_state_that_nobody_can_tell_is_a_503() -> None:
    """A key alone does not say that its project still exists."""

    class Half(MemoryKeyStore):
        def project(self, project_id: str) -> Any:
            raise KeyStoreUnavailable("down")

    world = World(store=Half({hash_of("w"): KEY}))
    answer = world.send(*ROUTES["eventbunker"][:3])
    assert answer["headers"]["x-openbunker-reason"] == "key_store_unavailable"


PUBLIC = Key(
    key_id="k",
    kind=KeyKind.WRITE,
    account_id="a",
    project_id="prj",
    allowed_origins=("https://shop.example",),
)
# The key where each dialect looks for it before a body is read.
KEYED = {
    "authorization": "Basic dzo=",
    "x-eventbunker-write-key": "w",
    "tracify-token": "w",
    "x-api-key": "w",
}
LONG: dict[str, Any] = {
    "/batch?client_id=w": [CUSTOM] * 101,
    "/track": [{"name": "a"}] * 101,
    "/v1/batch": {"writeKey": "w", "batch": [SEGMENT] * 2501},
    "/api/v1/events": {"events": [TRACIFY] * 1001},
    "/batch/": {"api_key": "w", "batch": [{"event": "e", "distinct_id": "d"}] * 2501},
}
UNREADABLE = ("/batch?client_id=w", "/?client_id=w", "/post", "/v1/batch")


@pytest.mark.parametrize("path", UNREADABLE)
def test_what_cannot_be_read_is_kept_within_the_burst_alone(path: str) -> None:
    """What a stranger leaves behind is bounded."""
    world = World()
    world.store.change_project("prj", {"events_per_second": 1})
    basic = {"authorization": "Basic dzo=", "x-eventbunker-write-key": "w"}
    first, *later = [world.send(path, basic, "{")["statusCode"] for _ in range(100)]
    # Where the vendor looks at the key first, the brake is told; else the answer is the same.
    assert set(later) <= {first, 429}
    assert len(world.rows()) == BURST_SECONDS
    world.seconds += 1.5
    world.send(path, basic, "{")
    assert len(world.rows()) == BURST_SECONDS + 1


def test_what_cannot_be_read_takes_from_the_burst_of_what_can() -> None:
    world = World()
    world.store.change_project("prj", {"events_per_second": 1})
    path, headers, body, *_ = ROUTES["eventbunker"]
    for _ in range(BURST_SECONDS):
        world.send(path, headers, "{")
    assert world.send(path, headers, body)["statusCode"] == 429
    assert world.sink.records == []


@pytest.mark.parametrize(("origin", "kept"), [("https://evil.example", 0), (None, 3)])
@pytest.mark.parametrize("path", [*UNREADABLE, "/api/v1/events", "/track", "/batch/"])
def test_what_cannot_be_read_from_a_foreign_page_is_not_kept(
    path: str, origin: str | None, kept: int
) -> None:
    """Some vendors look at the body first, some at the key; nobody at the origin before those."""
    world = World(store=MemoryKeyStore({hash_of("w"): PUBLIC}))
    for _ in range(3):
        world.send(path, KEYED | ({"origin": origin} if origin else {}), "{")
    assert len(world.rows()) == (kept if path != "/batch/" else 0)  # its key is in the body


@pytest.mark.parametrize(("origin", "kept"), [("https://evil.example", 0), (None, 1)])
@pytest.mark.parametrize("path", LONG)
def test_a_batch_that_is_too_long_from_a_foreign_page_is_not_kept(
    path: str, origin: str | None, kept: int
) -> None:
    world = World(store=MemoryKeyStore({hash_of("w"): PUBLIC}))
    told = world.send(path, KEYED | ({"origin": origin} if origin else {}), LONG[path])
    reason = told["headers"]["x-openbunker-reason"]
    assert reason in {"batch_too_large", "origin_not_allowed"}
    sampled = reason == "origin_not_allowed"  # the vendor looks at the origin first
    assert len(world.rows()) == (1 if sampled else kept)


@pytest.mark.parametrize("route", [name for name in ROUTES if name != "nanosights"])
def test_of_what_a_foreign_page_sends_one_a_minute_is_kept(route: str) -> None:
    """Enough to find a page that was forgotten, whatever the page is visited by."""
    world = World(store=MemoryKeyStore({hash_of("w"): PUBLIC}))
    path, headers, body, *_ = ROUTES[route]
    foreign = {**headers, "origin": "https://evil.example"}
    if path == "/v1/batch":
        foreign |= KEYED
    for _ in range(50):
        told = world.send(path, foreign, body)
        assert told["headers"]["x-openbunker-reason"] == "origin_not_allowed"
    assert [row.reason for row in world.rows()] == ["origin_not_allowed"]
    world.seconds += SAMPLE_SECONDS
    for _ in range(50):
        world.send(path, foreign, body)
    assert len(world.rows()) == 2
    assert world.sink.records == []


class Full:
    """A share whose half is filled, so that only what is due has room."""

    def has_room(self, project_id: str, size: int, *, due: bool) -> bool:
        assert project_id == "prj"
        assert size > 0
        return due

    def add(self, project_id: str, size: int) -> None:
        raise AssertionError("the stream takes nothing")


class NoStream:
    """A stream that is down."""

    def put_record_batch(self, records: Any, seconds: float | None = None) -> Any:
        raise StreamError("down", "down")


@pytest.mark.parametrize("over", [True, False])
def test_a_full_share_loses_mistakes_and_sends_back_what_is_due(over: bool) -> None:
    world = World()
    lines: list[Any] = []
    sink = StreamRefusedSink(NoStream(), Full())
    world.services = replace(world.services, refused=sink, log=lines.append)
    if over:
        world.store.change_project("prj", {"monthly_events": 1, "over_month": "2026-11"})
    path, headers, body, *_ = ROUTES["eventbunker"]

    answer = world.send(path, headers, body if over else {})

    reason = "stream_unavailable" if over else "invalid_schema"
    assert answer["headers"]["x-openbunker-reason"] == reason
    assert answer["statusCode"] == (503 if over else 400)
    assert [line["refused_lost"] for line in lines if "refused_lost" in line] == [1]
