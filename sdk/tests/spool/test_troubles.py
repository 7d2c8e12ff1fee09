"""A disk, a folder and other users that do what they like: no event is lost, nobody is stopped."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openbunker_client import Client
from openbunker_client.delivery.segment import Segment
from sdk.tests.simulated import Clock, Collector, Driven, Gate, files
from sdk.tests.spool.test_spool import BODIES, died, found_in, left_by, spool


def fails(*_: object, **__: object) -> int:
    raise OSError(28, "No space left on device")


class Opened:
    """The descriptors that a call returned, and of which file each was: numbers are used again."""

    def __init__(self, call: Callable[..., int]) -> None:
        self._call = call
        self.found: list[tuple[int, int]] = []

    def __call__(self, *given: Any) -> int:
        descriptor = self._call(*given)
        self.found.append((descriptor, os.fstat(descriptor).st_ino))
        return descriptor

    def still(self) -> int:
        """Return how many of them are open."""
        return sum(_is_open(*one) for one in self.found)


def _is_open(descriptor: int, file: int) -> bool:
    try:
        return os.fstat(descriptor).st_ino == file
    except OSError:
        return False


def test_a_file_that_cannot_be_read_keeps_no_program_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One of another user's, say; a folder stands for it, since root may read everything."""
    path = left_by(tmp_path)
    path.with_name(path.name[:9] + "0-other.events").mkdir()
    assert found_in(tmp_path) == BODIES
    assert "cannot be taken over" in caplog.text


def test_a_folder_that_cannot_be_made_is_told_at_construction(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Not a directory"):
        Client("key", "http://h", spool=tmp_path / "file/spool")


def test_a_folder_that_was_cleared_away_is_made_again(tmp_path: Path) -> None:
    one = spool(tmp_path / "spool")
    one.append(BODIES[0], room=True)
    died(one)
    assert len(files(tmp_path / "spool")) == 2


def test_a_forked_child_whose_folder_is_gone_begins_empty(tmp_path: Path) -> None:
    clock = Clock()
    collector = Collector(clock)
    client = Driven(collector, clock, spool=tmp_path / "spool")
    client.track("parents", "a")
    (tmp_path / "spool").rename(tmp_path / "other")
    (tmp_path / "spool").touch()
    client.engine.forked()
    client.track("childs", "b")
    client.run()
    assert collector.names == ["childs"]


def test_a_full_disk_is_told_without_drowning_the_log_and_left_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    client = Driven(Collector(clock), clock, spool=tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", fails)
        for at in range(100):
            client.track("good", str(at))
    assert len(caplog.records) == 7
    assert "64 event(s) are in memory only" in caplog.records[-1].getMessage()
    client.track("good", "written")
    client.engine.forked()
    assert b"written" in found_in(tmp_path)[0]


def test_a_second_file_that_cannot_be_made_costs_no_descriptor_and_leaves_no_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Opened(os.open)

    def full(path: Path, *more: int) -> int:
        return fails() if str(path).endswith(".ack") else opened(path, *more)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", full)
        for _ in range(3):
            with pytest.raises(OSError, match="No space"):
                spool(tmp_path).append(BODIES[0], room=True)
    assert len(opened.found) >= 3
    assert (opened.still(), files(tmp_path)) == (0, [])


def test_a_sync_that_lacks_descriptors_keeps_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, dup = spool(tmp_path, max_segment=1), Opened(os.dup)
    for found in BODIES[:2]:
        one.append(found, room=True)

    def second_fails(fd: int) -> int:
        return fails() if dup.found else dup(fd)

    monkeypatch.setattr(os, "dup", second_fails)
    with pytest.raises(OSError, match="No space"):
        one.begin_sync()
    assert (len(dup.found), dup.still()) == (1, 0)
    assert one.dirty
    died(one)


def test_a_file_that_cannot_be_removed_is_told_and_let_go_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opened, clock = Opened(os.open), Clock()
    monkeypatch.setattr(os, "open", opened)
    client = Driven(Collector(clock), clock, spool=tmp_path)
    client.track("good", "a")
    client.run()
    monkeypatch.setattr(Path, "unlink", fails)
    assert client.engine.close(0) == (1, 0, 0, 0)
    assert "cannot be removed" in caplog.text
    assert opened.found
    assert opened.still() == 0
    monkeypatch.undo()
    assert found_in(tmp_path) == []


def test_a_death_while_a_file_is_removed_sends_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, unlink = left_by(tmp_path), Path.unlink
    one = spool(tmp_path)
    one.take_over()
    fed = one.feed(10)

    def dies_between(gone: Path, **more: bool) -> None:
        unlink(gone, **more)
        raise OSError("died here")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", dies_between)
        one.settle(fed)
    assert files(tmp_path) == [path.with_suffix(".ack").name]
    assert found_in(tmp_path) == []
    assert files(tmp_path) == []


@pytest.mark.parametrize("name", ["append", "settle", "read"])
def test_what_a_signal_handler_tracks_in_the_midst_of_a_write_is_written_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    clock = Clock()
    collector = Collector(clock)
    client = Driven(collector, clock, spool=tmp_path, max_queue_size=1)
    method: Callable[..., object] = getattr(Segment, name)
    interrupted: list[bool] = []

    def interrupting(*arguments: object, **more: object) -> object:
        if not interrupted:
            interrupted.append(True)
            assert client.track("good", "handlers")
        return method(*arguments, **more)

    monkeypatch.setattr(Segment, name, interrupting)
    for at in range(5):
        client.track("good", str(at))
    client.run()
    assert client.engine.report() == (6, 0, 0, 0)
    assert set(collector.arrived) == {"handlers", *map(str, range(5))}
    client.engine.close(0)
    assert files(tmp_path) == []


def test_what_a_close_leaves_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    client = Driven(Collector(clock, ["503"] * 9), clock, spool=tmp_path)
    client.track("good", "a")
    assert client.engine.close(0).pending == 1
    assert "1 event(s) stay in the spool" in caplog.text


def test_an_answer_after_close_leaves_the_spool_alone(tmp_path: Path) -> None:
    gate = Gate()
    one = Client("key", "http://collector.test", transport=gate, spool=tmp_path)
    one.track("good")
    assert one.close(0.01) == (0, 0, 1, 0)
    gate.open.set()
    thread = one._engine._thread
    assert thread is not None
    thread.join(30)
    assert one.report() == (0, 0, 1, 0)
    with Client("key", "http://collector.test", transport=gate, spool=tmp_path) as next_one:
        assert next_one.flush() == (1, 0, 0, 0)
    assert set(gate.collector.arrived.values()) == {2}  # the server knows it by its id
