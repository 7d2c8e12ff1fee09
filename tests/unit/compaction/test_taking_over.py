"""What an earlier release kept of erasures in compaction's state is taken over, once, as it stands.

The state below was written by the release of 27 November 2026, in which one function did both: one
customer is taken out, another one's batch is in the middle of OPTIMIZE.
"""

import json

import pytest

from openbunker.compaction.erasing import SNAPSHOT_AGE_MS
from openbunker.compaction.store import erasing_state
from openbunker.compaction.store import state as states
from openbunker.core import layout
from openbunker.core.times import MINUTE_MS
from tests.support.query.lake import NOW_MS, event
from tests.unit.compaction.cloud import Cloud
from tests.unit.compaction.test_erasing import erasure, hers, left

OLD = (
    b'{"batch": {"after": "", "batch_id": "00000000000000000000000000000008", "days": '
    b'["2026-11-20"], "erasures": ["00000000000000000000000000000002"], "stage": "optimize", '
    b'"tries": 3}, "compacted_to_ms": 1795220100000, "erasing": '
    b'{"00000000000000000000000000000001": 1795221000000}, "listed_ms": 1795221000000, '
    b'"optimized_ms": 1795221000000, "pending": null, "v": 1, "vacuumed_ms": 1795221000000}'
)
FIRST, SECOND = f"{1:032x}", f"{2:032x}"


def updated() -> Cloud:
    """A stack just after the update: both are out of the table, and none of it says so but OLD."""
    cloud = Cloud()
    cloud.deliver([hers(1), event(2), event(3, customer_identifier="Bob")])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.compact()
    cloud.athena.database.execute("DELETE FROM cold_events WHERE customer_identifier IS NOT NULL")
    for number, name in ((1, "Ada O'Neil"), (2, "Bob")):
        cloud.erasures.add(erasure(number, customer_identifier=name))
    cloud.bucket.objects[layout.COMPACTION_STATE] = (OLD, cloud.now_ms)
    cloud.athena.texts.clear()
    cloud.now_ms += 15 * MINUTE_MS
    return cloud


def kept(cloud: Cloud) -> states.State:
    return states.loads(cloud.bucket.objects[layout.COMPACTION_STATE][0])


@pytest.mark.parametrize("order", ["compact erase", "erase compact", "compact compact erase"])
def test_a_batch_goes_on_where_it_was_and_whoever_was_taken_out_waits_no_longer(order: str) -> None:
    cloud = updated()
    for function in order.split():
        assert getattr(cloud, function)()["erasure" if function == "erase" else "compaction"]

    began = [text.split()[0] for text in cloud.athena.texts if "2026-11-20" in text]
    assert "DELETE" not in began  # it was done before
    assert "00000000000000000000000000000008-0003" in cloud.athena._tokens
    assert erasing_state.loads(cloud.bucket.objects[layout.ERASING_STATE][0]).erasing.keys() == {
        FIRST,
        SECOND,
    }
    cloud.now_ms = 1795221000000 + SNAPSHOT_AGE_MS + MINUTE_MS
    cloud.run()
    assert [one.erasure_id for one in cloud.erasures.to_erase()] == [SECOND]
    cloud.now_ms += SNAPSHOT_AGE_MS
    cloud.run()
    assert not cloud.erasures.to_erase()
    assert left(cloud) == {2}


def test_compaction_keeps_it_until_it_is_taken_over_and_forgets_it_then() -> None:
    cloud = updated()
    cloud.compact()
    old = states.loads(OLD)
    assert (kept(cloud).batch, kept(cloud).erasing) == (old.batch, old.erasing)
    assert kept(cloud).compacted_to_ms > old.compacted_to_ms
    cloud.erase()
    cloud.compact()
    assert (kept(cloud).batch, kept(cloud).erasing) == (None, {})


def test_a_reader_of_the_earlier_release_finds_the_cut() -> None:
    """It knows these names and refuses others: while a stack is updated, both read."""
    cloud = updated()
    for _ in range(2):
        cloud.run()
        written = json.loads(cloud.bucket.objects[layout.COMPACTION_STATE][0])
        assert set(written) <= set(json.loads(OLD)) | {"joining", "vacuuming"}
        assert written["v"] == json.loads(OLD)["v"]


def test_what_was_taken_over_is_not_taken_over_again() -> None:
    cloud = updated()
    cloud.erase()
    before = cloud.bucket.objects[layout.ERASING_STATE][0]
    cloud.bucket.objects[layout.COMPACTION_STATE] = (OLD, cloud.now_ms)
    cloud.erase()
    assert cloud.bucket.objects[layout.ERASING_STATE][0] == before


def test_a_state_of_erasing_is_read_as_it_was_written() -> None:
    batch = states.Batch(batch_id="b", erasures=("x",), stage="delete", days=("2026-11-20",))
    task = states.Task(task_id="t", begun_ms=5, tries=2, failed=True)
    look = erasing_state.Look(erasures=("x",), since_ms=5, place="damaged/hot/", after="k")
    for given in (
        erasing_state.ErasingState(),
        erasing_state.ErasingState(erasing={"a": 1}, batch=batch),
        erasing_state.ErasingState(vacuuming=task),
        erasing_state.ErasingState(look=look),
    ):
        assert erasing_state.loads(erasing_state.dumps(given)) == given


@pytest.mark.parametrize("data", [b"[]", b'{"v": 2}', b'{"v": 1}', b'{"v": 1, "batch": {}}'])
def test_what_is_no_state_of_erasing_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="state of erasing"):
        erasing_state.loads(data)
