"""A person in any of four columns: hidden, erased, left out when late, found in a backup."""

import gzip
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from openbunker.compaction.erasing import SNAPSHOT_AGE_MS
from openbunker.core import refused_rows as refused
from openbunker.core.event import Event
from openbunker.erasure.hashing import PERSON_COLUMNS, hash_of
from openbunker.erasure.model import Erasure, Hidden, forgotten
from openbunker.query.receipts import Sought
from openbunker.query.scope import Scope
from openbunker_local.backup.erased import again
from openbunker_local.compaction.erase import SETTLE_MS, erase
from openbunker_local.compaction.run import compact
from openbunker_local.lake.receipts import FolderReceipts
from openbunker_local.sqlite import erasures as erasures_sqlite
from openbunker_local.sqlite.erasures import SqliteErasureStore
from tests.support.cold import NOON_MS, after, cold, deliver, event, hot
from tests.support.query.lake import NOW_MS
from tests.support.query.lake import event as cloud_event
from tests.support.query.refused import row
from tests.unit.compaction.cloud import Cloud
from tests.unit.compaction.test_erasing import later, refuse

NAMES = ["u-1", "", "x" * 500, 'it\'s "ü"']
UNTIL = after(10)


def asked(column: str, name: str, project: str = "p1", requested_ms: int = UNTIL) -> Erasure:
    return Erasure(
        erasure_id="1" * 32,
        project_id=project,
        customer_hash=hash_of(project, name, column),
        requested_ms=requested_ms,
        key_id="key",
        customer_identifier=name,
    )


def namesakes(column: str, name: str, received_ms: int = NOON_MS, first: int = 1) -> list[Event]:
    """Return her row, and those of namesakes in the other columns and in another project."""
    others = [one for one in PERSON_COLUMNS if one != column]
    found = [event(first, received_ms, **{column: name})]
    found += [event(first + n, received_ms, **{one: name}) for n, one in enumerate(others, 1)]
    return [*found, event(first + 4, received_ms, project_id="p2", **{column: name})]


def ids(data: Path) -> list[int]:
    return sorted(int(str(one["event_id"]), 16) for one in cold(data) + hot(data))


def store(data: Path) -> SqliteErasureStore:
    return SqliteErasureStore(data / erasures_sqlite.FILE)


@pytest.mark.parametrize("column", PERSON_COLUMNS)
@pytest.mark.parametrize("name", NAMES)
def test_on_one_machine_she_goes_and_her_namesakes_stay(
    tmp_path: Path, column: str, name: str
) -> None:
    deliver(tmp_path, NOON_MS, namesakes(column, name))
    compact(tmp_path, after(2), after(2))
    deliver(tmp_path, after(3), namesakes(column, name, after(3), 11))
    with closing(store(tmp_path)) as kept:
        kept.add(asked(column, name))
        assert erase(tmp_path, kept, lambda: UNTIL + SETTLE_MS).rows == 2
        assert not kept.to_erase()
        done = kept.every()
    assert ids(tmp_path) == [2, 3, 4, 5, 12, 13, 14, 15]

    deliver(tmp_path, after(20), [event(21, after(5), **{column: name}), event(22, after(11))])
    compact(tmp_path, after(30), after(30), erasures=done)
    assert ids(tmp_path) == [2, 3, 4, 5, 12, 13, 14, 15, 22]


@pytest.mark.parametrize("column", PERSON_COLUMNS)
def test_her_receipts_are_hidden_where_the_row_names_her(tmp_path: Path, column: str) -> None:
    one = event(1, NOON_MS, **{column: "u-1"})
    scopes = [
        Scope("p1", None, (Hidden("u-1", NOON_MS, column),)),
        Scope("p1", forgotten=forgotten([replace(asked(column, "u-1"), customer_identifier=None)])),
    ]
    deliver(tmp_path, NOON_MS, [one])
    for _ in ("hot", "cold"):
        receipts = FolderReceipts(tmp_path)
        sought = Sought.of(one.event_id)
        assert receipts.sightings(Scope("p1"), sought, after(1))
        assert not any(receipts.sightings(scope, sought, after(1)) for scope in scopes)
        compact(tmp_path, after(2), after(2))


@pytest.mark.parametrize("column", PERSON_COLUMNS)
@pytest.mark.parametrize("name", NAMES)
def test_on_aws_she_goes_and_her_namesakes_stay(column: str, name: str) -> None:
    cloud = Cloud()
    her = asked(column, name, "project-a", NOW_MS)
    others = [one for one in PERSON_COLUMNS if one != column]
    cloud.deliver([cloud_event(1, **{"customer_identifier": None, column: name})])
    cloud.deliver([cloud_event(n, **{"customer_identifier": None, one: name})
                   for n, one in enumerate(others, 2)])  # fmt: skip
    cloud.now_ms = NOW_MS + 30 * 60_000
    cloud.run()
    cloud.erasures.add(her)
    empty = refuse(cloud, '{"a": ""}')

    cloud.run()
    later(cloud, 2 * SNAPSHOT_AGE_MS)
    cloud.run()

    assert {int(one["event_id"], 16) for one in cloud.athena.cold()} == {2, 3, 4}
    lines = b"".join(gzip.decompress(cloud.bucket.objects[key][0]) for key in cloud.hot_keys())
    assert lines.count(b"\n") == 3
    assert not cloud.erasures.to_erase()
    assert empty in cloud.bucket.objects  # the empty text stands in it, and names nobody
    cloud.deliver([cloud_event(9, **{"customer_identifier": None, column: name,
                                     "received_ms": NOW_MS})], arrived_ms=cloud.now_ms)  # fmt: skip
    later(cloud, 30 * 60_000)
    cloud.run()
    assert {int(one["event_id"], 16) for one in cloud.athena.cold()} == {2, 3, 4}


@pytest.mark.parametrize("column", PERSON_COLUMNS)
@pytest.mark.parametrize("place", ["cold", "hot", "refused"])
def test_after_a_restore_her_name_is_found_by_its_hash(
    tmp_path: Path, column: str, place: str
) -> None:
    data, source = tmp_path / "restored", tmp_path / "later"
    source.mkdir()
    if place == "refused":
        line = refused.encode(row(1, project_id="p1", payload='{"a": "u-1"}')).data
        target = data / "refused" / "dt=2026-01-01" / "hm=0000"
        target.mkdir(parents=True)
        (target / "a.json.gz").write_bytes(gzip.compress(line))
    else:
        deliver(data, NOON_MS, namesakes(column, "u-1"))
    if place == "cold":
        compact(data, after(2), after(2))
    with closing(store(source)) as kept:
        kept.add(asked(column, "u-1"))
        kept.mark_erased(asked(column, "u-1"), after(11))

    again(data, [source])

    with closing(store(data)) as kept:
        (one,) = kept.to_erase()
    assert (one.customer_identifier, one.column) == ("u-1", column)
