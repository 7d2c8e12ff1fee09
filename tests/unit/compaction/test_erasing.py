"""Customers erased for real: the rows, the objects, the old snapshots, and what comes too late."""

import gzip
from typing import Any

import pytest

from openbunker.compaction import planning
from openbunker.compaction.erasing import SNAPSHOT_AGE_MS
from openbunker.core import layout
from openbunker.core.refused_rows import Refused, encode
from openbunker.core.times import MINUTE_MS
from openbunker.erasure.hashing import hash_of
from openbunker.erasure.model import Erasure
from tests.support.query.lake import NOW_MS, event
from tests.unit.compaction.cloud import Cloud

NAME = "Ada O'Neil"


def erasure(number: int = 1, **fields: Any) -> Erasure:
    values: dict[str, Any] = {
        "erasure_id": f"{number:032x}",
        "project_id": "project-a",
        "customer_identifier": NAME,
        "requested_ms": NOW_MS,
        "key_id": "delete-1",
    }
    values |= fields
    mark = hash_of(values["project_id"], values["customer_identifier"])
    return Erasure(**{"customer_hash": mark, **values})


def hers(number: int, **fields: Any) -> Any:
    return event(number, **{"customer_identifier": NAME, **fields})


def left(cloud: Cloud) -> set[int]:
    return {int(row["event_id"], 16) for row in cloud.athena.cold()}


def later(cloud: Cloud, ms: int) -> None:
    cloud.now_ms += ms


def refuse(cloud: Cloud, payload: str, project: str = "project-a") -> str:
    row = Refused(
        project_id=project, refused_id="0" * 32, dialect="segment", route="POST /v1/track",
        key_id="k", reason="invalid_schema", message="m", received_ms=NOW_MS - MINUTE_MS,
        payload=payload, payload_bytes=len(payload), field=None, item=None,
    )  # fmt: skip
    key = layout.refused_prefix(row.received_ms) + f"{len(cloud.bucket.objects)}.json.gz"
    cloud.bucket.objects[key] = (gzip.compress(encode(row).data), NOW_MS)
    return key


def test_a_customer_goes_from_the_table_and_from_every_object() -> None:
    cloud = Cloud()
    cloud.deliver([hers(1), event(2), event(3, customer_identifier="Ada"),
                   hers(4, project_id="project-b")])  # fmt: skip
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.run()
    named, other = refuse(cloud, f'{{"who": "{NAME}"}}'), refuse(cloud, '{"who": "Bob"}')
    refuse(cloud, f'{{"who": "{NAME}"}}', "project-b")
    cloud.erasures.add(erasure())

    cloud.run()

    assert left(cloud) == {2, 3, 4}
    assert named not in cloud.bucket.objects
    assert other in cloud.bucket.objects
    hot = [gzip.decompress(cloud.bucket.objects[key][0]) for key in cloud.hot_keys()]
    assert len(hot) == 3
    assert not any(NAME.encode() in data and b"project-a" in data for data in hot)
    assert not cloud.erasures.erasures[("project-a", f"{1:032x}")].erased_ms


def test_it_is_marked_once_the_old_snapshots_are_gone() -> None:
    cloud = Cloud()
    cloud.deliver([hers(1)])
    cloud.erasures.add(erasure())
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.run()
    taken_out_ms = cloud.now_ms
    later(cloud, SNAPSHOT_AGE_MS - 1)
    cloud.run()
    assert cloud.erasures.to_erase()
    cloud.athena.texts.clear()
    later(cloud, MINUTE_MS)

    cloud.run()

    (done,) = cloud.erasures.every()
    assert "VACUUM cold_events" in cloud.athena.texts
    assert done.erased_ms
    assert done.erased_ms > taken_out_ms + SNAPSHOT_AGE_MS
    cloud.athena.texts.clear()
    cloud.run()
    assert not [text for text in cloud.athena.texts if text.startswith(("DELETE", "VACUUM"))]


