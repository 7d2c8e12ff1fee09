"""The files of the spool: what is written stays, what is torn is passed over."""

import fcntl
import logging
import os
from pathlib import Path

import pytest

from openbunker_client.delivery.segment import Segment
from openbunker_client.delivery.spool import MAX_SEGMENT, MOST_HELD, Spool
from sdk.tests.simulated import Clock, Collector, Driven, body, files

BODIES = [body("good", f"id-{at}") for at in range(5)]


def spool(folder: Path, client_id: str = "key", max_segment: int = 10_000) -> Spool:
    return Spool(folder, client_id, max_segment=max_segment)


def died(one: Spool) -> None:
    """Let go of the files as the system does for a dead process."""
    one.close(forked=True)


def left_by(folder: Path, bodies: list[bytes] = BODIES) -> Path:
    """Return the file of a process that died with these events unsent."""
    one = spool(folder)
    for found in bodies:
        one.append(found, room=True)
    died(one)
    (path,) = folder.glob("*.events")
    return path


def found_in(folder: Path) -> list[bytes]:
    one = spool(folder)
    count = one.take_over()
    bodies = [item.body for item in one.feed(1000)]
    assert count == len(bodies)
    died(one)
    return bodies


def test_the_next_start_finds_what_a_dead_process_left(tmp_path: Path) -> None:
    left_by(tmp_path)
    assert found_in(tmp_path) == BODIES


def test_a_file_torn_at_any_byte_keeps_every_whole_event(tmp_path: Path) -> None:
    path = left_by(tmp_path, BODIES[:2])
    whole = path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        assert found_in(tmp_path) == BODIES[: sum(end <= size for end in ends)]
        path.write_bytes(whole)


def test_a_damaged_byte_costs_one_event_or_two_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = left_by(tmp_path)
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        found = found_in(tmp_path)
        assert set(found) < set(BODIES)
        assert len(found) >= len(BODIES) - 2  # two if the end of the line was hit
        path.write_bytes(whole)
    assert "torn" in caplog.text


def test_a_process_writes_on_behind_a_torn_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, write = spool(tmp_path), os.write
    one.append(BODIES[0], room=True)
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:20]))
    with pytest.raises(OSError, match="20 of"):
        one.append(BODIES[1], room=True)
    monkeypatch.undo()
    one.append(BODIES[2], room=True)
    died(one)
    assert found_in(tmp_path) == [BODIES[0], BODIES[2]]


def test_a_full_disk_leaves_events_in_memory_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    collector = Collector(clock)
    client = Driven(collector, clock, spool=tmp_path)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    assert client.track("good", "a")
    client.run()
    assert set(collector.stored) == {"a"}
    assert "No space left" in caplog.text


@pytest.mark.parametrize("name", ["pwrite", "dup"])
def test_a_disk_that_fails_later_costs_no_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    clock = Clock()
    collector = Collector(clock)
    client = Driven(collector, clock, spool=tmp_path, batch_timeout=0.0)

    def broken(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, name, broken)
    client.track("good", "a")
    assert client.engine._outbox.due_for_sync(clock()) is None or name != "dup"
    client.run()
    assert client.engine.report() == (1, 0, 0, 0)
    assert "Input/output error" in caplog.text


def test_a_spool_that_cannot_be_read_for_a_while_is_read_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    left_by(tmp_path)
    clock = Clock()
    collector = Collector(clock)
    client = Driven(collector, clock, spool=tmp_path)

    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(Segment, "read", broken)
        assert not client.engine.step()
    assert "cannot be read" in caplog.text
    client.run()
    assert len(collector.stored) == len(BODIES)


def test_a_long_outage_does_not_use_up_the_descriptors(tmp_path: Path) -> None:
    one = spool(tmp_path, max_segment=1)
    for at in range(3 * MOST_HELD):
        one.append(body("good", str(at)), room=False)
    assert len(list(tmp_path.glob("*.events"))) == MOST_HELD
    assert len(one.feed(1000)) == 3 * MOST_HELD
    died(one)


def test_files_that_are_done_are_removed(tmp_path: Path) -> None:
    one = spool(tmp_path, max_segment=150)
    items = [one.append(found, room=True) for found in BODIES]
    assert len(files(tmp_path)) == 4
    one.settle(item for item in items if item)
    assert len(files(tmp_path)) == 2  # the file that is written to and its mark
    one.close()
    assert files(tmp_path) == []


def test_what_is_settled_is_not_sent_again_by_the_next_start(tmp_path: Path) -> None:
    one = spool(tmp_path)
    items = [one.append(found, room=True) for found in BODIES]
    one.settle([item for item in items[:3] if item])
    died(one)
    assert found_in(tmp_path) == BODIES[3:]


