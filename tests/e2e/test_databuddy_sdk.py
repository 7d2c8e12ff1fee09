"""The vendor's npm package, unmodified, against a running server; what it sent is then counted.

Needs node 20, npm and its registry: `make e2e` runs it, `make test` does not.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.slow

DRIVER = Path(__file__).with_name("databuddy_sdk.mjs")
# The first and the last one that speak the older API, and the newest.
CLASSIC, NEWER = ("2.2.0", "2.3.27"), ("2.6.0",)
INSTALL = ("npm", "install", "--no-save", "--ignore-scripts", "--no-package-lock", "--no-audit")
INSTALL_SECONDS, RUN_SECONDS = 240, 60
PROPERTIES = {
    "shop": {"city": "Zürich 東京", "open": {"sunday": False}, "tags": ["😀", None, {"a": [1]}]},
    "line break": 'one\n"two"\t\u2028',
    "rate": 0.1,
}
QUEUED, BATCH_SIZE = 25, 10

# Long ago is within: the SDK sends the time that its user gives.
QUESTION = {"time_period": "minus_3650_days", "computations": [{"function": "count"}]}

Results = list[dict[str, Any]]


@dataclass(frozen=True)
class Sdk:
    """One installed version that talks to a server under one spelling of its address."""

    version: str
    folder: Path
    server: RunningServer
    slash: str

    @property
    def classic(self) -> bool:
        return self.version in CLASSIC

    def name(self, event: str) -> str:
        """Return an event name that no other run uses."""
        return f"{event} {self.version}{self.slash}"

    def run(self, *calls: list[Any], key: str | None = None, **config: Any) -> Results:
        """Make the calls on a client of its own; return their results once node has ended."""
        secret = key or self.server.demo["client_id"]
        named = {"clientId" if self.classic else "apiKey": secret}
        client = {
            "config": {"apiUrl": self.server.url + self.slash, **named, **config},
            "calls": calls,
        }
        done = subprocess.run(
            ["node", DRIVER.name],
            cwd=self.folder,
            input=json.dumps([client]),
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: Results = json.loads(done.stdout)
        return found

    def stored(self, *group_by: str) -> dict[Any, int]:
        """Return how many events are stored by these fields, of the names of this run.

        A value of a field is given as JSON text.
        """
        self.server.wait_until_visible()
        question = {**QUESTION, "group_by": ["event_name", *group_by], "limit": 10_000}
        rows = self.server.ask(question)["rows"]
        return {
            (name.split(" ")[0], *map(json.dumps, values)): count
            for name, *values, count in rows
            if name.endswith(f" {self.version}{self.slash}")
        }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module", params=[*CLASSIC, *NEWER])
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A version of the package in a folder of its own, with the driver beside it."""
    assert shutil.which("npm"), "this test needs node and npm"
    folder = tmp_path_factory.mktemp("sdk")
    package = f"@databuddy/sdk@{request.param}"
    command = [*INSTALL, "--no-fund", "--prefix", str(folder), package]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    manifest = folder / "node_modules/@databuddy/sdk/package.json"
    assert json.loads(manifest.read_text())["version"] == request.param
    shutil.copy(DRIVER, folder)
    return request.param, folder


@pytest.fixture(params=["", "/"], ids=["address", "address-with-slash"])
def sdk(installed: tuple[str, Path], server: RunningServer, request: pytest.FixtureRequest) -> Sdk:
    version, folder = installed
    return Sdk(version, folder, server, request.param)


def test_single_events_are_stored_one_by_one(sdk: Sdk) -> None:
    given = f"given-{sdk.version}{sdk.slash}"
    event = {"name": sdk.name("single")}
    told = sdk.run(
        ["track", {**event, "eventId": given, "sessionId": "sess_1", "anonymousId": "anon_1"}],
        ["track", {**event, "properties": {"n": 1}}],
        ["track", {**event, "timestamp": 1_700_000_000_000, "properties": None}],
        enableBatching=False,
    )

    assert [one["success"] for one in told] == [True, True, True]
    if sdk.classic:
        assert told[0]["eventId"] == given
        assert len({one["eventId"] for one in told}) == 3
    assert sdk.stored("session_id", "anonymous_id")["single", '"sess_1"', '"anon_1"'] == 1
    assert sdk.stored()["single",] == 3


