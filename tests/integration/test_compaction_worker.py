"""The server's compactions: in a child, when due; a failure is told and hurts nobody."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from openbunker_local.compaction.child import NICENESS
from openbunker_local.compaction.worker import COMMAND, Clocks, Compactor
from openbunker_local.stream.disk import FolderLock
from tests.support.cold import NOON_MS, after, cold, deliver, event, hot
from tests.support.embedded import NEVER, objects

NOW = after(60)
Line = Mapping[str, Any]
# A child that tells a FIFO that it is there, and then works until its input ends.
HANGING = """
import sys
fifo = open(sys.argv[1] + "/fifo", "w")
fifo.write("x")
fifo.flush()
sys.stdin.read()
"""


class Rig:
    """A compactor that is asked by hand, and what it has told."""

    def __init__(
        self, data: Path, command: tuple[str, ...] = COMMAND, interval_seconds: float = NEVER
    ) -> None:
        self.lines: list[Line] = []
        self.finished: list[Line] = []
        self.now = NOW
        clocks = Clocks(lambda: self.now, lambda: self.now)
        self.compactor = Compactor(
            data,
            clocks,
            self.lines.append,
            interval_seconds=interval_seconds,
            command=command,
            finished=self.finished.append,
        )

    def errors(self) -> list[Line]:
        return [line for line in self.lines if line["level"] == "ERROR"]


def test_a_child_compacts_what_is_closed(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1), event(2, dedupe_key="a"), event(3, dedupe_key="a")])
    rig = Rig(tmp_path)
    rig.compactor.once()
    assert len(cold(tmp_path)) == 2
    assert rig.errors() == []
    (told,) = rig.finished
    assert (told["rows"], told["copies"], told["objects"]) == (2, 1, 1)
    assert told["received_days"] == ["2026-01-02"]
    assert rig.lines == [{"level": "INFO", "compacted": told}]
    rig.compactor.once()  # deletes the object
    assert objects(tmp_path) == []
    assert rig.compactor.runs == 2
    rig.compactor.once()  # and then there is nothing to do
    assert (rig.compactor.runs, rig.compactor.failures) == (2, 0)


def test_an_object_that_cannot_be_read_is_told_once_and_asks_for_no_runs(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1)], [event(2)])
    bad = objects(tmp_path)[0]
    bad.write_bytes(b"broken")
    rig = Rig(tmp_path)
    for _ in range(4):
        rig.compactor.once()
    assert (len(rig.errors()), rig.compactor.runs) == (1, 2)
    assert list(rig.errors()[0]["objects"]) == [bad.relative_to(tmp_path).as_posix()]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise SystemExit('no room')", "no room"),
        ('print(\'{"error": "it hurts"}\')', "it hurts"),
        ("", "it said nothing"),
        ("import os; os.kill(os.getpid(), 9)", "it said nothing"),
    ],
)
def test_a_failing_child_is_logged_counted_and_tried_again(
    tmp_path: Path, code: str, reason: str
) -> None:
    deliver(tmp_path, NOON_MS, [event(1)])
    rig = Rig(tmp_path, (sys.executable, "-c", code))
    for failures in (1, 2):
        rig.compactor.once()
        assert rig.compactor.failures == failures
        line = rig.errors()[-1]
        assert reason in line["reason"]
        assert (line["compaction_failures"], line["unexpected"]) == (failures, True)
    assert len(hot(tmp_path)) == 1


def test_a_child_that_cannot_be_started_is_a_failure_and_ends_nothing(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1)])
    rig = Rig(tmp_path, (str(tmp_path / "no-such-program"),))
    rig.compactor.once()
    rig.compactor.once()
    assert rig.compactor.failures == 2
    assert [line["error"] for line in rig.errors()] == ["compaction failed"] * 2
    assert len(hot(tmp_path)) == 1


def test_an_unreadable_manifest_is_a_failure_and_no_compaction(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1)])
    (tmp_path / "cold").mkdir()
    (tmp_path / "cold" / "manifest.json").write_text("{}")
    rig = Rig(tmp_path)
    rig.compactor.once()
    assert "is not a manifest" in rig.errors()[0]["reason"]
    assert len(objects(tmp_path)) == 1


def test_what_the_child_cannot_write_is_told_by_it(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1)])
    (tmp_path / "cold").mkdir()
    (tmp_path / "cold" / "dt=2026-01-02").touch()  # a file where a folder should be
    rig = Rig(tmp_path)
    rig.compactor.once()
    assert rig.errors()[0]["reason"].startswith(("FileExistsError", "NotADirectoryError"))
    assert len(hot(tmp_path)) == 1


def test_another_compaction_is_waited_for_without_an_error(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1)])
    (tmp_path / "cold").mkdir()
    lock = FolderLock(tmp_path / "cold")
    rig = Rig(tmp_path)
    rig.compactor.once()
    assert (rig.lines, rig.compactor.runs) == ([], 0)
    lock.release()
    rig.compactor.once()
    assert rig.compactor.runs == 1


def test_closing_ends_the_child_at_once(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1)])
    os.mkfifo(tmp_path / "fifo")
    rig = Rig(tmp_path, (sys.executable, "-c", HANGING), interval_seconds=0)
    rig.compactor.start()
    with (tmp_path / "fifo").open() as fifo:
        assert fifo.read(1) == "x"
        rig.compactor.close()
        assert fifo.read() == "", "the child still has it open"
    assert rig.lines == []


def test_closing_one_that_never_worked(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.compactor.start()
    rig.compactor.close()
    assert rig.compactor.runs == 0


def test_a_child_ends_when_its_server_is_gone(tmp_path: Path) -> None:
    """Also a server that had no time to say so: the kernel closes the pipe."""
    code = f"""
import sys, threading
from openbunker_local.compaction import child
child.job.work = lambda *_: (print("working", flush=True), threading.Event().wait())
child.main(__import__("pathlib").Path({str(tmp_path)!r}), 0, 0)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    assert process.stdout.readline() == "working\n"
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(
        19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
    )
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    process.stdout.close()
