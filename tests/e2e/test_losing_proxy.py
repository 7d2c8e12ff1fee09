"""The vendors' own clients through a proxy that says 503 and 429 and loses answers: each event
counts exactly once.

Every batch meets each of the three before it passes, so what was lost was stored already. The
packages are unmodified; only the address is ours. PHP's package is stood in for by its ways of
sending, with PHP's own curl, sockets and JSON. Needs node, npm, pip and their registries, php and
curl: `make e2e` runs it, `make test` does not.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support import npm, php, pip
from tests.support.losing_proxy import BUSY, LOST, SLOW_DOWN, TRIALS, Proxy, losing_proxy
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
COUNT = 60  # at 20 events a batch, or as the client has it
SECONDS = 150
NODE = (
    *("@segment/analytics-node@3", "analytics-node@6"),
    *("@rudderstack/rudder-sdk-node@3", "posthog-node@5"),
)
PYTHON = ("rudder-sdk-python==2.1.9", "posthog==7.91.1")
# What each way of analytics-php survives: libcurl gives up without an answer, a fork at once.
PHP = {
    "lib_curl": (BUSY, SLOW_DOWN, LOST),
    "socket": (BUSY, LOST, SLOW_DOWN),
    "fork_curl": (LOST,),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return npm.installed(tmp_path_factory.mktemp("npm"), *NODE)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pip.installed(tmp_path_factory.mktemp("pip") / "venv", *PYTHON)


def counted(server: RunningServer, user: str) -> tuple[int, int]:
    """Return how many of the sent events a user has, and how many different numbers they carry."""
    server.wait_until_visible()
    question = {
        "time_period": "minus_60_minutes",
        "group_by": ["n"],
        "filters": [
            {"field_name": "user_id", "op": "equals", "value": user},
            {"field_name": "event_name", "op": "equals", "value": "Sent"},
        ],
        "computations": [{"function": "count"}],
        "limit": 1000,
    }
    rows = server.ask(question)["rows"]
    return sum(row[-1] for row in rows), len(rows)


def told(server: RunningServer, client: str, url: str, **more: Any) -> dict[str, Any]:
    key, user = server.demo["write_key"], f"{client} {uuid4()}"
    return {"client": client, "url": url, "key": key, "user": user, "count": COUNT, **more}


def assert_once(
    server: RunningServer,
    proxy: Proxy,
    user: str,
    wrong: list[str],
    trials: Sequence[str] = TRIALS,
) -> None:
    """Each batch met each trial, the client was told of no fault, and each event is there once."""
    assert wrong == []
    assert len(proxy.attempts) > 1
    assert proxy.done == dict.fromkeys(trials, len(proxy.attempts))
    assert counted(server, user) == (COUNT, COUNT)


@pytest.mark.parametrize("package", NODE)
def test_a_node_client_loses_nothing_and_counts_once(
    server: RunningServer, node: Path, package: str
) -> None:
    with losing_proxy(server.url) as proxy:
        sent = told(server, package.rpartition("@")[0], proxy.url)
        wrong = npm.run(node, HERE / "senders.mjs", sent, SECONDS)

    assert_once(server, proxy, sent["user"], wrong)


@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("package", PYTHON)
def test_a_python_client_loses_nothing_and_counts_once(
    server: RunningServer, python: Path, package: str, gzip: bool
) -> None:
    with losing_proxy(server.url) as proxy:
        sent = told(server, package.partition("==")[0], proxy.url, gzip=gzip)
        wrong = pip.run(python, HERE / "senders.py", sent, SECONDS)

    assert_once(server, proxy, sent["user"], wrong)


@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("way", PHP)
def test_phps_ways_of_sending_lose_nothing_and_count_once(
    server: RunningServer, way: str, gzip: bool
) -> None:
    with losing_proxy(server.url, PHP[way]) as proxy:
        sent = told(server, way, proxy.url, gzip=gzip)
        wrong = php.run(HERE / "senders.php", sent, SECONDS)

    assert_once(server, proxy, sent["user"], wrong, PHP[way])
