"""The law of the books: every item received has one fate, and an acceptance is entered first."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import books, ids
from openbunker.core.books import BOTH, NOTHING, RECORDS, BookUnavailable, Entry, Together, never
from openbunker.core.records import Record
from openbunker.core.verdict import Fate
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.memory import MemorySink
from openbunker.web.log_lines import measured

NOW_MS = 1_795_233_600_000
KEY = Key(key_id="k", kind=KeyKind.WRITE, account_id="a", project_id="p")
BAD, GOOD = {"type": "custom", "name": ""}, {"type": "custom", "name": "e"}


class MemoryBook:
    """A book in a list; `down` makes it refuse."""

    def __init__(self, down: bool = False) -> None:
        self.entries: list[Entry] = []
        self.down = down

    def enter(self, entry: Entry) -> None:
        if self.down:
            raise BookUnavailable("the disk is full")
        self.entries.append(entry)


class World:
    """The walk over a book and a sink."""

    def __init__(self, *, refusing: Any = (), down: bool = False) -> None:
        self.book, self.sink = MemoryBook(down), MemorySink(refusing=refusing)
        self.keys = MemoryKeyStore({hash_of("client"): KEY})
        self.together: Together = never
        self.lines: list[Any] = []

    def send(self, body: Any, path: str = "/batch", key: str = "client") -> dict[str, Any]:
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": f"client_id={key}",
            "headers": {},
            "requestContext": {"http": {"method": "POST", "sourceIp": "203.0.113.7"}},
            "body": body if isinstance(body, str) else json.dumps(body),
        }
        services = Services(
            keys=self.keys,
            sink=self.sink,
            now_ms=lambda: NOW_MS,
            new_ids=ids.new_ids,
            log=self.lines.append,
            book=self.book,
            together=self.together,
        )
        return serve(event, None, services)

    def logged(self) -> dict[str, int]:
        return {fate.value: self.lines[-1][fate.value] for fate in Fate}


@given(goods=st.lists(st.booleans(), max_size=20), refusing=st.sets(st.integers(0, 19)))
def test_what_was_received_is_stored_spilled_refused_and_retry(
    goods: list[bool], refusing: set[int]
) -> None:
    """The fates of the log line and of the book agree, and their sum is what was received."""
    world = World(refusing=refusing)

    world.send([GOOD if good else BAD for good in goods])

    assert sum(world.logged().values()) == len(goods)
    entered = {fate.value: sum(e.count(fate) for e in world.book.entries) for fate in Fate}
    assert entered == world.logged()


@given(goods=st.lists(st.booleans(), min_size=1, max_size=9), refusing=st.sets(st.integers(0, 9)))
def test_the_ids_of_the_book_are_those_of_the_successes(
    goods: list[bool], refusing: set[int]
) -> None:
    world = World(refusing=refusing)

    answer = world.send([GOOD if good else BAD for good in goods])

    told = json.loads(answer["body"]).get("results", [])
    (entry,) = world.book.entries
    assert entry.project_id == "p"
    assert entry.received_ms == NOW_MS
    assert [ids.as_uuid(event_id) for event_id in entry.stored] == [
        result["eventId"] for result in told if result["status"] == "success"
    ]


def test_an_acceptance_that_cannot_be_entered_is_no_acceptance() -> None:
    world = World(down=True)

    answer = world.send([GOOD, GOOD])

    assert answer["statusCode"] == 503
    assert answer["headers"]["x-openbunker-reason"] == "stream_unavailable"
    assert world.logged() == {"stored": 0, "spilled": 0, "refused": 0, "retry": 2}
    assert len(world.sink.records) == 2  # they show up as unanswered


@given(goods=st.lists(st.booleans(), min_size=1, max_size=9), able=st.integers(NOTHING, BOTH))
def test_what_is_stored_together_says_the_same_and_is_stored_once(
    goods: list[bool], able: int
) -> None:
    """Either the one way or the two took the request, and nothing that is refused the one way."""
    plain, world = World(), World()
    one_way: list[tuple[Sequence[Record], Entry]] = []

    def together(records: Sequence[Record], entry: Entry) -> int:
        one_way.append((records, entry))
        return able

    world.together = together
    body = [GOOD if good else BAD for good in goods]
    answers = [one.send(body) for one in (plain, world)]

    assert {one["statusCode"] for one in answers} == {answers[0]["statusCode"]}
    assert world.logged() == plain.logged()
    assert len(one_way) == all(goods)
    if all(goods) and able:
        ((records, entry),) = one_way
        assert world.sink.records == []
        assert len(world.book.entries) == (able == RECORDS)  # then it is entered by itself
        assert entry.stored == [json.loads(one.data)["event_id"] for one in records]
        assert (entry.project_id, entry.received_ms) == ("p", NOW_MS)
    else:
        assert len(world.sink.records) == len(plain.sink.records)
        assert len(world.book.entries) == len(plain.book.entries)


@pytest.mark.parametrize(
    ("body", "down", "fates", "entered"),
    [
        ("{", False, {"refused": 1}, 0),  # nobody got as far as the key
        ([GOOD] * 101, False, {"refused": 1}, 0),
        ([GOOD, BAD, GOOD], True, {"retry": 3}, 0),
    ],
)
def test_a_request_refused_as_a_whole_counts_its_items(
    body: Any, down: bool, fates: dict[str, int], entered: int
) -> None:
    world = World(down=down)

    world.send(body)

    assert world.logged() == {fate.value: 0 for fate in Fate} | fates
    assert len(world.book.entries) == entered


def test_a_request_whose_records_nobody_took_is_entered_as_retry() -> None:
    world = World(refusing=range(10))

    world.send([GOOD, BAD, GOOD])

    (entry,) = world.book.entries
    assert (entry.retry, entry.refused, entry.stored) == (3, 0, ())


def test_a_key_of_another_dialect_refuses_all_items_of_its_project() -> None:
    world = World()
    world.keys.add(hash_of("other"), replace(KEY, dialects=("segment",)))

    world.send([GOOD, BAD], key="other")

    (entry,) = world.book.entries
    assert entry.refused == world.logged()["refused"] == 2


def test_a_stranger_fills_no_books() -> None:
    world = World()

    world.send([GOOD], key="nobody")

    assert world.book.entries == []
    assert world.logged()["refused"] == 1
    assert "project" not in world.lines[-1]


def test_the_log_line_tells_project_and_hour_as_fields_and_not_as_dimensions() -> None:
    world = World()

    world.send([GOOD])

    assert (world.lines[-1]["project"], world.lines[-1]["hour"]) == ("p", "2026-11-21T04")
    line = measured(world.lines[-1], {"stack": "s", "function": "f"}, NOW_MS)
    (metric,) = line["_aws"]["CloudWatchMetrics"]
    assert metric["Dimensions"] == [["stack", "dialect"]]


@given(
    stored=st.lists(st.text()),
    spilled=st.lists(st.text()),
    refused=st.integers(0),
    retry=st.integers(0),
)
def test_an_entry_comes_back_as_it_went(
    stored: list[str], spilled: list[str], refused: int, retry: int
) -> None:
    entry = Entry(
        project_id="p",
        received_ms=NOW_MS,
        stored=stored or (),
        spilled=spilled or (),
        refused=refused,
        retry=retry,
    )
    assert books.decode(entry.encode()) == entry


@pytest.mark.parametrize("line", [b"{}", b"[]", b'{"project_id":"p","received_ms":1,"x":2}', b"x"])
def test_a_line_that_is_no_entry_is_an_error(line: bytes) -> None:
    with pytest.raises(ValueError):
        books.decode(line)


def test_a_function_does_not_wait_for_questions_and_says_so() -> None:
    event = [{"type": "custom", "name": "a"}]
    for key, told in (
        ("client", None),
        ("client&wait=visible", "ignored"),
        ("client&wait=1", None),
        ("nobody&wait=visible", None),  # nothing was accepted that could be waited for
    ):
        answer = World().send(event, key=key)
        assert (answer["statusCode"], answer["headers"].get("x-openbunker-wait")) == (200, told)
