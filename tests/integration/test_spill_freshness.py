"""A question is not told to be fresher than the oldest event that still lies in the spill."""

from pathlib import Path

from openbunker.core import ids
from openbunker.core.records import Record
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.spill import FolderSpill, oldest_ms


def test_the_oldest_waiting_file_tells_when_it_was_spilled(tmp_path: Path) -> None:
    """None waits before the first and after the last; what was never finished does not count."""
    times = iter([1_767_323_045_000, 1_767_323_046_000])
    spill = FolderSpill(tmp_path, Disk(), lambda: ids.new_id(next(times)))
    assert oldest_ms(tmp_path) is None
    for _ in range(2):
        spill.publish([Record(b"{}\n")])
    (tmp_path / "spill" / ".0.jsonl.part").write_bytes(b"{")
    first, second = spill.waiting()
    assert oldest_ms(tmp_path) == 1_767_323_045_000
    spill.forget(first)
    assert oldest_ms(tmp_path) == 1_767_323_046_000
    spill.forget(second)
    assert oldest_ms(tmp_path) is None
