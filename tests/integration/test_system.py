"""How the system is, over HTTP: its state, and the books and usage of one project alone."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from openbunker.core.books import Entry
from openbunker.core.times import DAY_MS, MINUTE_MS
from openbunker.query.state import NotSummedYet
from openbunker_local import runtime
from openbunker_local.books.sums import BookSums
from openbunker_local.books.write import LocalBook
from tests.support import folder
from tests.support.embedded import Clock
from tests.support.here import ServerHere, server_here
from tests.support.server import looks


def told(server: ServerHere, key: str) -> Any:
    answer = server.call("GET", "/v1/system", headers={"x-eventbunker-query-key": key})
    assert answer.status == 200, answer
    return answer.body


def test_the_sums_are_those_of_the_books(tmp_path: Path) -> None:
    clock = Clock()
    book = LocalBook(tmp_path, now_ms=clock.now_ms)
    sums, start = BookSums(tmp_path), clock.now // MINUTE_MS * MINUTE_MS
    name = "0" * 32

    def enter(project: str, minute: int, **ended: Any) -> None:
        clock.now = start + minute * MINUTE_MS + 7
        book.enter(Entry(project_id=project, received_ms=clock.now, **ended))

    enter("p1", 0, stored=[name, name], refused=1)
    enter("p2", 0, stored=[name])
    enter("p1", 1, spilled=[name], retry=2)
    all_of_it = start, start + DAY_MS
    expected = {"stored": 2, "refused": 1, "spilled": 1, "retry": 2}
    assert sums.of_project("p1", *all_of_it) == expected
    book.flush()
    assert sums.of_project("p1", *all_of_it) == expected
    enter("p1", 2, stored=[name])
    assert sums.of_project("p1", *all_of_it) == expected | {"stored": 3}
    assert sums.of_project("p1", start + MINUTE_MS, start + 2 * MINUTE_MS) == {
        "spilled": 1,
        "retry": 2,
    }
    assert sums.of_project("p3", *all_of_it) == {}
    book.close()
    assert sums.of_project("p1", *all_of_it) == expected | {"stored": 3}


def test_long_books_are_summed_up_a_part_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openbunker_local.books.sums.READ_BYTES", 50)
    clock = Clock()
    sums, start = BookSums(tmp_path), clock.now // MINUTE_MS * MINUTE_MS
    with closing(LocalBook(tmp_path, now_ms=clock.now_ms)) as book:
        for minute in range(3):
            clock.now = start + minute * MINUTE_MS
            book.enter(Entry(project_id="p1", received_ms=clock.now, stored=["0" * 32]))
            book.flush()
    for _ in range(2):
        with pytest.raises(NotSummedYet):
            sums.of_project("p1", start, start + DAY_MS)
    assert sums.of_project("p1", start, start + DAY_MS) == {"stored": 3}


def test_a_project_is_told_its_own_numbers(tmp_path: Path) -> None:
    with server_here(tmp_path) as server:
        write = {"x-eventbunker-write-key": server.demo["write_key"]}
        for number in range(5):
            body = {"event_name": "seen" if number else "a b"}
            server.call("POST", "/post", body, write)
        server.wait_until_visible()

        body = told(server, server.demo["query_key"])

        assert (body["status"], body["causes"]) == ("ok", [])
        lacks = [one["reason"] for one in body.get("incomplete", [])]
        assert (body["complete"], lacks) in ((True, []), (False, ["not_counted_yet"]))
        assert "complete" not in body["usage"]
        assert body["fresh_to"]
        assert body["usage"]["project_id"] == server.demo["project_id"]
        assert body["usage"]["quota"]["exceeded"] is False
        books = body["books"]
        names = ("stored", "spilled", "refused", "retry")
        assert books["answered"] == sum(books[name] for name in names)
        assert books["events"] <= 4  # the day told ends with a whole minute

        made = {"type": "QUERY", "customer_identifier": "c2"}
        master = {"x-eventbunker-apikey": server.demo["project_master_key"]}
        scoped = server.call("POST", "/v1/manage/key/create", made, master).body["api_key"]
        body = told(server, scoped)
        assert (body["books"], body["usage"]) == (None, None)
        assert body["status"] == "ok"
        assert server.call("GET", "/v1/system", headers=write).status == 401


def test_the_books_of_a_minute_are_told_once_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = folder.Clock(monkeypatch)
    with runtime.running(tmp_path, "http://127.0.0.1:1", lambda _: None) as parts:
        write = {"x-eventbunker-write-key": parts.demo.write_key}
        for number in range(5):
            folder.call("POST", "/post", {"event_name": "seen" if number else "a b"}, write)
        clock.now += 2 * MINUTE_MS
        parts.stream.flush()

        query = {"x-eventbunker-query-key": parts.demo.query_key}
        for _ in looks():  # the stream of what was refused delivers by itself
            books = folder.call("GET", "/v1/system", headers=query).body["books"]
            if books["to"] >= "2026-01-02T12:01":
                break

    assert books == {
        "from": "2026-01-01T12:01:00.000Z", "to": "2026-01-02T12:01:00.000Z", "answered": 5,
        "stored": 4, "spilled": 0, "refused": 1, "retry": 0, "events": 4,
    }  # fmt: skip
