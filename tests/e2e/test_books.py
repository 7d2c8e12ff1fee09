"""N good and M bad over HTTP: the books close, receipts tell each fate, a lost object is named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import shell
from tests.support.here import ServerHere, server_here
from tests.support.server import FAULTY, Answer, Reached, looks, running_server

GOOD, BAD = 30, 12


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which no line is broken."""
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerHere]:
    with server_here(tmp_path) as running:
        yield running


def reconcile(data: Path, *options: str) -> tuple[int, str]:
    done = shell.cli("reconcile", "--data", str(data), *options)
    return done.returncode, done.stdout + done.stderr


def post(server: Reached, name: str) -> Answer:
    headers = {"x-eventbunker-write-key": server.demo["write_key"]}
    return server.call("POST", "/post", {"event_name": name}, headers)


def batch(server: ServerHere, *events: Any) -> Any:
    return server.call("POST", f"/batch?client_id={server.demo['client_id']}", list(events)).body


def receipt(server: Reached, event_id: str, key: str = "query_key") -> Answer:
    headers = {"x-eventbunker-query-key": server.demo[key]}
    return server.call("GET", f"/v1/receipts/{event_id}", headers=headers)


def test_the_books_close_beside_and_after_a_server(server: ServerHere) -> None:
    for number in range(GOOD + BAD):
        answer = post(server, "signup" if number < GOOD else "no spaces allowed")
        assert (answer.status == 200) == (number < GOOD)
    batch(server, {"type": "custom", "name": "a"}, {"type": "custom", "name": ""})

    beside = reconcile(server.data, "--strict")
    server.stop()
    after = reconcile(server.data, "--strict")

    assert (beside[0], after[0]) == (0, 0), beside[1] + after[1]
    assert f"The books close: {GOOD + BAD + 2} items" in after[1]


def test_a_deleted_object_fails_the_books_and_is_named(server: ServerHere) -> None:
    told = [post(server, "signup").headers["x-openbunker-event-id"] for _ in range(3)]
    server.stop()
    objects = sorted((server.data / "hot").rglob("*.json.gz"))
    day, minute = objects[0].parts[-3].removeprefix("dt="), objects[0].parts[-2]

    objects[0].unlink()
    code, text = reconcile(server.data)

    assert code == 1
    assert f"{day}T{minute[3:5]}: " in text
    assert "answered events are missing" in text
    assert any(event_id in text for event_id in told)


def test_a_killed_server_lost_nothing(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        answers = [post(server, "signup") for _ in range(20)]
        server.process.kill()
        server.process.wait()

    code, text = reconcile(tmp_path, "--strict")

    assert (code, {answer.status for answer in answers}) == (0, {200}), text


def test_an_id_of_ours_has_a_receipt_in_each_of_its_forms(server: ServerHere) -> None:
    event_id = post(server, "signup").headers["x-openbunker-event-id"]
    early = receipt(server, event_id)
    server.wait_until_visible()
    told = batch(server, {"type": "custom", "name": "a"})["results"][0]["eventId"]
    server.wait_until_visible()

    stored = receipt(server, event_id)
    hyphenated = receipt(server, told)

    assert early.body["status"] in ("accepted", "stored")
    assert (stored.status, stored.body["status"], stored.body["line"]) == (200, "stored", 1)
    assert (server.data / stored.body["object"]).is_file()
    assert hyphenated.body["status"] == "stored"
    assert hyphenated.body["event_id"] == told.replace("-", "")


def test_a_clients_id_has_a_receipt_and_its_copy_says_whose_it_is(server: ServerHere) -> None:
    event = {"type": "custom", "name": "purchase", "eventId": "order:1 ü"}
    assert batch(server, event)["results"][0]["eventId"] == "order:1 ü"
    batch(server, event)
    server.wait_until_visible()
    query = {
        "time_period": "minus_5_minutes",
        "group_by": ["event_id"],
        "computations": [{"function": "count"}],
    }
    ((first, _),) = server.ask(query)["rows"]

    told = receipt(server, "order%3A1%20%C3%BC")
    own = receipt(server, first)
    copy = next(e for e in rows_of(server.data) if e["event_id"] != first)
    copied = receipt(server, copy["event_id"])

    assert (told.body["status"], told.body["event_id"]) == ("stored", first)
    assert (own.body["status"], own.body["event_id"]) == ("stored", first)
    assert copied.body["status"] == "duplicate_of"
    assert copied.body["duplicate_of"] == first
    assert reconcile(server.data, "--strict")[0] == 0


def test_nobody_elses_and_unknown_ids_are_404_and_a_write_key_is_refused(
    server: ServerHere,
) -> None:
    event_id = post(server, "signup").headers["x-openbunker-event-id"]
    unknown = receipt(server, event_id[:-4] + "0000")
    never = receipt(server, "never-sent")
    refused = receipt(server, event_id, "write_key")

    assert (unknown.status, never.status, refused.status) == (404, 404, 401)
    assert unknown.body["code"] == never.body["code"] == "not_found"
    assert server.call("POST", f"/v1/receipts/{event_id}").headers["allow"] == "GET, OPTIONS"


def rows_of(data: Path) -> list[Any]:
    import gzip
    import json

    return [
        json.loads(line)
        for path in (data / "hot").rglob("*.json.gz")
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


DOWN = '[[fault]]\nname = "down"\nkind = "throttle"\nwindow = [1, 100000]\ntimes = 100000\n'


def test_what_was_spilled_has_a_receipt_before_and_after_its_replay(tmp_path: Path) -> None:
    faults, data = tmp_path / "faults.toml", tmp_path / "data"
    faults.write_text("seed = 1\n" + DOWN)
    with running_server(data, "--faults", str(faults), module=FAULTY) as server:
        answer = post(server, "signup")
        event_id = answer.headers["x-openbunker-event-id"]
        spilled = receipt(server, event_id)
        beside = reconcile(data, "--strict")
    with running_server(data) as again:
        for _ in looks():
            replayed = receipt(again, event_id)
            if replayed.body["status"] == "stored":
                break
        after = reconcile(data)

    assert answer.status == 200
    assert spilled.body["status"] == "spilled"
    assert replayed.body["status"] == "stored"
    assert (beside[0], after[0]) == (0, 0), beside[1] + after[1]
