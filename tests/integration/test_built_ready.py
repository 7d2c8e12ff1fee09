"""The built `track` is ready when it says so: connected ahead of the first event, again after.

Function folder, built layer and Lambda's runtime client alone, as deployed.
"""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.awslambda.lambda_runtime import client_folder
from bench.awslambda.worker import Function, Worker
from tests.support import backends
from tests.support.delivered import Delivered, delivering_stream
from tests.support.relay import relay

ROOT = Path(__file__).resolve().parents[2]
POST: dict[str, Any] = json.loads((ROOT / "events/eventbunker-post.json").read_bytes())
# A start waits a second for connections; the rest is a busy machine's.
MOST_SECONDS = 8


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    with backends.key_table_and_athena() as url:
        yield url


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Delivered]:
    with delivering_stream(tmp_path, backends.NAMES["OPENBUNKER_STREAM"]) as stream:
        yield stream


@pytest.fixture
def track(built_layer: Path, built_functions: dict[str, Path], target: str) -> Any:
    """Return a worker of the function over a stream and a table of keys."""

    def made(stream_url: str, tables_url: str, **environ: str) -> Worker:
        path = [built_functions["track"], built_layer, client_folder(target)]
        environ = {**backends.environ(stream_url, tables_url), **environ}
        return Worker(Function(python=target, path=path, environ=environ, flags=("-S",)))

    return made


def test_the_first_event_finds_both_connections_open(
    track: Any, stream: Delivered, moto_url: str
) -> None:
    with (
        relay(stream.url) as events,
        relay(moto_url) as keys,
        track(events.url, keys.url, OPENBUNKER_REFUSED_STREAM="refused") as worker,
    ):
        assert events.wait_for(1)
        assert keys.wait_for(1)
        assert (events.count, keys.count) == (1, 1)
        assert worker.invoke(POST)["statusCode"] == 200
        assert worker.invoke({**POST, "body": "{"})["statusCode"] == 400  # kept as refused
        assert events.count == 1  # moto ends each connection, the stream none
    assert [event.event_name for event in stream.new_events()] == ["signup"]


def test_after_a_freeze_connections_that_were_closed_are_made_again(
    track: Any, stream: Delivered, moto_url: str
) -> None:
    with (
        relay(stream.url) as events,
        relay(moto_url) as keys,
        track(events.url, keys.url) as worker,
    ):
        events.cut()
        keys.cut()
        assert worker.invoke(POST)["statusCode"] == 200
        events.cut()
        assert worker.invoke(POST)["statusCode"] == 200
        assert '"spilled": 1' not in worker.output()
        assert events.count == 3
    assert [event.event_name for event in stream.new_events()] == ["signup", "signup"]


def test_a_snapshot_holds_no_connection_and_its_copy_finds_them_open(
    track: Any, stream: Delivered, moto_url: str
) -> None:
    """The server restores in the moment in which the function says that it is ready for it."""
    with (
        relay(stream.url) as events,
        track(events.url, moto_url, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start") as worker,
    ):
        assert worker.invoke(POST)["statusCode"] == 200
        assert events.wait_for(1)
        assert events.count == 1


def test_a_stream_that_does_not_answer_holds_a_start_for_a_second_at_most(
    track: Any, moto_url: str
) -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    url = f"https://127.0.0.1:{silent.getsockname()[1]}"
    with silent, track(url, moto_url) as worker:
        assert worker.init_seconds < MOST_SECONDS


def test_a_start_needs_neither_stream_nor_table(track: Any) -> None:
    with track("http://127.0.0.1:9", "http://127.0.0.1:9") as worker:
        answer = worker.invoke(POST)
    assert (answer["statusCode"], answer["headers"]["retry-after"]) != (200, "")
