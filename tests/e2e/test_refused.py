"""Refused items over HTTP and from the command line: kept, listed, mended, sent again once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import shell
from tests.support.here import ServerHere, server_here
from tests.support.server import Reached, looks, running_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerHere]:
    with server_here(tmp_path / "data") as running:
        yield running


def cli(server: ServerHere, *arguments: str) -> shell.Done:
    return shell.cli("refused", *arguments, "--data", str(server.data))


def post(server: Reached, path: str, body: Any, key: str | None = None) -> int:
    text = server.demo["client_id"] if key is None else key
    return server.call("POST", path, body, {"databuddy-client-id": text}).status


def listed(server: Reached, **parameters: str) -> list[dict[str, Any]]:
    """Return what the server tells, once everything that was answered is visible."""
    server_key = {"x-eventbunker-query-key": server.demo["query_key"]}
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    sent_ms = now_ms(server)
    for _ in looks():
        body = server.call("GET", f"/v1/refused?{query}", headers=server_key).body
        if body["fresh_to"] and fresh_ms(body["fresh_to"]) > sent_ms:
            groups: list[dict[str, Any]] = body["groups"]
            return groups
    raise AssertionError("rows did not become visible")


def now_ms(server: Reached) -> int:
    health = server.call("GET", "/health").body
    return int(health["fresh_to_ms"] + health["lag_ms"])


def fresh_ms(text: str) -> int:
    from datetime import datetime

    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def count(server: ServerHere) -> int:
    server.wait_until_visible()
    asked = {"time_period": "minus_60_minutes", "computations": [{"function": "count"}]}
    return int(server.ask(asked)["rows"][0][0])


def test_what_is_refused_is_listed_by_reason_and_nothing_of_strangers(
    server: ServerHere,
) -> None:
    post(server, "/batch", [{"type": "custom", "name": "a"}, {"type": "custom"}, {"type": "web"}])
    post(server, "/batch", "{")
    post(server, "/batch", [{"type": "stranger"}], key="not-a-key")

    groups = {group["reason"]: group for group in listed(server)}

    assert {code: group["count"] for code, group in groups.items()} == {
        "invalid_schema": 1,
        "unknown_event_type": 1,
        "malformed_json": 1,
    }
    (sample,) = groups["invalid_schema"]["samples"]
    assert (sample["item"], json.loads(sample["payload"])) == (1, {"type": "custom"})
    assert groups["invalid_schema"]["fields"] == ["name"]
    assert [g["reason"] for g in listed(server, reason="malformed_json")] == ["malformed_json"]
    assert listed(server, dialect="segment") == []


def test_a_refusal_has_an_id_and_the_id_a_receipt(server: ServerHere) -> None:
    write = {"x-eventbunker-write-key": server.demo["write_key"]}
    asking = {"x-eventbunker-query-key": server.demo["query_key"]}
    answer = server.call("POST", "/post", {"event_name": "no spaces allowed"}, write)
    told = answer.headers["x-openbunker-refused-id"]
    listed(server)

    receipt = server.call("GET", f"/v1/receipts/{told}", headers=asking)
    unknown = server.call("GET", f"/v1/receipts/{told[:-4]}0000", headers=asking)
    again = server.call(
        "POST", "/post", {"event_name": "a b"}, {**write, "x-openbunker-refused-id": told}
    )

    assert receipt.status == 200
    assert (receipt.body["status"], receipt.body["refused_id"]) == ("refused", told)
    assert receipt.body["reason"] == answer.headers["x-openbunker-reason"]
    assert receipt.body["dialect"] == "eventbunker"
    assert unknown.status == 404
    assert (again.status, "x-openbunker-refused-id" in again.headers) == (answer.status, False)


def test_a_replay_stores_what_it_mends_once(server: ServerHere) -> None:
    post(server, "/batch", [{"type": "custom", "properties": {"n": n}} for n in range(5)])
    assert listed(server)[0]["count"] == 5
    arguments = ("replay", "--reason", "invalid_schema", "--patch", '{"name": "mended"}')

    unmended = cli(server, *arguments[:3])
    rehearsed = cli(server, *arguments, "--dry-run")
    assert (unmended.returncode, rehearsed.returncode) == (1, 0), rehearsed.stderr
    assert "would be read" in rehearsed.stdout
    assert count(server) == 0
    first, second = cli(server, *arguments), cli(server, *arguments)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert "stored" in first.stdout
    assert count(server) == 5
    # What was refused once more by the first, unmended try was not kept once more.
    assert listed(server)[0]["count"] == 5


def test_the_command_lists_with_and_without_a_server(server: ServerHere) -> None:
    post(server, "/batch", [{"type": "custom"}])
    listed(server)

    running = json.loads(cli(server, "list", "--json").stdout)
    server.stop()
    stopped = json.loads(cli(server, "list", "--json", "--reason", "invalid_schema").stdout)
    shown = cli(server, "list")

    assert running == stopped
    assert running[0]["count"] == 1
    assert "invalid_schema" in shown.stdout


def test_a_key_of_another_project_sends_nothing(server: ServerHere) -> None:
    post(server, "/batch", [{"type": "custom"}])
    listed(server)
    query_key = server.demo["query_key"]

    done = cli(server, "replay", "--reason", "invalid_schema", "--key", query_key)

    assert done.returncode == 1
    assert "does not write to project" in done.stderr
    assert count(server) == 0


def test_a_replay_without_a_server_says_so(server: ServerHere) -> None:
    post(server, "/batch", [{"type": "custom"}])
    listed(server)
    server.stop()

    done = cli(server, "replay", "--reason", "invalid_schema")

    assert done.returncode == 3
    assert "Start it" in done.stderr


def test_what_was_kept_survives_a_kill(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as first:
        post(first, "/batch", [{"type": "custom"}] * 3)
        first.process.kill()
        first.process.wait()
    with running_server(tmp_path / "data") as second:
        assert listed(second)[0]["count"] == 3
