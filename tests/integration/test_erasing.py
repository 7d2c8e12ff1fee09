"""Erased for good on one machine: no byte of the data folder tells of her, and nobody else lost."""

import gzip
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from openbunker.core import refused_rows as refused
from openbunker.core.books import Entry
from openbunker.core.event import Event
from openbunker.erasure.hashing import hash_of
from openbunker.erasure.model import Erasure
from openbunker_local.books.write import LocalBook
from openbunker_local.cold import manifest
from openbunker_local.compaction import job
from openbunker_local.compaction.erase import SETTLE_MS, Outcome, erase
from openbunker_local.compaction.run import compact
from openbunker_local.compaction.worker import Clocks, Compactor
from openbunker_local.sqlite import erasures as erasures_sqlite
from openbunker_local.sqlite.erasures import SqliteErasureStore, any_waiting
from openbunker_local.stream import frames
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.id_index import IdIndex
from openbunker_local.stream.refused_days import refused_stream
from openbunker_local.stream.undelivered import REFUSED_JOURNAL
from tests.support.cold import NOON_MS, FilmingDisk, after, cold, deliver, event, hot
from tests.support.laws import each, spread
from tests.support.query import pooled
from tests.support.query.refused import row

CUSTOMER, MARKER = 'Erna "née" Ölk', "marker-7f3a"
UNTIL = after(10)
NOW = UNTIL + SETTLE_MS


def hers(number: int, received_ms: int = NOON_MS, **columns: object) -> Event:
    columns.setdefault("properties", {"m": f"{MARKER}-{number}"})
    return event(number, received_ms, customer_identifier=CUSTOMER, **columns)


def erasure(number: int = 1, requested_ms: int = UNTIL) -> Erasure:
    return Erasure(
        erasure_id=f"{number:032x}",
        project_id="p1",
        customer_hash=hash_of("p1", CUSTOMER),
        requested_ms=requested_ms,
        key_id="key",
        customer_identifier=CUSTOMER,
    )


def store(data: Path) -> SqliteErasureStore:
    return SqliteErasureStore(data / erasures_sqlite.FILE)


def run(data: Path, now_ms: int = NOW, disk: Disk | None = None) -> Outcome:
    with closing(store(data)) as kept:
        return erase(data, kept, lambda: now_ms, disk=disk)


def fill(data: Path) -> None:
    """Put rows of hers, of another customer and of another project into every place there is."""
    deliver(
        data,
        NOON_MS,
        [hers(1), event(2, customer_identifier="beta"), hers(3, dedupe_key="order-1")],
        [event(4), hers(5, NOON_MS + 1, dedupe_key="order-1"), hers(6, project_id="p2")],
    )
    compact(data, after(2), after(2))
    deliver(data, after(3), [hers(7, after(3)), event(8, after(3), customer_identifier="beta")])
    deliver(data, after(3), [hers(9, after(3))])
    compact(data, after(4), after(4))
    deliver(data, after(5), [hers(10, after(5)), event(11, after(5))], [hers(12, after(5))])
    with closing(refused_stream(data, lambda: after(5))) as stream:
        kept = (
            row(1, project_id="p1", payload=f'{{"customer_identifier":"{name}","m":"{text}"}}')
            for name, text in (('Erna \\"née\\" Ölk', MARKER), ("beta", "stays"))
        )
        stream.put_record_batch(
            [refused.encode(replace(one, received_ms=after(5))).data for one in kept]
        )
    damaged = data / "stream" / "damaged"
    damaged.mkdir(parents=True, exist_ok=True)
    (damaged / "her.journal").write_bytes(b"x" + b'"Erna \\"n\xc3\xa9e\\" \xc3\x96lk"' + b"\0")
    (damaged / "other.journal").write_bytes(b'"beta"')
    with closing(LocalBook(data, now_ms=lambda: after(5))) as book:
        book.enter(Entry(project_id="p1", received_ms=after(5), stored=("1" * 32,)))
    with closing(store(data)) as kept_erasures:
        kept_erasures.add(erasure())


def texts(data: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield every file: raw, and decoded where it is gzip, Parquet or a journal."""
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        yield path, path.read_bytes()
        if path.suffix == ".gz":
            yield path, gzip.decompress(path.read_bytes())
        if path.suffix == ".parquet":
            with pooled.reader() as database:
                rows = database.read_parquet(str(path)).fetchall()
            yield path, repr(rows).encode()
        if path.suffix == ".journal":
            with path.open("rb") as file:
                yield path, b"".join(frames.read(file, path.stat().st_size))


def traces(data: Path) -> set[str]:
    """Return the places below the folder that hold the customer's name or the marker."""
    names = ("Erna", "née", "Ölk", "n\\u00e9e", MARKER)
    needles = [name.encode() for name in names]
    return {
        path.relative_to(data).parts[0] if path.parent != data else path.name
        for path, content in texts(data)
        if any(needle in content for needle in needles)
    }


def in_p1(data: Path) -> list[str]:
    rows = [one for one in cold(data) + hot(data) if one["project_id"] == "p1"]
    return sorted(str(one["event_id"]) for one in rows)


def numbered(*numbers: int) -> list[str]:
    return [f"{number:032x}" for number in numbers]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("filled")
    fill(found)
    return found


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path, dirs_exist_ok=True))


