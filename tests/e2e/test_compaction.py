"""A real server compacts by itself, and ends its compactions with itself."""

import fcntl
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from openbunker_local.cold import manifest
from tests.support.cold import NOON_MS, cold, deliver, event
from tests.support.embedded import objects
from tests.support.server import RunningServer, looks, running_server


def swept(data: Path) -> bool:
    """Return whether objects became cold and were deleted."""
    found = manifest.load(data)
    return bool(found.files) and not found.done


def look_until(server: RunningServer, true: Callable[[], bool]) -> None:
    """Return when it is true; the server answers all the while."""
    for _ in looks():
        server.call("GET", "/health")
        if true():
            return
    raise AssertionError("it never came")


def test_a_server_compacts_what_lies_there_and_then_deletes_it(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1), event(2)], [event(1)])
    with running_server(tmp_path, "--compact", "--compact-interval", "0.05") as server:
        look_until(server, lambda: swept(tmp_path))
        assert objects(tmp_path) == []
        assert sorted(row["event_id"] for row in cold(tmp_path)) == [f"{n:032x}" for n in (1, 2)]
        code, out = server.stop()
    assert code == 0, out
    assert "ERROR" not in out


def test_without_compaction_nothing_is_touched(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1)])
    with running_server(tmp_path, "--no-compact", "--compact-interval", "0.05") as server:
        server.wait_until_visible()
        server.stop()
    assert len(objects(tmp_path)) == 1
    assert manifest.load(tmp_path) == manifest.Manifest()


@pytest.mark.parametrize("how", ["terminate", "kill"])
def test_no_child_outlives_its_server(tmp_path: Path, how: str) -> None:
    """The lock of the cold events is free again: its holder is gone."""
    deliver(tmp_path, NOON_MS, *([event(number)] for number in range(200)))
    with running_server(tmp_path, "--compact", "--compact-interval", "0.05") as server:
        look_until(server, (tmp_path / "cold" / "lock").exists)
        getattr(server.process, how)()
        server.process.wait(30)
    taken = Thread(target=take, args=(tmp_path / "cold" / "lock",), daemon=True)
    taken.start()
    taken.join(30)
    assert not taken.is_alive(), "a compaction still holds the lock"


def take(lock: Path) -> None:
    """Wait until nobody holds a lock."""
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
