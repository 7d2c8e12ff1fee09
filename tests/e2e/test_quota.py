"""A quota over HTTP and from the command line: told, kept, raised, replayed, each event once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import shell
from tests.support.server import Answer, RunningServer, looks, running_server

QUOTA, SENT = 10, 15


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path / "data", "--count-seconds", "0.05") as running:
        yield running


def cli(server: RunningServer, *arguments: str) -> shell.Done:
    return shell.cli(*arguments, "--data", str(server.data))


def limits(server: RunningServer, *options: str) -> Any:
    done = cli(server, "limits", server.demo["project_id"], *options, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def send(server: RunningServer, number: int) -> Answer:
    key = {"x-eventbunker-write-key": server.demo["write_key"]}
    return server.call("POST", "/post", {"event_name": "e", "number": number}, key)


def validated(server: RunningServer) -> Any:
    key = {"x-eventbunker-write-key": server.demo["write_key"]}
    return server.call("GET", "/v1/keys/validate", headers=key).body["quota"]


def wait_for(server: RunningServer, *, exceeded: bool) -> None:
    """Return once the front door knows how the quota stands."""
    for _ in looks():
        if validated(server)["exceeded"] is exceeded:
            return
    raise AssertionError("the quota did not change")


def counted(server: RunningServer) -> int:
    server.wait_until_visible()
    asked = {"time_period": "minus_60_minutes", "computations": [{"function": "count"}]}
    return int(server.ask(asked)["rows"][0][0])


def replayed(server: RunningServer) -> shell.Done:
    return cli(server, "refused", "replay", "--reason", "over_quota")


def kept(server: RunningServer) -> int:
    """Return how many rows were kept, once those that were answered can be seen."""
    key = {"x-eventbunker-query-key": server.demo["query_key"]}
    path = "/v1/refused?reason=over_quota"
    for _ in looks():
        groups = server.call("GET", path, headers=key).body["groups"]
        if groups and groups[0]["count"] >= SENT - QUOTA:
            return int(groups[0]["count"])
    raise AssertionError("the rows did not become visible")


def test_what_is_over_quota_is_kept_and_counts_once_when_the_quota_is_raised(
    server: RunningServer,
) -> None:
    limits(server, "--monthly-events", str(QUOTA))
    assert [send(server, number).status for number in range(QUOTA)] == [200] * QUOTA
    wait_for(server, exceeded=True)

    over = [send(server, number) for number in range(QUOTA, SENT)]

    assert {(one.status, one.headers["x-openbunker-reason"]) for one in over} == {
        (429, "over_quota")
    }
    assert counted(server) == QUOTA
    assert kept(server) == SENT - QUOTA
    assert replayed(server).returncode == 1  # still over quota: nothing gets in, nothing is lost
    assert counted(server) == QUOTA

    assert limits(server, "--monthly-events", "100")["exceeded"] is False
    wait_for(server, exceeded=False)
    for _ in range(2):
        assert replayed(server).returncode == 0
    assert counted(server) == SENT


def test_usage_is_told_the_same_by_the_route_and_the_command(server: RunningServer) -> None:
    for number in range(3):
        send(server, number)
    server.wait_until_visible()

    done = json.loads(cli(server, "usage", "--json").stdout)
    key = {"x-eventbunker-query-key": server.demo["query_key"]}
    told = server.call("GET", "/v1/usage", headers=key).body

    assert [line["events"] for line in done["usage"]] == [3]
    assert told["total"]["events"] == 3
    assert told["total"]["bytes"] == done["usage"][0]["bytes"] > 0
    table = cli(server, "usage", "--project", server.demo["project_id"]).stdout
    assert "eventbunker" in table
    assert "3 events" in table


def test_a_rate_brakes_and_lets_go(server: RunningServer) -> None:
    limits(server, "--events-per-second", "1")
    for number in range(20_000):  # bounded by requests, not by a clock
        answer = send(server, number)
        if answer.status != 200:
            break
    assert (answer.status, answer.headers["x-openbunker-reason"]) == (429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 2
    limits(server, "--events-per-second", "none")
    for number in looks():
        answer = send(server, number)
        if answer.status == 200:
            return
    raise AssertionError("the key is braked still")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project and no server: what is refused changes nothing in it."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def project(folder: Path) -> str:
    made = shell.cli("projects", "create", "shop", "--data", str(folder), "--json")
    return str(json.loads(made.stdout)["project_id"])


@pytest.mark.parametrize(
    "options",
    [
        ("--monthly-events", "many"),
        ("--events-per-second", "0"),
        ("--monthly-events", "-1"),
        ("--monthly-events", "9" * 5000),
        ("--monthly-events", str(10**15 + 1)),
    ],
)
def test_a_limit_that_is_none_is_said_so(
    folder: Path, project: str, options: tuple[str, str]
) -> None:
    done = shell.cli("limits", project, *options, "--data", str(folder))
    assert done.returncode in (1, 2)
    assert done.stderr


def test_a_project_that_there_is_not_has_no_limits_to_set(folder: Path) -> None:
    for options in (["--monthly-events", "1"], []):
        done = shell.cli("limits", "prj_nobody", *options, "--data", str(folder))
        assert (done.returncode, "there is no such project" in done.stderr) == (1, True)
