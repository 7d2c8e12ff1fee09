"""Every golden case again, over HTTP against a running server, down to the rows in its objects.

The keys of the cases lie in the server's store before it starts. Cases are sent one after
another, so the rows of the objects must be those of the cases, in the same order.
"""

import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from openbunker.core import records
from openbunker.core.event import Event
from openbunker.keys.model import hash_of
from openbunker_local.sqlite.keys import SqliteKeyStore
from tests.support.laws import checked, each
from tests.support.server import Answer, RunningServer, running_server
from tests.wire import cases

CASES = [
    case for case in cases.every() if not case.faults
]  # what fails on command fails in process only
# The cases name the address that the gateway would have seen; here it is the loopback's.
LOOPBACK = "127.0.0.0"


@dataclass(frozen=True)
class Replay:
    """What a server answered to each case, what its objects hold, and when that was."""

    answers: dict[str, Answer]
    rows: list[Event]
    from_ms: int
    to_ms: int

    def is_now(self, value: int) -> bool:
        return self.from_ms <= value <= self.to_ms


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    data = tmp_path_factory.mktemp("golden")
    register_keys(data)
    from_ms = time.time_ns() // 1_000_000
    with running_server(data, "--trusted-proxy", "127.0.0.1") as server:
        answers = send_all(server)
        server.stop()  # drained: everything that was answered lies in objects
    yield Replay(answers, stored_rows(data), from_ms, time.time_ns() // 1_000_000)


def register_keys(data: Path) -> None:
    data.mkdir(exist_ok=True)
    store = SqliteKeyStore(data / "keys.sqlite")
    for text, key in cases.keys().items():
        store.add(hash_of(text), key)
    store.close()


def send_all(server: RunningServer) -> dict[str, Answer]:
    connection = server.connect()
    try:
        return {case.id: send(connection, case) for case in CASES}
    finally:
        connection.close()


def send(connection: HTTPConnection, case: cases.Case) -> Answer:
    target = f"{case.path}?{case.query}" if case.query else case.path
    connection.request(case.method, target, case.body, dict(case.headers))
    response = connection.getresponse()
    text = response.read()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, json.loads(text) if text else None)


def stored_rows(data: Path) -> list[Event]:
    """Return the rows of all objects in the order of arrival, which ids begin with."""
    objects = [
        [records.decode(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
        for file in data.glob("hot/**/*.json.gz")
    ]
    return [row for rows in sorted(objects, key=lambda rows: rows[0].event_id) for row in rows]


@each("case", CASES, lambda case: case.id)
def test_a_running_server_answers_as_the_case_says(case: cases.Case, replay: Replay) -> None:
    answer = replay.answers[case.id]

    assert answer.status == case.status, answer
    assert list(cases.differences(case.answer, answer.body, replay.is_now)) == []
    told = {name: answer.headers.get(name) for name in case.answer_headers}
    assert list(cases.differences(dict(case.answer_headers), told, replay.is_now)) == []


def test_the_objects_hold_exactly_the_rows_of_the_cases(replay: Replay) -> None:
    expected = [(case.id, row) for case in CASES for row in case.stored]
    for (name, wanted), row in zip(checked(expected), replay.rows, strict=False):
        found: dict[str, Any] = {field: getattr(row, field) for field in wanted}
        local = {**wanted, "ip": LOOPBACK} if wanted.get("ip") else wanted
        assert (name, list(cases.differences(local, found, replay.is_now))) == (name, [])
    assert len(replay.rows) == len(expected)