def test_no_byte_of_the_folder_tells_of_her(data: Path) -> None:
    """Her rows of another project are another erasure's: without them nothing is left at all."""
    assert traces(data) == {"hot", "cold", "refused", "stream", "erasures.sqlite"}
    with closing(store(data)) as kept:
        kept.add(replace(erasure(2), project_id="p2", customer_hash=hash_of("p2", CUSTOMER)))

    outcome = run(data)

    assert [one.erasure_id for one in outcome.done] == numbered(1, 2)
    assert outcome.held_up == []
    assert traces(data) == set()


def test_all_other_rows_stay_as_they_were(data: Path) -> None:
    before = {str(r["event_id"]): r for r in cold(data) + hot(data)}
    run(data)

    assert in_p1(data) == numbered(2, 4, 8, 11)
    after_it = {str(r["event_id"]): r for r in cold(data) + hot(data)}
    assert after_it == {key: before[key] for key in numbered(2, 4, 6, 8, 11)}
    (kept,) = [
        line
        for path in (data / "refused").rglob("*.json.gz")
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    assert b"beta" in kept
    damaged = {p.name: p.read_bytes() for p in (data / "stream" / "damaged").iterdir()}
    assert set(damaged) == {"her.journal", "other.journal"}
    assert damaged["other.journal"] == b'"beta"'
    assert not damaged["her.journal"].strip()  # nothing but her line was in it


def test_the_ids_of_what_went_are_kept_so_that_the_books_close(data: Path) -> None:
    """Of cold rows, of copies and of rows that were hot."""
    run(data)

    noted = cold(data, "erased")
    assert sorted({str(one["event_id"]) for one in noted}) == numbered(1, 3, 5, 7, 9, 10, 12)
    assert {one["project_id"] for one in noted} == {"p1"}
    assert cold(data, "copies") == []


def test_the_store_tells_when_it_was_done_and_forgets_who_it_was(data: Path) -> None:
    run(data)
    with closing(store(data)) as kept:
        (one,) = kept.every()
    assert (one.erased_ms, one.customer_identifier) == (NOW, None)


def test_what_came_after_the_request_stays(tmp_path: Path) -> None:
    deliver(tmp_path, UNTIL, [hers(1, UNTIL), hers(2, UNTIL + 1)])
    compact(tmp_path, UNTIL + 120_000, UNTIL + 120_000)
    deliver(tmp_path, after(20), [hers(3, after(20))])
    with closing(store(tmp_path)) as kept:
        kept.add(erasure())
    run(tmp_path)

    assert in_p1(tmp_path) == numbered(2, 3)


def test_of_two_erasures_the_later_one_covers_what_came_between(tmp_path: Path) -> None:
    deliver(tmp_path, after(11), [hers(1, after(9)), hers(2, after(11)), hers(3, after(13))])
    compact(tmp_path, after(14), after(14))
    with closing(store(tmp_path)) as kept:
        kept.add(erasure(1))
        kept.add(erasure(2, after(12)))
    outcome = run(tmp_path, after(14))

    assert [one.erasure_id for one in outcome.done] == numbered(1, 2)
    assert in_p1(tmp_path) == numbered(3)


def test_a_row_that_turns_up_later_never_becomes_cold(data: Path) -> None:
    """Years later, and nobody knows her name any more."""
    run(data)
    deliver(data, after(600), [hers(20), hers(21, UNTIL + 1)])
    with closing(store(data)) as kept:
        compact(data, after(700), after(700), erasures=kept.every())

    assert in_p1(data) == numbered(2, 4, 8, 11, 21)
    assert numbered(20)[0] in {str(one["event_id"]) for one in cold(data, "erased")}


def test_it_is_not_done_while_requests_of_its_time_may_run(data: Path) -> None:
    """Its rows are gone by then, as far as they have come."""
    outcome = run(data, NOW - 1)
    assert outcome.done == []
    assert outcome.held_up
    assert in_p1(data) == numbered(2, 4, 8, 11)
    assert [one.erasure_id for one in run(data).done] == numbered(1)


def test_one_that_has_to_wait_holds_up_no_other(data: Path) -> None:
    """Else a busy project would keep all others waiting."""
    with closing(store(data)) as kept:
        kept.add(replace(erasure(0, NOW), project_id="a-first-one"))

    outcome = run(data)

    assert [one.project_id for one in outcome.done] == ["p1"]
    assert outcome.held_up == ["requests of its time may still be running"]


@pytest.mark.parametrize("place", ["spill", "journal", "refused journal", "torn spill"])
def test_it_is_not_done_while_a_row_waits_to_be_delivered(data: Path, place: str) -> None:
    lines = b"".join(line for line in _lines([hers(30, UNTIL)]))
    if place == "refused journal":
        text = '"' + 'Erna \\"née\\" Ölk' + '"'
        one = row(9, project_id="p1", payload=text, received_ms=UNTIL)
        path = data / REFUSED_JOURNAL / "x.journal"
        content = frames.frames([refused.encode(one).data])
    elif place == "journal":
        path = data / "stream" / "journal" / "x.journal"
        content = frames.frames([lines])
    else:
        path = data / "spill" / "x.jsonl"
        content = lines if place == "spill" else lines[:-20]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)

    outcome = run(data)
    assert (outcome.done, outcome.held_up) == ([], ["rows wait to be delivered"])

    path.unlink()
    assert len(run(data).done) == 1


