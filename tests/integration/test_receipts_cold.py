"""Receipts of events that the real compaction made cold: the same answers, another place."""

from pathlib import Path
from typing import Any

import pytest

from openbunker.core import ids
from openbunker.core.event import Event
from openbunker.core.times import DAY_MS, MINUTE_MS
from openbunker.erasure.hashing import hash_of
from openbunker.erasure.model import Erasure, Hidden
from openbunker.query.receipts import Sought, receipt
from openbunker.query.scope import Scope
from openbunker_local.cold.manifest import load
from openbunker_local.compaction.run import compact
from openbunker_local.lake.receipts import FolderReceipts
from tests.support.query.lake import NOW_MS, PROJECT, deliver, event

LATER_MS = NOW_MS + 10 * MINUTE_MS
SCOPE = Scope(PROJECT)


def ours(at_ms: int, **fields: Any) -> Event:
    """Return an event with an id of ours, that a client gave no id unless the fields say so."""
    event_id = ids.new_id(at_ms)
    known = {"event_id": event_id, "dedupe_key": event_id, "received_ms": at_ms}
    return event(**{**known, "timestamp_ms": at_ms, "dialect": "segment", **fields})


def make_cold(data: Path, *events: Event, erasures: tuple[Erasure, ...] = ()) -> None:
    deliver(data, events)
    compact(data, LATER_MS, LATER_MS, erasures=erasures)


def told(data: Path, text: str, scope: Scope = SCOPE) -> dict[str, Any] | None:
    sought = Sought.of(text)
    return receipt(sought, FolderReceipts(data).sightings(scope, sought, NOW_MS))


def test_an_event_that_is_cold_names_its_file(tmp_path: Path) -> None:
    one, other = ours(NOW_MS - 60_000), ours(NOW_MS - 60_000)
    make_cold(tmp_path, one, other)

    found = told(tmp_path, one.event_id)

    assert found is not None
    assert (found["status"], found["event_id"]) == ("compacted", one.event_id)
    assert found["object"] in {file.path for file in load(tmp_path).files}
    assert "line" not in found
    assert told(tmp_path, ids.as_uuid(one.event_id)) == {**found, "id": ids.as_uuid(one.event_id)}


def test_years_later_it_is_found_by_the_time_in_its_id(tmp_path: Path) -> None:
    old = ours(NOW_MS - 800 * DAY_MS)
    make_cold(tmp_path, old, ours(NOW_MS))

    assert (told(tmp_path, old.event_id) or {})["status"] == "compacted"


def test_an_unknown_id_and_anothers_are_not_found(tmp_path: Path) -> None:
    theirs = ours(NOW_MS, project_id="project-b")
    hers = ours(NOW_MS, customer_identifier="c2")
    make_cold(tmp_path, theirs, hers)

    assert told(tmp_path, ids.new_id(NOW_MS)) is None
    assert told(tmp_path, theirs.event_id) is None
    assert told(tmp_path, hers.event_id) is not None
    assert told(tmp_path, hers.event_id, Scope(PROJECT, "c1")) is None
    assert told(tmp_path, hers.event_id, Scope(PROJECT, None, (Hidden("c2", NOW_MS),))) is None


def test_a_copy_that_was_dropped_names_the_event_that_counts(tmp_path: Path) -> None:
    first = ours(NOW_MS - 50_000, dedupe_key="segment:write-1:m1")
    copy = ours(NOW_MS - 40_000, dedupe_key="segment:write-1:m1")
    make_cold(tmp_path, first, copy)

    found = told(tmp_path, copy.event_id) or {}

    assert (found["status"], found["duplicate_of"]) == ("duplicate_of", first.event_id)
    assert found["event_id"] == copy.event_id
    assert found["object"].endswith(".parquet")


def test_a_copy_of_an_event_that_the_key_does_not_see_says_no_more(tmp_path: Path) -> None:
    first = ours(NOW_MS - 50_000, dedupe_key="same", customer_identifier="c2")
    copy = ours(NOW_MS - 40_000, dedupe_key="same", customer_identifier="c1")
    make_cold(tmp_path, first, copy)

    found = told(tmp_path, copy.event_id, Scope(PROJECT, "c1")) or {}

    assert found["status"] == "duplicate_of"
    assert "duplicate_of" not in found
    assert "object" not in found


def test_a_hot_copy_of_a_cold_event_is_its_duplicate_however_early_it_was_received(
    tmp_path: Path,
) -> None:
    cold = ours(NOW_MS - 40_000, dedupe_key="segment:write-1:m1")
    make_cold(tmp_path, cold)
    late = ours(NOW_MS - 7_200_000, dedupe_key="segment:write-1:m1")
    deliver(tmp_path, [late])

    assert (told(tmp_path, late.event_id) or {})["duplicate_of"] == cold.event_id
    assert (told(tmp_path, cold.event_id) or {})["status"] == "compacted"


@pytest.mark.parametrize("copies", [0, 1])
def test_a_clients_id_is_found_within_the_look_back(tmp_path: Path, copies: int) -> None:
    key = "segment:write-1:it's; order/1"
    rows = [ours(NOW_MS - 60_000 + n, dedupe_key=key) for n in range(1 + copies)]
    old = ours(NOW_MS - 4_000_000, dedupe_key="segment:write-1:old")
    make_cold(tmp_path, *rows, old)

    found = told(tmp_path, "it's; order/1") or {}

    assert (found["status"], found["event_id"]) == ("compacted", rows[0].event_id)
    assert told(tmp_path, "order/1") is None
    assert told(tmp_path, "old") is None


def test_a_recent_copy_leads_to_a_first_one_that_is_older_than_the_look_back(
    tmp_path: Path,
) -> None:
    first = ours(NOW_MS - 4_000_000, dedupe_key="segment:write-1:m1")
    make_cold(tmp_path, first, ours(NOW_MS - 60_000, dedupe_key="segment:write-1:m1"))

    assert (told(tmp_path, "m1") or {})["event_id"] == first.event_id


def test_what_was_erased_is_not_found(tmp_path: Path) -> None:
    gone = ours(NOW_MS - 60_000, customer_identifier="c1")
    erasure = Erasure(
        erasure_id="e",
        project_id=PROJECT,
        customer_hash=hash_of(PROJECT, "c1"),
        requested_ms=NOW_MS,
        key_id="delete-1",
    )
    make_cold(tmp_path, gone, erasures=(erasure,))

    assert told(tmp_path, gone.event_id) is None


def test_a_compaction_between_the_objects_and_the_cold_files_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = ours(NOW_MS - 60_000)
    deliver(tmp_path, [one])
    store = FolderReceipts(tmp_path)
    listed = store._objects
    runs = [1, 2]

    def compacted_first(low_ms: int, high_ms: int) -> Any:
        found = listed(low_ms, high_ms)
        while runs:  # the second one takes the objects away
            runs.pop()
            compact(tmp_path, LATER_MS, LATER_MS)
        return found

    monkeypatch.setattr(store, "_objects", compacted_first)
    sought = Sought.of(one.event_id)

    found = receipt(sought, store.sightings(SCOPE, sought, NOW_MS))

    assert (found or {})["status"] == "compacted"
