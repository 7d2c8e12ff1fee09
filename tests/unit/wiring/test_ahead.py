"""What is done while Lambda starts a process: built and connected, again in each copy, or not."""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from openbunker import ingest
from openbunker.aws.client import AwsJsonClient
from openbunker.wiring import clients, hot, serving
from tests.support import backends


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(serving, "_AHEAD", [])
    serving.restored()
    yield
    serving.restored()


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `ahead` has done so far, in a process that Lambda's runtime starts."""
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    monkeypatch.delenv("AWS_LAMBDA_INITIALIZATION_TYPE", raising=False)
    return []


def ahead(done: list[str]) -> None:
    serving.ahead(lambda: done.append("built"), lambda: done.append("connected"))


def test_lambda_finds_it_done(done: list[str]) -> None:
    ahead(done)
    assert done == ["connected"]


def test_a_snapshot_is_built_and_each_copy_connected(
    done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    ahead(done)
    assert done == ["built"]
    serving.restored()
    assert done == ["built", "connected"]


def test_elsewhere_importing_a_handler_does_nothing(
    done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_RUNTIME_API")
    ahead(done)
    serving.restored()
    assert done == []


@contextmanager
def listening() -> Iterator[tuple[str, socket.socket]]:
    """A server that takes connections into its queue and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield f"http://127.0.0.1:{server.getsockname()[1]}", server


def taken(server: socket.socket) -> int:
    """How many connections there are that were not counted before."""
    count = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


@pytest.mark.parametrize("stream", [True, False])
def test_the_table_of_keys_is_connected_and_the_stream_where_it_is_written_to(
    stream: bool, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as (events, events_server), listening() as (keys, keys_server):
        for name, value in backends.environ(events, keys).items():
            monkeypatch.setenv(name, value)
        hot.ready(stream=stream)
        assert taken(events_server) == int(stream)
        assert taken(keys_server) == 1
        services = hot.current()
        assert hot.current() is services
        assert taken(events_server) + taken(keys_server) == 0
        serving.restored()
        assert hot.current() is not services
        assert taken(keys_server) == 1


@pytest.mark.parametrize("mistakes", [True, False])
def test_what_keeps_refused_events_is_loaded_where_it_is_asked_for(
    mistakes: bool, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = "openbunker.ingest.keep_refused"
    monkeypatch.delitem(sys.modules, keeper, raising=False)
    monkeypatch.delattr(ingest, "keep_refused", raising=False)
    with listening() as (events, _), listening() as (keys, _):
        for name, value in backends.environ(events, keys).items():
            monkeypatch.setenv(name, value)
        hot.ready(mistakes=mistakes)
    assert (keeper in sys.modules) is mistakes


def test_wrong_settings_never_fail_a_start(
    done: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENBUNKER_STREEM", "typo")
    hot.ready()
    assert "OPENBUNKER_STREEM is not a setting" in capsys.readouterr().out


class _Waits(AwsJsonClient):
    """A client whose connection comes once the other's is under way too."""

    def __init__(self, together: threading.Barrier) -> None:
        self._together = together

    def connect(self) -> None:
        self._together.wait(timeout=10)


def test_connections_are_opened_side_by_side() -> None:
    together = threading.Barrier(2)
    clients.connect([_Waits(together), _Waits(together)])
    assert not together.broken


def test_without_threads_they_are_opened_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    alone = threading.Barrier(1)
    clients.connect([_Waits(alone), _Waits(alone)])
    clients.connect([])
    assert not alone.broken
