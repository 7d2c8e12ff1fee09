"""What was answered with success is there after the worst; what could not be written is a 503."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from itertools import count
from pathlib import Path
from threading import Event

from tests.support.server import RunningServer, call, running_server

CLIENTS, ROUNDS, MIN_ACCEPTED = 8, 3, 40
# A shell's limit on the size of a file, in its blocks of 512 or 1,024 bytes: a full disk to us.
SMALL_DISK = ("sh", "-c", 'ulimit -f 128; exec "$@"', "sh")
TOO_MUCH, LITTLE = 200_000, 100


def test_every_event_answered_before_a_kill_is_there_once_after_it(tmp_path: Path) -> None:
    accepted: set[int] = set()
    numbers = count()
    for _ in range(ROUNDS):
        with running_server(tmp_path) as server:
            accepted |= load_until_killed(server, numbers)
    with running_server(tmp_path) as server:
        found = numbers_stored(server)

    assert len(accepted) >= ROUNDS * MIN_ACCEPTED
    assert not accepted - set(found)
    assert set(found.values()) == {1}


def test_a_disk_that_takes_no_more_is_a_503_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with running_server(tmp_path, under=SMALL_DISK) as server:
        before = post(server, 0, LITTLE)
        refused = [post(server, 1, TOO_MUCH) for _ in range(3)]
        after = post(server, 2, LITTLE)
        found = numbers_stored(server)

    assert (before, after) == ((200, None, None), (200, None, None))
    assert refused == [(503, "stream_unavailable", "2")] * 3
    assert found == {0: 1, 2: 1}


def load_until_killed(server: RunningServer, numbers: Iterator[int]) -> set[int]:
    """Send from several clients, kill the server somewhere in the middle; return what it took."""
    enough, accepted = Event(), set[int]()
    kill_after = random.randint(MIN_ACCEPTED, 4 * MIN_ACCEPTED)

    def client(_: int) -> None:
        connection = server.connect()
        try:
            while True:
                number = next(numbers)
                headers = {"x-eventbunker-write-key": server.demo["write_key"]}
                body = {"event_name": "e", "number": number}
                if call(connection, "POST", "/post", body, headers).status == 200:
                    accepted.add(number)
                    if len(accepted) >= kill_after:
                        enough.set()
        except (OSError, HTTPException):
            enough.set()
        finally:
            connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = pool.map(client, range(CLIENTS))
        enough.wait(timeout=30)
        server.process.kill()
        list(clients)
    return accepted


def post(server: RunningServer, number: int, size: int) -> tuple[int, str | None, str | None]:
    headers = {"x-eventbunker-write-key": server.demo["write_key"]}
    body = {"event_name": "e", "number": number, "note": "x" * size}
    answer = server.call("POST", "/post", body, headers)
    found = answer.headers
    return answer.status, found.get("x-openbunker-reason"), found.get("retry-after")


def numbers_stored(server: RunningServer) -> dict[int, int]:
    server.wait_until_visible()
    question = {
        "time_period": "minus_60_minutes",
        "group_by": ["number"],
        "computations": [{"function": "count"}],
        "limit": 10_000,
    }
    return {int(number): rows for number, rows in server.ask(question)["rows"]}