def test_an_event_that_is_settled_out_of_order_keeps_those_before_it(tmp_path: Path) -> None:
    one = spool(tmp_path)
    items = [item for found in BODIES if (item := one.append(found, room=True))]
    one.settle([items[0], items[3]])
    died(one)
    assert found_in(tmp_path) == BODIES[1:]


@pytest.mark.parametrize("mark", [b"", b"garbage", b"00000000000000ff 00000000", b"f" * 80])
def test_a_mark_that_cannot_be_trusted_sends_all_again(tmp_path: Path, mark: bytes) -> None:
    path = left_by(tmp_path)
    path.with_suffix(".ack").write_bytes(mark)
    assert found_in(tmp_path) == BODIES


def test_the_files_of_a_living_process_are_left_alone(tmp_path: Path) -> None:
    one, two = spool(tmp_path), spool(tmp_path)
    one.append(BODIES[0], room=True)
    two.append(BODIES[1], room=True)
    assert two.take_over() == 0
    died(one)
    assert two.take_over() == 1
    assert [item.body for item in two.feed(10)] == [BODIES[0]]
    two.close()


def test_a_file_is_taken_over_by_one_of_many(tmp_path: Path) -> None:
    left_by(tmp_path)
    starters = [spool(tmp_path) for _ in range(4)]
    assert sorted(one.take_over() for one in starters) == [0, 0, 0, 5]


def test_very_many_dead_processes_are_taken_over_some_at_a_time(tmp_path: Path) -> None:
    for at in range(3 * MOST_HELD):
        one = spool(tmp_path)
        one.append(body("good", f"id-{at}"), room=True)
        died(one)
    clock = Clock()
    collector = Collector(clock)
    client = Driven(collector, clock, spool=tmp_path, max_segment=MAX_SEGMENT)
    assert client.engine.report().pending == MOST_HELD
    client.run()
    assert len(collector.stored) == 3 * MOST_HELD
    client.engine.close(0)
    assert files(tmp_path) == []


def test_a_file_that_is_removed_while_it_is_claimed_is_no_file(tmp_path: Path) -> None:
    assert Segment.claim(tmp_path / "gone.events") is None


def test_a_file_that_its_holder_removes_before_it_is_locked_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = left_by(tmp_path)
    monkeypatch.setattr(fcntl, "flock", lambda *_: path.unlink())
    assert Segment.claim(path) is None


def test_a_forked_child_leaves_a_file_that_its_parent_still_writes_to(tmp_path: Path) -> None:
    one = spool(tmp_path)
    item = one.append(BODIES[0], room=True)
    assert item is not None
    one.settle([item])
    one.close(forked=True)
    assert len(files(tmp_path)) == 2


def test_clients_of_other_keys_may_share_the_folder(tmp_path: Path) -> None:
    one = spool(tmp_path, "other key")
    one.append(BODIES[0], room=True)
    died(one)
    assert found_in(tmp_path) == []


def test_only_the_owner_may_read_the_events(tmp_path: Path) -> None:
    one = spool(tmp_path / "spool")
    one.append(BODIES[0], room=True)
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "spool").iterdir()} == {0o600}


def test_what_does_not_fit_into_memory_waits_on_disk_in_order(tmp_path: Path) -> None:
    clock = Clock()
    collector = Collector(clock, ["503"] * 20)
    client = Driven(collector, clock, spool=tmp_path, max_queue_size=10, batch_size=4)
    for at in range(300):
        assert client.track(f"good-{at:03}", str(at))  # never waits, never drops
    assert client.engine.report() == (0, 0, 300, 0)
    client.run()
    assert collector.names == [f"good-{at:03}" for at in range(300)]
    assert client.engine.report() == (300, 0, 0, 0)


def test_events_in_the_spool_are_tried_without_end(tmp_path: Path) -> None:
    clock = Clock()
    collector = Collector(clock, ["reset"] * 50)
    client = Driven(collector, clock, spool=tmp_path, max_retries=1)
    client.track("good", "a")
    client.run()
    assert client.engine.report() == (1, 0, 0, 0)


def test_writes_are_synced_once_a_batch_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    clock = Clock()
    client = Driven(Collector(clock), clock, spool=tmp_path, batch_timeout=2.0)
    client.track("good", "a")
    assert client.engine._outbox.due_for_sync(clock()) is None
    clock.now += 2.0
    client.track("good", "b")
    due = client.engine._outbox.due_for_sync(clock())
    assert due is not None
    due()
    assert len(synced) == 1
    clock.now += 2.0
    assert client.engine._outbox.due_for_sync(clock()) is None  # nothing was written since


def test_the_spool_tells_nothing_of_events_in_its_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = left_by(tmp_path, [body("secret", "id")])
    path.write_bytes(path.read_bytes()[:-5])
    found_in(tmp_path)
    assert "torn" in caplog.text
    assert "secret" not in caplog.text
