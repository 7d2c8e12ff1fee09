"""Processes that die, fork and end: what they left is sent once, and nothing hangs.

Each child is a Python of its own; the collector is this process, behind a socket.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from openbunker_client import Client
from sdk.tests.simulated import Collector

SOURCE = Path(__file__).parents[2] / "src"
HEAD = """
import os, sys, signal, threading
from openbunker_client import Client
URL, SPOOL = sys.argv[1], sys.argv[2] or None
def client(**options):
    return Client("key", URL, spool=SPOOL, batch_size=20, **options)
"""


def start(code: str, url: str, spool: Path | str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HEAD + code, url, str(spool)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(code: str, url: str, spool: Path | str = "") -> str:
    with start(code, url, spool) as child:
        out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    assert "Traceback" not in err, err
    return out


def replayed(url: str, spool: Path) -> None:
    """Start once more, as the next deployment does, and let it send what it finds."""
    with Client("key", url, spool=spool) as next_one:
        assert next_one.flush(60).pending == 0
    assert list(spool.iterdir()) == []


NOBODY = "http://127.0.0.1:9"  # the port of a service that nobody runs


def test_os_exit_with_a_spool_loses_nothing(server: tuple[str, Collector], tmp_path: Path) -> None:
    url, collector = server
    run("one = client()\nfor at in range(3000): one.track('good')\nos._exit(0)", NOBODY, tmp_path)
    replayed(url, tmp_path)
    assert len(collector.stored) == 3000


def test_os_exit_without_a_spool_loses_what_is_queued(server: tuple[str, Collector]) -> None:
    """The README says so."""
    url, collector = server
    run("client().track('good')\nos._exit(0)", url)
    assert not collector.stored


def test_a_kill_at_any_moment_loses_nothing_that_track_returned(
    server: tuple[str, Collector], tmp_path: Path
) -> None:
    url, collector = server
    code = "one = client(max_queue_size=50)\nwhile True: print(one.track('good'), flush=True)"
    ids: set[str] = set()
    for lines in (1, 40, 400):
        with start(code, url, tmp_path) as child:
            assert child.stdout is not None
            ids |= {child.stdout.readline().strip() for _ in range(lines)}
            child.send_signal(signal.SIGKILL)
            rest = child.stdout.read().split("\n")[:-1]
            ids |= set(rest)
    replayed(url, tmp_path)
    assert ids <= set(collector.stored)
    assert len(set(collector.stored) - ids) <= 3  # written, but killed before it was told


def test_many_processes_share_a_folder(server: tuple[str, Collector], tmp_path: Path) -> None:
    url, collector = server
    code = "one = client()\nfor at in range(200): one.track('good')\n"
    ends = ["print(one.close(30).sent)", "os._exit(0)", "os.kill(os.getpid(), 9)"]
    children = [start(code + end, url, tmp_path) for end in ends]
    for child in children:
        child.communicate(timeout=60)
    replayed(url, tmp_path)
    assert len(collector.stored) == 600


def test_the_end_of_the_interpreter_sends_what_is_queued(server: tuple[str, Collector]) -> None:
    url, collector = server
    run("one = client()\nfor at in range(50): one.track('good')", url)
    assert len(collector.stored) == 50


def test_the_end_of_the_interpreter_is_bounded_and_says_what_is_lost() -> None:
    code = "one = client(exit_timeout=0.1)\none.track('good')"
    with start(code, NOBODY) as child:
        _, err = child.communicate(timeout=60)
    assert child.returncode == 0
    assert "1 event(s) were dropped: the client was closed before it was sent" in err


FORK = """
one = client()
parents = [one.track('good') for _ in range(30)]
pid = os.fork()
if pid == 0:
    assert one.report() == (0, 0, 0, 0), one.report()
    childs = [one.track('good') for _ in range(10)]
    report = one.flush(30)
    os.write(1, f"{report.sent} {report.pending}\\n".encode())
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
report = one.close(30)
os.write(1, f"{report.sent} {report.pending}\\n".encode())
"""


@pytest.mark.parametrize("spooled", [False, True])
def test_a_fork_hangs_nobody_and_doubles_nothing(
    server: tuple[str, Collector], tmp_path: Path, spooled: bool
) -> None:
    url, collector = server
    out = run(FORK, url, tmp_path if spooled else "")
    assert out.split("\n")[:2] == ["10 0", "30 0"]
    assert len(collector.stored) == 40
    if spooled:
        replayed(url, tmp_path)  # the child left a file with nothing to send in it
    assert set(collector.arrived.values()) == {1}


@pytest.mark.parametrize("spooled", [False, True])
def test_the_thread_loads_no_module(
    server: tuple[str, Collector], tmp_path: Path, spooled: bool
) -> None:
    """A child that is forked while it did would wait for ever for that module's lock."""
    code = """
one = client()
before = set(sys.modules)
one.batch([{"name": "good"}, {"name": "bad"}])
assert one.flush(30) == (1, 1, 0, 0)
assert not set(sys.modules) - before, set(sys.modules) - before
"""
    run(code, server[0], tmp_path if spooled else "")


