"""Whatever step a compaction ends at, every event is there exactly once, and the first one wins."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.event import Event
from openbunker_local.cold import manifest
from openbunker_local.compaction.merging import FAN_IN
from openbunker_local.compaction.run import Result, compact
from openbunker_local.stream.disk import Disk
from tests.support.cold import FilmingDisk, Halt, HaltingDisk, after, cold, deliver, event, hot
from tests.support.embedded import objects
from tests.support.laws import drawn, each, spread

Key = tuple[str, str]
LATER = after(600)


def firsts(events: Iterable[Event]) -> dict[Key, str]:
    """Return the id that counts for each key when all are seen at once."""
    ordered = sorted(events, key=lambda one: (one.received_ms, one.event_id))
    return {(e.project_id, e.dedupe_key): e.event_id for e in reversed(ordered)}


def visible(data: Path) -> dict[Key, str]:
    """Return what a reader counts: cold rows, and first hot rows of keys that are not cold."""
    rows = cold(data)
    found = {(row["project_id"], row["dedupe_key"]): row["event_id"] for row in rows}
    assert len(found) == len(rows), "a key is cold twice"
    ordered = sorted(hot(data), key=lambda row: (row["received_ms"], row["event_id"]))
    for row in ordered:
        found.setdefault((row["project_id"], row["dedupe_key"]), row["event_id"])
    return found


def run(data: Path, disk: Disk | None = None) -> Result | None:
    try:
        return compact(data, LATER, LATER, disk=disk)
    except Halt:
        return None


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """A folder in which a run deletes objects, writes three days, copies, and merges."""
    data = tmp_path_factory.mktemp("prepared")
    events = [event(number, after(number)) for number in range(FAN_IN)]
    for number, one in enumerate(events):
        deliver(data, after(number), [one])
        compact(data, after(number + 1), LATER)
    calls = [
        [event(10, dedupe_key="a"), event(11, timestamp_ms=0), event(12, dedupe_key="b")],
        [event(13, dedupe_key="a"), event(3, after(3)), event(14, after(-1), dedupe_key="b")],
        [event(15, timestamp_ms=after(-1_440)), event(16, project_id="p2", dedupe_key="a")],
    ]
    deliver(data, after(20), *calls)
    return data, events + [one for call in calls for one in call]


@pytest.mark.drawn
def test_a_run_that_ends_at_any_step_is_finished_by_the_next(
    prepared: tuple[Path, list[Event]], tmp_path: Path
) -> None:
    """A copy of the folder is kept before and after each step of one run, and finished."""
    expected, kept = firsts(prepared[1]), tmp_path / "kept"
    shutil.copytree(prepared[0], tmp_path / "data")
    disk = FilmingDisk(tmp_path / "data", kept)
    assert run(tmp_path / "data", disk) is not None
    assert disk.steps >= 15, "the steps of a run are no longer seen by the disk"

    def finished(moment: str) -> None:
        data = kept / moment
        assert visible(data) == expected
        assert run(data) is not None
        assert run(data) is not None  # deletes what the one before made needless
        assert visible(data) == expected
        assert (hot(data), objects(data)) == ([], [])
        named = {data / file.path for file in manifest.load(data).files}
        assert set((data / "cold").rglob("*.parquet")) == named
        assert not list((data / "cold").rglob("*.part"))

    each("moment", spread(disk.moments, 12))(finished)()


def test_the_prepared_run_does_all_kinds_of_work(prepared: tuple[Path, list[Event]]) -> None:
    """Or the test above would be about less than it says."""
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        shutil.copytree(prepared[0], data)
        assert len(objects(data)) == 4
        result = run(data)
        assert result is not None
        assert len(objects(data)) == 3
    assert (result.rows, result.copies, result.again) == (5, 2, 1)
    assert result.merged > FAN_IN
    assert result.days == {"2026-01-01", "2026-01-02", "other"}


events_of_a_call = st.lists(
    st.builds(
        lambda number, minute, key, project: event(
            number, after(minute), project_id=project, dedupe_key=key or f"{number:032x}"
        ),
        st.integers(0, 30),
        st.just(0),
        st.sampled_from(["", "", "a", "b"]),
        st.sampled_from(["p1", "p2"]),
    ),
    min_size=1,
    max_size=4,
)
actions = st.one_of(
    events_of_a_call.map(lambda call: ("deliver", call)),
    st.tuples(st.just("halt before"), st.integers(0, 25)),
    st.tuples(st.just("halt after"), st.integers(0, 25)),
    st.just(("run", 0)),
)


@drawn(5, of=25)
@given(st.lists(actions, min_size=2, max_size=8))
def test_no_event_is_lost_or_counted_twice_in_any_order(
    script: list[tuple[str, list[Event] | int]],
) -> None:
    """What is cold stays the first; among the others the rule decides."""
    with TemporaryDirectory() as folder:
        data, delivered = Path(folder), 0
        keys: set[Key] = set()
        before: dict[Key, str] = {}
        for action, detail in script:
            if isinstance(detail, list):
                delivered += 1
                deliver(data, after(delivered), detail)
                keys |= {(one.project_id, one.dedupe_key) for one in detail}
            else:
                run(data, HaltingDisk(detail, after=action == "halt after") if detail else None)
            assert visible(data).keys() == keys
            now = {(row["project_id"], row["dedupe_key"]): row["event_id"] for row in cold(data)}
            assert before.items() <= now.items(), "a cold event was replaced"
            before = now
        run(data)
        assert hot(data) == []
        assert visible(data).keys() == keys