def _lines(events: list[Event]) -> Iterator[bytes]:
    from tests.support.query.lake import lines

    yield lines(events)


@pytest.mark.parametrize("room", ["hot", "refused"])
def test_an_object_that_cannot_be_read_holds_it_up(data: Path, room: str) -> None:
    """It may hold a row of hers, so nobody is told that she is gone."""
    path = sorted((data / room).rglob("*.json.gz"))[-1]
    path.write_bytes(path.read_bytes()[:-9])

    outcome = run(data)
    assert outcome.done == []
    assert path.name in outcome.held_up[0]

    path.unlink()
    assert len(run(data).done) == 1


def test_the_index_forgets_the_minutes_that_were_written_anew(data: Path) -> None:
    index = IdIndex(data)
    minute = data / "hot" / "dt=2026-01-02" / "hm=1205"
    for path in minute.iterdir():
        ids = index.collector()
        ids.add(gzip.decompress(path.read_bytes()))
        index.add(path, ids)
    file = data / "stream" / "index" / "dt=2026-01-02" / "hm=1205.idx"
    assert file.exists()

    run(data)
    assert not file.exists()


def test_without_erasures_nothing_is_touched(data: Path) -> None:
    run(data)
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    assert run(data) == Outcome()
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before


@pytest.mark.drawn
def test_a_run_that_ends_anywhere_is_ended_by_the_next(
    data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Before and after each file operation: nobody else loses a row, each id that went is noted."""
    kept = tmp_path_factory.mktemp("kept")
    disk = FilmingDisk(data, kept)
    run(data, disk=disk)
    assert disk.steps > 5

    def ended(moment: str) -> None:
        data = kept / moment
        assert set(numbered(2, 4, 8, 11)) <= set(in_p1(data))
        seen = in_p1(data) + [str(one["event_id"]) for one in cold(data, "erased")]
        assert set(numbered(1, 3, 7, 9, 10, 12)) <= set(seen)

        run(data)
        assert in_p1(data) == numbered(2, 4, 8, 11)
        assert traces(data) <= {"cold", "hot"}, "only her rows of the other project"
        manifest.load(data)

    each("moment", spread(disk.moments, 15))(ended)()


def test_a_compaction_erases_first_and_tells_of_it(data: Path) -> None:
    """As the server's child and the command line run it."""
    result = job.work(data, after(20), NOW)

    assert (result.erasures, result.held_up) == (1, [])
    assert result.erased == 7 + 1
    assert in_p1(data) == numbered(2, 4, 8, 11)
    assert not any_waiting(data)


def test_a_server_has_it_done_when_nothing_else_is_to_do(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [hers(1), event(2)])
    job.work(tmp_path, after(2), after(2))
    job.work(tmp_path, after(3), after(3))
    lines: list[Mapping[str, Any]] = []
    clocks = Clocks(now_ms=lambda: NOW, delivered_to_ms=lambda: after(3))
    with closing(store(tmp_path)) as kept:
        compactor = Compactor(tmp_path, clocks, lines.append, interval_seconds=3600)
        compactor.once()
        assert lines == []

        kept.add(erasure())
        compactor.once()

        assert [line["compacted"]["erasures"] for line in lines] == [1]
        assert kept.to_erase() == []
    assert in_p1(tmp_path) == numbered(2)
