"""Workers take events in, end, and are replaced; what was answered is there, and counts once."""

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from openbunker_local.server.weight import LARGE_BYTES
from openbunker_local.workers.crew import LEAST_BYTES
from tests.support import shell
from tests.support.server import RunningServer, call, looks, running_server
from tests.support.workers import workers_of

OPTIONS = ("--workers", "1", "--no-compact")
EVENTS = 5
NOTE = "x" * LEAST_BYTES


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path / "data", *OPTIONS) as server:
        worker(server)
        yield server


def worker(server: RunningServer, *, but: int = 0) -> int:
    """Return the worker once there is one that takes requests, another than `but`."""
    path = f"/batch?client_id={server.demo['client_id']}"
    for _ in looks():
        found = workers_of(server.process.pid)
        if found and but not in found:
            before = _turns(found[0])
            with suppress(OSError, HTTPException):  # who was just killed may have it in hand
                server.call("POST", path, f'["{NOTE}"]')
            if _turns(found[0]) > before:
                return found[0]
    raise AssertionError("no worker came")


def _turns(pid: int) -> int:
    """Return how often a process has given up its core by itself: a look at who works."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("voluntary_ctxt"))
    return int(line.split()[1])


def batch(name: str, count: int = 5) -> list[dict[str, object]]:
    return [{"type": "custom", "name": name, "properties": {"n": NOTE}} for _ in range(count)]


def names(server: RunningServer) -> dict[str, int]:
    server.wait_until_visible()
    question = {
        "time_period": "minus_60_minutes",
        "group_by": ["event_name"],
        "computations": [{"function": "count"}],
        "limit": 1000,
    }
    return dict(server.ask(question)["rows"])


def test_what_a_worker_takes_in_is_stored_and_refused_as_ever(server: RunningServer) -> None:
    path = f"/batch?client_id={server.demo['client_id']}"
    sent = [*batch("good", 3), {"type": "custom", "name": 7}]
    answer = server.call("POST", path, sent)
    assert answer.status == 200
    assert [one["status"] for one in answer.body["results"]] == ["success"] * 3 + ["error"]
    unknown = server.call("POST", "/batch?client_id=nobody", sent)
    assert unknown.headers["x-openbunker-reason"] == "unknown_key"
    assert names(server) == {"good": 3}


def test_a_worker_that_is_killed_takes_nothing_along(server: RunningServer) -> None:
    path = f"/batch?client_id={server.demo['client_id']}"
    kept: list[str] = []
    absent: list[str] = []

    def client(number: int) -> None:
        connection = server.connect()
        for turn in range(60):
            name = f"e{number}_{turn}"
            try:
                answer = call(connection, "POST", path, batch(name, EVENTS))
            except (OSError, HTTPException):  # as a server that ends
                connection.close()
                continue
            if answer.status == 503:  # walked nowhere, and nothing of it stored
                assert answer.headers["retry-after"]
                absent.append(name)
                continue
            assert answer.status == 200
            kept.append(name)
        connection.close()

    first = worker(server)
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(client, number) for number in range(4)]
        for _ in looks():
            if len(kept) > 20:
                break
        os.kill(first, signal.SIGKILL)
        for one in running:
            one.result()
    found = names(server)
    assert {name: found.get(name) for name in kept} == dict.fromkeys(kept, EVENTS)
    assert not found.keys() & absent
    assert worker(server, but=first) != first
    assert server.call("POST", path, batch("after")).status == 200


def test_a_worker_that_hangs_is_replaced_and_what_it_held_comes_again(
    server: RunningServer,
) -> None:
    path = f"/batch?client_id={server.demo['client_id']}"
    first = worker(server)
    os.kill(first, signal.SIGSTOP)
    held = server.call("POST", path, batch("held"))
    assert held.status == 503
    assert held.headers["retry-after"]
    assert held.headers["x-openbunker-reason"] == "internal_error"
    worker(server, but=first)
    assert server.call("POST", path, batch("held")).status == 200
    assert names(server) == {"held": EVENTS}


def test_the_books_close_over_a_killed_worker_and_a_drain(tmp_path: Path) -> None:
    with running_server(tmp_path / "data", *OPTIONS) as server:
        path = f"/batch?client_id={server.demo['client_id']}"
        one = worker(server)
        for _ in range(5):
            assert server.call("POST", path, batch("a")).status == 200
        os.kill(one, signal.SIGKILL)
        worker(server, but=one)
        for _ in range(5):
            assert server.call("POST", path, batch("b")).status == 200
        left = workers_of(server.process.pid)
        code, out = server.stop()
        assert (code, "a worker ended (-9)" in out) == (0, True)
        assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]
    done = shell.cli("reconcile", "--data", str(tmp_path / "data"))
    assert done.returncode == 0, done.stdout


def test_a_worker_ends_with_its_server_however_that_ends(server: RunningServer) -> None:
    one = worker(server)
    server.process.kill()
    server.process.wait()
    for _ in looks():
        if not Path(f"/proc/{one}").exists() or _is_zombie(one):
            return
    raise AssertionError("the worker lives on")


def test_a_keys_rate_holds_over_all_processes(tmp_path: Path) -> None:
    """What the worker lets pass is counted against what the server lets pass."""
    with running_server(tmp_path / "data", *OPTIONS) as server:
        worker(server)
        project, data = json.loads((tmp_path / "data/demo.json").read_text()), tmp_path / "data"
        limits = ("--events-per-second", "1", "--data", str(data))
        done = shell.cli("limits", project["project_id"], *limits)
        assert done.returncode == 0, done.stderr
        path = f"/batch?client_id={server.demo['client_id']}"
        large = batch("x", LARGE_BYTES // LEAST_BYTES + 1)  # walked by the server
        for _ in looks():
            answers = [server.call("POST", path, body) for body in (large, batch("y"))]
            if all(one.headers.get("x-openbunker-reason") == "rate_limited" for one in answers):
                return
    raise AssertionError("the rate did not hold")


def _is_zombie(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return True