def test_nobody_is_called_erased_while_the_bucket_keeps_old_versions() -> None:
    cloud = Cloud()
    cloud.deliver([hers(1)])
    cloud.erasures.add(erasure())
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.run()
    cloud.bucket.versioned = True
    later(cloud, SNAPSHOT_AGE_MS + 1)
    cloud.erasures.add(erasure(2, customer_identifier="Bob", requested_ms=NOW_MS + 1))

    cloud.run()

    assert "old versions" in cloud.lines[-1]["why"]
    assert len(cloud.erasures.to_erase()) == 2
    # Whoever waits is worked on all the same, and is `erased` once the versions are gone.
    assert not cloud.lines[-1].get("erasing")
    cloud.bucket.versioned = False
    later(cloud, SNAPSHOT_AGE_MS + 1)
    cloud.run()
    assert not cloud.erasures.to_erase()


def test_rows_of_hers_never_become_cold_even_late() -> None:
    """What a spill held for days; what she does after the request is a new beginning."""
    cloud = Cloud()
    cloud.erasures.add(erasure())
    cloud.deliver([hers(1), event(2)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.run()
    assert left(cloud) == {2}
    later(cloud, 2 * SNAPSHOT_AGE_MS)
    cloud.run()
    assert not cloud.erasures.to_erase()

    cloud.deliver([hers(3, received_ms=NOW_MS)], arrived_ms=cloud.now_ms)
    cloud.deliver([hers(4, received_ms=NOW_MS + 1)], arrived_ms=cloud.now_ms)
    later(cloud, 30 * MINUTE_MS)
    cloud.run()

    assert left(cloud) == {2, 4}


def test_an_erasure_waits_until_the_minutes_before_it_are_cold() -> None:
    cloud = Cloud()
    cloud.deliver([hers(1)])
    cloud.erasures.add(erasure(requested_ms=NOW_MS + 30 * MINUTE_MS))
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS

    cloud.run()

    assert not [text for text in cloud.athena.texts if text.startswith("DELETE")]
    assert left(cloud) == set()


def test_work_that_athena_does_in_parts_is_done_to_the_end() -> None:
    more = {"State": "FAILED", "StateChangeReason": "ICEBERG_OPTIMIZE_MORE_RUNS_NEEDED"}
    cloud = Cloud()
    cloud.deliver([hers(1)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.run()
    cloud.erasures.add(erasure())
    cloud.athena.texts.clear()
    cloud.athena.fails["OPTIMIZE"] = [more, more]

    assert cloud.run()["erasure"] == "done"

    assert [text.split()[0] for text in cloud.athena.texts].count("OPTIMIZE") == 3


def test_a_store_that_is_down_postpones_and_loses_nothing() -> None:
    cloud = Cloud()
    cloud.deliver([hers(1), event(2)])
    cloud.erasures.add(erasure())
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.erasures.down = True
    assert "ErasureStoreUnavailable" in cloud.run()["why"]
    assert left(cloud) == set()
    cloud.erasures.down = False

    assert cloud.run()["compaction"] == "done"
    assert left(cloud) == {2}


def test_an_erasure_that_was_cut_short_is_taken_up_again() -> None:
    cloud = Cloud()
    cloud.deliver([hers(1), event(2)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.run()
    cloud.erasures.add(erasure())
    failed = {"State": "FAILED", "StateChangeReason": "ICEBERG_COMMIT_ERROR"}
    for verb in ("DELETE", "OPTIMIZE"):
        cloud.athena.fails[verb] = [failed]
        assert cloud.run()["erasure"] == "postponed"

    cloud.run()
    later(cloud, 2 * SNAPSHOT_AGE_MS)
    cloud.run()

    assert left(cloud) == {2}
    assert not cloud.erasures.to_erase()


def test_no_batch_begins_while_too_many_are_taken_out_and_the_oldest_goes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Compaction has room for so many whose rows it leaves out, the oldest first."""
    monkeypatch.setattr(planning, "MAX_GONE", 1)
    monkeypatch.setattr(planning, "MAX_TAKEN_OUT", 0)
    cloud = Cloud()
    cloud.deliver([hers(1), event(2, customer_identifier="Bob")])
    cloud.erasures.add(erasure(1, requested_ms=NOW_MS + 1))
    cloud.erasures.add(erasure(2, customer_identifier="Bob"))
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS

    for waiting in (2, 1, 0):
        assert cloud.run()["erasures_waiting"] == waiting
        later(cloud, SNAPSHOT_AGE_MS + MINUTE_MS)

    first, second = sorted(cloud.erasures.every(), key=lambda one: one.erased_ms or 0)
    assert (int(first.erasure_id, 16), int(second.erasure_id, 16)) == (2, 1)
