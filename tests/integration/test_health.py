"""What /health tells while events are delivered and compacted."""

from pathlib import Path

from openbunker.core.times import MINUTE_MS
from openbunker_local.cold.manifest import FILE
from openbunker_local.compaction.run import compact
from openbunker_local.server.state.health import COUNTED_FOR_MS, Health
from tests.support.query.lake import NOW_MS, deliver, event

LATER_MS = NOW_MS + 2 * MINUTE_MS


class Ticking:
    def __init__(self) -> None:
        self.now = LATER_MS

    def __call__(self) -> int:
        return self.now


def test_it_counts_what_is_hot_and_tells_what_is_cold(tmp_path: Path) -> None:
    clock = Ticking()
    health = Health(tmp_path, clock, lambda: LATER_MS - 250)
    fresh = {"status": "ok", "causes": [], "fresh_to_ms": LATER_MS - 250}
    assert health() == fresh | {"lag_ms": 250, "compacted_to_ms": 0, "hot_objects": 0}

    deliver(tmp_path, [event(n) for n in range(7)])
    assert health()["hot_objects"] == 0  # counted a moment ago

    clock.now += COUNTED_FOR_MS
    assert health()["hot_objects"] == 3
    compact(tmp_path, LATER_MS, LATER_MS)

    clock.now += COUNTED_FOR_MS
    told = health()
    assert (told["hot_objects"], told["compacted_to_ms"]) == (0, LATER_MS)
    assert told["lag_ms"] == 250 + 2 * COUNTED_FOR_MS


def test_a_broken_manifest_is_told(tmp_path: Path) -> None:
    (tmp_path / "cold").mkdir()
    (tmp_path / "cold" / FILE).write_text("{", encoding="utf-8")

    told = Health(tmp_path, Ticking(), lambda: 0)()

    assert (told["status"], told["compacted_to_ms"], told["hot_objects"]) == ("ok", None, None)
