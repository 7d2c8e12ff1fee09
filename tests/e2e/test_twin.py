"""The twin as a process: what it says at its start, what it keeps, and that a reset leaves nothing.

Measured by `make e2e`'s long form of the same test: a thousand resets.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from openbunker_local.testing.client import Twin, TwinFailed
from tests.support.server import ROOT, Reached, running_server

QUESTION = {"time_period": "all", "computations": [{"function": "count"}]}


def reached(twin: Twin) -> Reached:
    return Reached(twin.url, twin.keys, Path())


@pytest.fixture(scope="module")
def started() -> Iterator[Twin]:
    twin = Twin()
    yield twin
    twin.close()


@pytest.fixture
def twin(started: Twin) -> Twin:
    started.reset()
    return started


def send(twin: Twin, *names: str, key: str = "client_id") -> int:
    client_id = twin.keys.get(key, key)
    events = [
        {"type": "custom", "name": name, "properties": {"n": at}} for at, name in enumerate(names)
    ]
    return reached(twin).call("POST", f"/batch?client_id={client_id}", events).status


def counted(twin: Twin) -> int:
    ((count,),) = reached(twin).ask(QUESTION)["rows"]
    return int(count)


def test_what_was_sent_is_good_or_bad_with_its_reason(twin: Twin) -> None:
    assert send(twin, "see", "buy") == 200
    send(twin, "lost", key="no-such-key")
    reached(twin).call("POST", "/btach", [{"name": "typo"}])
    assert [event["event_name"] for event in twin.good()] == ["see", "buy"]
    assert twin.good("buy", dialect="databuddy")[0]["properties"] == {"n": 1}
    assert twin.good(dialect="segment") == []
    assert [(one["reason"], one["sent"][0]["name"]) for one in twin.bad()] == [
        ("unknown_key", "lost"),
        ("not_found", "typo"),
    ]
    assert twin.counts()["bad_by_reason"] == {"unknown_key": 1, "not_found": 1}


def test_a_fault_is_answered_as_often_as_it_was_asked_and_then_no_more(twin: Twin) -> None:
    twin.fail(503, times=2, key=twin.keys["client_id"])
    assert [send(twin, "buy") for _ in range(3)] == [503, 503, 200]
    assert len(twin.good()) == 1
    twin.fail(429)
    twin.reset()
    assert send(twin, "buy") == 200


def test_an_answer_that_is_lost_after_the_write_shows_as_a_copy(twin: Twin) -> None:
    twin.fail(503, stored=True)
    event = [{"type": "custom", "name": "buy", "eventId": "order-1"}]
    path = f"/batch?client_id={twin.keys['client_id']}"
    assert [reached(twin).call("POST", path, event).status for _ in range(2)] == [503, 200]
    counts = twin.counts()
    assert counts["good"] + counts["copies"] == 2
    assert len(twin.good()) == counts["good"]


def test_its_clock_is_set(twin: Twin) -> None:
    twin.clock("2026-01-01T00:00:00Z", frozen=True)
    send(twin, "buy")
    assert twin.good()[0]["received_ms"] == 1_767_225_600_000


def test_what_cannot_be_meant_is_told_and_changes_nothing(twin: Twin) -> None:
    for method, what, body in (
        ("POST", "clock", b"[" * 100_000),
        ("POST", "clock", b'{"now": 1e999}'),
        ("POST", "faults", b"\xff"),
        ("GET", "good?dialect=databudy", None),
    ):
        request = Request(f"{twin.url}/v1/test/{what}", data=body, method=method)
        with pytest.raises(HTTPError) as caught:
            urlopen(request)
        with caught.value as answer:
            assert answer.code == 400, what
            assert json.loads(answer.read())["error"], what
    with pytest.raises(TwinFailed, match="there is no dialect databudy"):
        twin.bad(dialect="databudy")
    assert send(twin, "buy") == 200


def test_a_reset_leaves_a_twin_whatever_its_time_was(twin: Twin) -> None:
    for now in ("1970-01-01", "9998-12-31T23:59:59Z"):
        twin.clock(now)
        assert send(twin, "buy") == 200
        twin.reset()
        assert send(twin, "buy") == 200
        assert twin.counts()["good"] == 1


def test_an_expectation_that_fails_says_how(twin: Twin) -> None:
    send(twin, "buy")
    assert twin.assert_event("buy", n=0)["event_name"] == "buy"
    with pytest.raises(AssertionError, match="n: expected 1, was 0"):
        twin.assert_event("buy", n=1)
    with pytest.raises(AssertionError, match="1 events of 2"):
        twin.wait_for(2, seconds=0)
    assert len(twin.wait_for(1)) == 1


def resets(twin: Twin, times: int) -> None:
    for number in range(times):
        names = [f"event-{number}"] * (1 + number % 3)
        send(twin, *names)
        assert {event["event_name"] for event in twin.good()} == {*names}
        reached(twin).wait_until_visible()
        assert counted(twin) == len(names)
        twin.reset()
        assert (twin.counts()["good"], counted(twin)) == (0, 0)


def test_a_reset_leaves_no_event(twin: Twin) -> None:
    resets(twin, 5)


@pytest.mark.slow
def test_a_thousand_resets_leave_no_event_and_no_thread_or_file(twin: Twin) -> None:
    resets(twin, 10)
    process = Path("/proc") / str(twin.pid)
    before = _held(process)
    resets(twin, 1_000)
    after = _held(process)
    assert after[0] <= before[0] + 2
    assert after[1] <= before[1] + 2


def _held(process: Path) -> tuple[int, int]:
    return len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))


def test_the_first_line_is_all_it_prints_and_is_the_same_each_time(tmp_path: Path) -> None:
    told = []
    for _ in range(2):
        command = [sys.executable, "-m", "openbunker_local", "run", "--testing", "--port", "0"]
        options = ["--until-eof", "--data", str(tmp_path / "twin")]
        done = subprocess.run(
            [*command, *options], input=b"", capture_output=True, cwd=ROOT, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        keys = json.loads(done.stdout)
        del keys["base_url"]
        told.append(keys)
    assert told[0] == told[1]


def test_it_ends_well_while_its_input_is_open(tmp_path: Path) -> None:
    twin = Twin("--data", str(tmp_path / "twin"))
    send(twin, "buy")
    assert twin.close() == 0
    assert (tmp_path / "twin").is_dir()  # which was named, so it stays


def run(shell: str) -> "subprocess.CompletedProcess[bytes]":
    command = f"exec {sys.executable} -m openbunker_local run --testing --port 0 {shell}"
    return subprocess.run(
        ["/bin/sh", "-c", command],
        input=b"",
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )


def test_an_output_that_is_closed_harms_nothing() -> None:
    done = run("--until-eof >&-")
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_twin_that_was_killed_is_told_and_its_folder_goes_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    killed = Twin()
    os.kill(killed.pid, signal.SIGKILL)
    os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(TwinFailed, match="ended with code -9"):
        killed.good()
    killed.close()
    assert len(list(tmp_path.iterdir())) == 1
    assert Twin().close() == 0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "events"
    kept.write_text("mine")
    with pytest.raises(TwinFailed):
        Twin("--data", str(tmp_path))
    assert kept.read_text() == "mine"


def test_a_server_that_is_no_twin_has_none_of_it(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        for method, name in (("GET", "good"), ("GET", "all"), ("POST", "reset"), ("POST", "clock")):
            assert server.call(method, f"/v1/test/{name}").status == 404
