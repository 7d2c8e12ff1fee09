"""Spilled on one machine: on the disk before the answer, in the stream soon after, unchanged."""

import errno
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.records import Record
from openbunker.core.verdict import Delivery, Fate
from openbunker.sinks.firehose import FirehoseSink
from openbunker_local.stream.replayer import BASE_SECONDS, CAP_SECONDS, Backoff, Replayer
from openbunker_local.stream.spill import FolderSpill
from openbunker_local.stream.stream import EmbeddedStream
from tests.support.embedded import FULL, FailingDisk, lines, numbers

NEVER = 3_600.0
SPILLED = Delivery(Fate.SPILLED)


def names() -> Callable[[], str]:
    count = iter(range(1_000_000))
    return lambda: f"{next(count):032x}"


def folder(data: Path, disk: FailingDisk | None = None) -> FolderSpill:
    return FolderSpill(data, disk or FailingDisk(), names())


def replayer(spill: FolderSpill, stream: EmbeddedStream) -> Replayer:
    sink = FirehoseSink(stream, lambda: 0.0, lambda _: None, lambda: 0.0)
    return Replayer(spill, sink, stream.flush, lambda: 0.0, lambda: 0.0)


def spilled(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "spill").iterdir())


def test_a_spilled_record_reaches_the_stream_unchanged(tmp_path: Path) -> None:
    """Bytes kept, files gone, oldest first."""
    spill = folder(tmp_path)
    sent = list(numbers(5))
    for line in sent:
        assert spill.publish([Record(line)]) == [SPILLED]
    stream = EmbeddedStream(tmp_path)
    assert replayer(spill, stream).replay() is True
    stream.close()
    assert lines(tmp_path) == [line.rstrip() for line in sent]
    assert spilled(tmp_path) == []


def test_what_the_stream_refuses_stays_spilled(tmp_path: Path) -> None:
    """The pass stops at the first file that the stream does not take; the next pass has it."""
    refusing = True
    stream = EmbeddedStream(
        tmp_path, faults=lambda records: range(len(records)) if refusing else ()
    )
    spill = folder(tmp_path)
    spill.publish([Record(line) for line in numbers(3)])
    worker = replayer(spill, stream)
    assert worker.replay() is False
    assert len(spilled(tmp_path)) == 1
    refusing = False
    assert worker.replay() is True
    stream.close()
    assert len(lines(tmp_path)) == 3


def test_a_start_replays_what_an_earlier_run_left_and_an_end_drains(tmp_path: Path) -> None:
    """The thread needs no word for it, and `close` leaves nothing that the stream would take."""
    folder(tmp_path).publish([Record(line) for line in numbers(3)])
    stream = EmbeddedStream(tmp_path)
    worker = replayer(folder(tmp_path), stream)
    worker.start()
    worker.close()
    stream.close()
    assert len(lines(tmp_path)) == 3
    assert spilled(tmp_path) == []


def test_an_end_without_a_stream_leaves_the_files(tmp_path: Path) -> None:
    """A shut stream takes nothing: they wait for the next start."""
    stream = EmbeddedStream(tmp_path)
    spill = folder(tmp_path)
    worker = replayer(spill, stream)
    stream.close()
    spill.publish([Record(b"x\n")])
    worker.start()
    worker.close()
    assert len(spilled(tmp_path)) == 1


def test_a_file_stays_until_its_records_can_be_seen(tmp_path: Path) -> None:
    """Its name holds `fresh_to` back; and what the stream has is not brought there again."""
    disk = FailingDisk()
    stream = EmbeddedStream(tmp_path, disk=disk, deliver_after_seconds=NEVER)
    spill = folder(tmp_path)
    spill.publish([Record(line) for line in numbers(3)])
    worker = replayer(spill, stream)
    disk.failing["publish"] = FULL
    for _ in range(3):
        assert worker.replay() is False
        assert len(spilled(tmp_path)) == 1
    disk.failing.clear()
    assert worker.replay() is True
    assert len(lines(tmp_path)) == 3
    assert spilled(tmp_path) == []
    stream.close()
    assert len(lines(tmp_path)) == 3


@pytest.mark.parametrize("operation", ["publish", "make_folder"])
@pytest.mark.parametrize("number", [FULL, errno.EROFS, errno.EIO])
def test_a_disk_that_refuses_is_a_retry_and_leaves_nothing(
    tmp_path: Path, operation: str, number: int
) -> None:
    """Neither half a file nor one that would be replayed although its sender was told 503."""
    disk = FailingDisk()
    spill = folder(tmp_path, disk)
    disk.failing[operation] = number
    (delivery,) = spill.publish([Record(b"x\n")])
    if operation == "publish":
        assert delivery.fate is Fate.RETRY
        assert delivery.detail == errno.errorcode[number]
        assert spilled(tmp_path) == []
    else:
        assert delivery == SPILLED


def test_half_written_files_of_a_crash_are_no_records(tmp_path: Path) -> None:
    """A hidden part was never answered; it is removed at the start."""
    (tmp_path / "spill").mkdir()
    (tmp_path / "spill" / ".0.jsonl.part").write_bytes(b'{"n":')
    assert folder(tmp_path).waiting() == []
    assert spilled(tmp_path) == []


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40))
def test_the_worker_waits_longer_after_each_failure_up_to_a_cap(fractions: Sequence[float]) -> None:
    """Full jitter, so that nothing beats in step; a success begins anew."""
    given_ = iter([*fractions, 0.5])
    backoff = Backoff(lambda: next(given_))
    for number, fraction in enumerate(fractions):
        ceiling = min(CAP_SECONDS, BASE_SECONDS * 2**number)
        assert backoff.failed() == pytest.approx(fraction * ceiling)
    backoff.worked()
    assert backoff.failed() == BASE_SECONDS / 2