def test_a_fork_in_the_midst_of_a_request_and_of_a_lock(server: tuple[str, Collector]) -> None:
    url, collector = server
    code = """
one = client()
def busy():
    for _ in range(500): one.track('good')
threads = [threading.Thread(target=busy) for _ in range(4)]
[thread.start() for thread in threads]
children = []
for _ in range(10):
    pid = os.fork()
    if pid == 0:
        one.track('good')
        os._exit(one.flush(30) != (1, 0, 0, 0))
    children.append(pid)
[thread.join() for thread in threads]
assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 10
assert one.close(30) == (2000, 0, 0, 0)
"""
    run(code, url)
    assert len(collector.stored) == 2010
    assert set(collector.arrived.values()) == {1}


def test_a_child_of_multiprocessing_sends_when_it_ends(server: tuple[str, Collector]) -> None:
    url, collector = server
    code = """
import multiprocessing
one = client()
def work(): one.track('good')
context = multiprocessing.get_context('fork')
children = [context.Process(target=work) for _ in range(3)]
[child.start() for child in children]
[child.join() for child in children]
one.track('good')
"""
    run(code, url)
    assert len(collector.stored) == 4


def test_what_a_killed_child_leaves_is_sent_by_the_next_child(
    server: tuple[str, Collector], tmp_path: Path
) -> None:
    """A pre-fork server makes its client once, and starts children for as long as it runs."""
    url, collector = server
    code = """
one = client(batch_timeout=60)
def child(work):
    pid = os.fork()
    if pid == 0:
        work()
        os.kill(os.getpid(), 9)
    os.waitpid(pid, 0)
child(lambda: one.track('good'))
child(lambda: (one.track('good'), one.flush(30)))
os.kill(os.getpid(), 9)
"""
    killed = subprocess.run(
        [sys.executable, "-c", HEAD + code, url, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)}, timeout=60, check=False,
    )  # fmt: skip
    assert killed.returncode == -9
    assert len(collector.stored) == 2


def test_a_child_leaves_the_spool_of_its_parent_alone(
    server: tuple[str, Collector], tmp_path: Path
) -> None:
    """The parent was killed while its child lives on: the child's copies hold no lock."""
    url, collector = server
    code = """
one = client()
for _ in range(25): one.track('good')
begun, begins = os.pipe()
if os.fork() == 0:
    os.write(begins, b'x')  # what a child does first, it has done
    sys.stdin.read()
    os._exit(0)
os.read(begun, 1)
os.kill(os.getpid(), 9)
"""
    child = subprocess.Popen(
        [sys.executable, "-c", HEAD + code, NOBODY, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)}, stdin=subprocess.PIPE,
    )  # fmt: skip
    child.wait(timeout=60)
    replayed(url, tmp_path)
    assert len(collector.stored) == 25
    assert child.stdin is not None
    child.stdin.close()
