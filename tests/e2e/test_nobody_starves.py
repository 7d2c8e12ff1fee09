"""A server whose projects ask without end: others are answered, and it ends when it is told to."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from openbunker_local.turns.gate import ENDING
from tests.support import heavy
from tests.support.memory import resident_mb
from tests.support.server import RunningServer, looks, running_server

COUNT = {"time_period": "minus_5_minutes"}
EACH, MAX_GROWTH_MB = 5, 40


def children(server: RunningServer) -> list[int]:
    """Return the processes of the server that answer heavy questions."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == str(server.process.pid) and b"lake.heavy.child" in command:
            found.append(int(folder.name))
    return found


def wait_for(holds: Callable[[], bool]) -> None:
    for _ in looks():
        if holds():
            return
    raise AssertionError("it never came")


def counted_ms(server: RunningServer) -> float:
    began = time.perf_counter()
    assert server.ask(COUNT)["rows"] == [[0]]
    return (time.perf_counter() - began) * 1e3


def test_counts_are_answered_beside_heavy_questions_and_the_server_ends(tmp_path: Path) -> None:
    """Both processes are busy, one is killed, and the server is told to end amid all that."""
    with running_server(tmp_path) as server:
        projects = [heavy.another(server, name) for name in ("one", "two")]
        server.wait_until_visible()
        counted_ms(server)
        assert children(server) == []
        before = resident_mb(server.process.pid)
        with heavy.asking(projects, EACH) as asked:
            wait_for(lambda: len(children(server)) == 2)
            took = [counted_ms(server) for _ in range(20)]
            os.kill(children(server)[0], signal.SIGKILL)
            wait_for(lambda: bool(asked.answers))
            wait_for(lambda: len(children(server)) == 2)
            took += [counted_ms(server) for _ in range(5)]
            grown = resident_mb(server.process.pid) - before
            code, out = server.stop()

    told = [(one.status, one.headers["x-openbunker-reason"]) for one in asked.answers]
    ended = [one for one in asked.answers if one.body["error"] == ENDING]
    assert median(took) < 1_000, took
    assert told[0] == (503, "query_unavailable")
    assert set(told[1:]) == {(503, "server_busy")}
    assert len(ended) == len(projects) * EACH
    assert all("retry-after" in one.headers for one in asked.answers)
    assert grown < MAX_GROWTH_MB
    assert code == 0, out


def test_a_client_that_leaves_is_not_worked_for(tmp_path: Path) -> None:
    """Its process is ended long before its question would be."""
    with running_server(tmp_path) as server:
        project = heavy.another(server, "one")
        server.wait_until_visible()
        connection = server.connect()
        key = {"x-eventbunker-query-key": project.query_key}
        body = json.dumps({"sql": heavy.TEXT, "time_period": "minus_5_minutes"})
        connection.request("POST", "/v1/query/sql", body, key)
        wait_for(lambda: len(children(server)) == 1)
        (busy,) = children(server)
        began = time.perf_counter()
        connection.close()
        wait_for(lambda: busy not in children(server))
        assert time.perf_counter() - began < 10
        assert project.select("select count(*) as n from events").body["rows"] == [[heavy.ROWS]]