def test_a_batch_of_100_is_stored_and_101_are_refused(sdk: Sdk) -> None:
    events = [
        {"type": "custom", "name": sdk.name("batched"), "properties": {"n": number}}
        for number in range(101)
    ]
    full, over = sdk.run(["batch", events[:100]], ["batch", events])

    assert (full["success"], full["processed"]) == (True, 100)
    if sdk.classic:
        assert [one["status"] for one in full["results"]] == ["success"] * 100
    assert over == {"success": False, "error": "Batch size cannot exceed 100 events"}
    assert sdk.stored()["batched",] == 100
    numbers = {int(key[1]) for key in sdk.stored("n") if key[0] == "batched"}
    assert numbers == set(range(100))


def test_a_queue_is_sent_when_full_and_when_flushed(sdk: Sdk) -> None:
    track = ["track", {"name": sdk.name("queued")}]
    told = sdk.run(*[track] * QUEUED, ["flush"], ["flush"], batchSize=BATCH_SIZE)

    assert all(one["success"] for one in told)
    assert [one["processed"] for one in told[-2:]] == [QUEUED % BATCH_SIZE, 0]
    assert sdk.stored()["queued",] == QUEUED


def test_a_queue_of_one_is_sent_when_its_time_is_up(sdk: Sdk) -> None:
    assert sdk.run(["track", {"name": sdk.name("timed")}], batchTimeout=50) == [{"success": True}]
    assert sdk.stored()["timed",] == 1


def test_a_wrong_id_is_told_and_stores_nothing(sdk: Sdk) -> None:
    event = {"type": "custom", "name": sdk.name("nobody")}
    told = sdk.run(
        ["track", event], ["batch", [event, event]], key="nobody-has-this", enableBatching=False
    )

    text = "Invalid or inactive client ID" if sdk.classic else "HTTP 401: Unauthorized"
    assert told == [{"success": False, "error": text}] * 2
    assert ("nobody",) not in sdk.stored()


def test_an_event_that_breaks_the_rules_is_told(sdk: Sdk) -> None:
    event = {"type": "custom", "name": sdk.name("long"), "sessionId": "s" * 300}
    single, batch = sdk.run(["track", event], ["batch", [event]], enableBatching=False)

    assert single["success"] is False
    if sdk.classic:
        assert single["error"] == "Invalid event schema"
        assert batch["results"][0]["message"] == "Invalid event schema"
    else:
        assert single["error"] == batch["error"] == "HTTP 400: Bad Request"
    assert ("long",) not in sdk.stored()


def test_nested_and_unicode_properties_arrive_as_sent(sdk: Sdk) -> None:
    name = sdk.name("nested")
    assert sdk.run(["track", {"name": name, "properties": PROPERTIES}], ["flush"])[1]["success"]

    stored = sdk.stored("shop", "line break", "rate")
    shop, text, rate = (json.dumps(PROPERTIES[name]) for name in ("shop", "line break", "rate"))
    assert stored["nested", shop, text, rate] == 1


def test_an_event_id_that_is_sent_again_is_stored_once(sdk: Sdk) -> None:
    """By the server where the id goes over the wire, by the newer SDK before it sends."""
    event = {"name": sdk.name("again"), "eventId": sdk.name("again")}
    one = sdk.run(["track", event], ["track", event], enableBatching=False)
    # Another client knows nothing of what this one sent; the newer one sends no id at all.
    two = sdk.run(["track", event], enableBatching=False)

    assert [told["success"] for told in (*one, *two)] == [True, True, True]
    assert sdk.stored()["again",] == (1 if sdk.classic else 2)


@pytest.mark.parametrize("installed", NEWER, indirect=True)
def test_the_newer_sdk_names_source_and_person(sdk: Sdk) -> None:
    person = f"user {sdk.version}{sdk.slash}"
    told = sdk.run(
        ["identify", {"profileId": person, "anonymousId": "anon_1", "traits": {"plan": "pro"}}],
        ["track", {"name": sdk.name("named"), "profileId": person}],
        websiteId="web_123",
        source="backend",
        namespace="billing",
        enableBatching=False,
    )

    assert told == [{"success": True}, {"success": True}]
    fields = ("user_id", "$source", "$namespace", "$website_id")
    assert (
        sdk.stored(*fields)[("named", *map(json.dumps, (person, "backend", "billing", "web_123")))]
        == 1
    )
    question = {**QUESTION, "group_by": ["event_name", "user_id", "plan", "$website_id"]}
    rows = sdk.server.ask(question)["rows"]
    assert ["$identify", person, "pro", "web_123", 1] in rows
