"""Damage in the middle of the journal, the books and the spill: what follows it is not lost."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.records import Record
from openbunker.sinks.firehose import FirehoseSink
from openbunker_local.stream import damaged, frames, spill
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.frames import HEADER, Gap
from openbunker_local.stream.replayer import Replayer
from openbunker_local.stream.spill import FolderSpill
from openbunker_local.stream.stream import EmbeddedStream
from openbunker_local.stream.undelivered import framed, unreadable, waiting
from tests.support.embedded import NEVER, Clock, journal_files, lines, numbers

PAYLOADS = st.lists(
    st.binary(min_size=1, max_size=40).map(lambda b: b.replace(b"\0", b"x")), min_size=1, max_size=8
)
REST = b'{"n":1}\n'


def scanned(content: bytes) -> list[bytes | Gap]:
    return list(frames.scan(io.BytesIO(content), len(content)))


@given(payloads=PAYLOADS, data=st.data())
def test_a_flipped_bit_costs_one_frame_and_no_other(
    payloads: list[bytes], data: st.DataObject
) -> None:
    """Wherever it is: in a length, in a checksum or in a payload."""
    content = bytearray(frames.frames(payloads))
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8

    found = scanned(bytes(content))

    ends = [sum(HEADER.size + len(one) for one in payloads[: n + 1]) for n in range(len(payloads))]
    hit = next(n for n, end in enumerate(ends) if bit // 8 < end)
    assert [one for one in found if isinstance(one, bytes)] == [
        one for n, one in enumerate(payloads) if n != hit
    ]
    assert sum(one.size for one in found if isinstance(one, Gap)) == HEADER.size + len(
        payloads[hit]
    )


@given(payloads=PAYLOADS, first=st.integers(0, 200), size=st.integers(1, 200))
def test_a_zeroed_region_costs_the_frames_it_touches(
    payloads: list[bytes], first: int, size: int
) -> None:
    content = bytearray(frames.frames(payloads))
    content[first : first + size] = bytes(len(content[first : first + size]))
    untouched, at = [], 0
    for one in payloads:
        whole = frames.frames([one])
        if content[at : at + len(whole)] == whole:  # some of its bytes were zero before
            untouched.append(one)
        at += len(whole)

    assert [one for one in scanned(bytes(content)) if isinstance(one, bytes)] == untouched


@pytest.mark.parametrize("tail", [b"\0\0", bytes(4096), frames.frames([REST])[:-3]])
def test_an_end_that_a_crash_may_have_left_is_no_loss(tmp_path: Path, tail: bytes) -> None:
    folder = tmp_path / damaged.FOLDER
    losses = damaged.Losses(tmp_path)
    assert not losses()
    folder.mkdir(parents=True)
    (folder / "a.journal").write_bytes(frames.frames([REST]) + tail)
    assert not losses()
    whole = bytearray(frames.frames([REST, REST]))
    whole[-1] ^= 1
    (folder / "b.journal").write_bytes(whole)
    (folder / "c.journal").write_bytes(frames.frames([REST]) + tail + frames.frames([REST]))
    assert losses() == {f"stream/damaged/{name}.journal" for name in "bc"}
    (folder / "b.journal").unlink()
    assert losses() == {"stream/damaged/c.journal"}


def test_frames_after_a_damaged_one_are_delivered_and_the_file_is_kept(tmp_path: Path) -> None:
    clock = Clock()
    stream = EmbeddedStream(tmp_path, now_ms=clock.now_ms, deliver_after_seconds=NEVER)
    stream.put_record_batch(list(numbers(5)))
    (segment,) = journal_files(tmp_path)
    content = bytearray(segment.read_bytes())
    content[HEADER.size + 2] ^= 1
    segment.write_bytes(content)

    assert framed(segment) == b"".join(list(numbers(5))[1:])
    assert unreadable(tmp_path)
    stream.close()

    assert lines(tmp_path) == [line.rstrip() for line in list(numbers(5))[1:]]
    (kept,) = damaged.files(tmp_path)
    assert (kept.name, kept.read_bytes()) == (segment.name, bytes(content))
    assert not unreadable(tmp_path)


@pytest.mark.parametrize("name", ["0a.frames", "0a.jsonl"])
def test_a_damaged_spill_file_gives_what_it_has_and_is_kept(tmp_path: Path, name: str) -> None:
    """Also one of an earlier release, which has no checksum: its lines must be JSON."""
    (tmp_path / "spill").mkdir()
    framing = name.endswith("frames")
    good = frames.frames([REST] * 3) if framing else REST * 3
    bad = bytearray(good)
    bad[len(good) // 3 + HEADER.size * framing] = ord("x")
    (tmp_path / "spill" / name).write_bytes(bad)
    assert [text for _, _, text in waiting(tmp_path)] == [REST * 2]

    stream = EmbeddedStream(tmp_path)
    sink = FirehoseSink(stream, lambda: 0.0, lambda _: None, lambda: 0.0)
    folder = FolderSpill(tmp_path, Disk(), lambda: "0b")
    assert Replayer(folder, sink, stream.flush, lambda: 0.0, lambda: 0.0).replay() is True
    stream.close()

    assert lines(tmp_path) == [REST.strip()] * 2
    assert [path.read_bytes() for path in damaged.files(tmp_path)] == [bytes(bad)]
    assert spill.files(tmp_path) == []


def test_what_an_earlier_release_has_spilled_is_replayed(tmp_path: Path) -> None:
    (tmp_path / "spill").mkdir()
    (tmp_path / "spill" / "0a.jsonl").write_bytes(REST * 2)
    folder = FolderSpill(tmp_path, Disk(), lambda: "0b")
    folder.publish([Record(b'{"n":2}\n')])

    old, new = (folder.read(path) for path in folder.waiting())

    assert (len(old.records), old.whole) == (2, True)
    assert new == spill.Spilled([Record(b'{"n":2}\n')], whole=True)
