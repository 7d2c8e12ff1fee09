"""The client with its thread: waiting, dropping, flushing, closing, callbacks."""

import signal
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from openbunker_client import Client, Report, Request, Response, Unsent
from openbunker_client.delivery import processes
from sdk.tests.simulated import Collector, Gate


def client(transport: Any, **options: Any) -> Client:
    return Client("key", "http://collector.test", transport=transport, **options)


def test_many_threads_and_every_event_arrives_once() -> None:
    collector = Collector()
    with client(collector, max_queue_size=50, batch_size=7) as one:
        with ThreadPoolExecutor(8) as threads:
            ids = list(threads.map(lambda at: one.track("good", {"at": at}), range(2000)))
        assert one.flush(60) == Report(sent=2000, refused=0, pending=0, dropped=0)
    assert set(collector.arrived) == set(ids)
    assert set(collector.arrived.values()) == {1}


def test_a_full_queue_blocks_until_there_is_room() -> None:
    gate = Gate()
    one = client(gate, max_queue_size=2, batch_size=1)
    one.track("a")
    one.track("b")
    assert gate.reached.wait(30)
    waiting = threading.Thread(target=one.track, args=("c",))
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    assert one.report() == (0, 0, 2, 0)
    gate.open.set()
    waiting.join(30)
    assert one.close() == (3, 0, 0, 0)


def test_a_full_queue_drops_and_tells_if_it_was_asked_to() -> None:
    gate, told = Gate(), list[Unsent]()
    one = client(gate, max_queue_size=2, overflow="drop", on_drop=told.append)
    ids = [one.track("good", {"at": at}) for at in range(5)]
    assert one.report() == (0, 0, 2, 3)
    assert [unsent.event_id for unsent in told] == ids[2:]
    assert told[0].reason == "queue_full"
    assert told[0].event["properties"] == {"at": 2}
    gate.open.set()
    assert one.close() == (2, 0, 0, 3)


def test_drops_are_logged_without_drowning_the_log(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    one = client(gate, max_queue_size=1, overflow="drop")
    for _ in range(101):
        one.track("good")
    told = [record.getMessage() for record in caplog.records]
    assert told[0] == "1 event(s) were dropped so far: there was no room in the queue"
    assert told[-1].startswith("64 event(s)")
    assert len(told) == 7
    gate.open.set()
    one.close()


def test_a_flush_that_cannot_end_returns_in_time() -> None:
    gate = Gate()
    one = client(gate)
    one.track("a")
    assert one.flush(0.01) == (0, 0, 1, 0)
    gate.open.set()
    assert one.close() == (1, 0, 0, 0)


def test_an_answer_that_never_comes_does_not_hold_a_flush_or_a_close() -> None:
    gate, told = Gate(), list[Unsent]()
    one = client(gate, on_drop=told.append)
    one.track("a")
    assert one.close(0.01) == (0, 0, 0, 1)
    assert told[0].reason == "closed"
    gate.open.set()  # the answer comes too late to be counted
    assert one.report() == (0, 0, 0, 1)


def test_after_close_events_are_dropped_and_told() -> None:
    told: list[Unsent] = []
    one = client(Collector(), on_drop=told.append)
    assert one.close() == (0, 0, 0, 0)
    one.track("late")
    assert one.close() == (0, 0, 0, 1)
    assert told[0].reason == "closed"


@pytest.mark.parametrize("timeout", [float("inf"), 1e300])
def test_a_flush_may_be_given_all_the_time_there_is(timeout: float) -> None:
    one = client(Collector())
    one.track("good")
    assert one.flush(timeout) == (1, 0, 0, 0)
    assert one.close(timeout) == (1, 0, 0, 0)


def test_a_flush_for_no_number_of_seconds_returns_at_once() -> None:
    gate = Gate()
    one = client(gate)
    one.track("good")
    assert one.flush(float("nan")) == (0, 0, 1, 0)
    gate.open.set()
    one.close()


def test_a_flush_with_nothing_to_do_returns_at_once() -> None:
    with client(Collector()) as one:
        assert one.flush(3600) == (0, 0, 0, 0)


def test_callbacks_may_use_the_client_and_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    collector = Collector()

    def on_refused(unsent: Unsent) -> None:
        one.track("good", {"instead_of": unsent.event_id})
        one.flush()
        raise RuntimeError("a bug of the user's")

    one = client(collector, on_refused=on_refused, max_queue_size=1)
    one.track("bad")
    one.flush()
    assert one.close() == (1, 1, 0, 0)
    assert "a bug of the user's" in caplog.text


def test_a_callback_that_tracks_into_a_full_queue_does_not_wait_for_itself() -> None:
    collector, told = Collector(), list[Unsent]()
    done = threading.Event()

    def on_refused(_unsent: Unsent) -> None:
        for _ in range(3):
            one.track("good")
        done.set()

    one = client(collector, on_refused=on_refused, on_drop=told.append, max_queue_size=1)
    one.track("bad")
    one.flush()
    assert done.wait(30)
    report = one.close()
    assert (report.tracked, report.pending) == (4, 0)
    assert len(told) == report.dropped == 2


def test_a_transport_that_raises_anything_is_tried_again() -> None:
    collector = Collector()
    failures = iter([KeyError("a bug"), OSError("no route")])

    def transport(request: Request) -> Response:
        for failure in failures:
            raise failure
        return collector(request)

    one = client(transport)
    one._engine._outbox._core._random = lambda: -1.0  # no wait between tries
    one.track("a")
    assert one.close() == (1, 0, 0, 0)


def test_a_signal_handler_may_track_and_flush_whatever_it_interrupts() -> None:
    collector = Collector()
    one = client(collector)

    def handler(*_: Any) -> None:
        one.track("stopped")
        one.flush()

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        with one._engine._lock:  # as if it came in the midst of a track
            signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert collector.names == ["stopped"]
    one.close()


def test_without_a_thread_a_flush_sends_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: Any) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", start)
    one = client(Collector(None, ["503"]), max_queue_size=2, batch_size=1)
    one._engine._outbox._core._random = lambda: -1.0
    for _ in range(5):  # blocks, that is: sends, when the queue is full
        one.track("a")
    assert one.close() == (5, 0, 0, 0)


def test_gzip_is_what_it_says() -> None:
    import gzip

    collector = Collector()

    def transport(request: Request) -> Response:
        assert request.headers["Content-Encoding"] == "gzip"
        return collector(request._replace(body=gzip.decompress(request.body)))

    with client(transport, gzip=True) as one:
        one.track("a")
        assert one.flush() == (1, 0, 0, 0)


def test_what_is_not_sent_is_logged_without_the_key(caplog: pytest.LogCaptureFixture) -> None:
    collector = Collector(None, ["503"])
    one = client(collector, max_retries=0)
    one.track("a")
    one.close()
    assert "HTTP 503" in caplog.text
    assert "given up" in caplog.text
    assert "key" not in caplog.text


@pytest.mark.parametrize("spooled", [False, True])
def test_memory_is_bounded_by_the_queue(tmp_path: Any, spooled: bool) -> None:
    gate = Gate()
    one = client(
        gate, max_queue_size=200, overflow="drop", exit_timeout=0.0,
        spool=tmp_path if spooled else None,
    )  # fmt: skip
    tracemalloc.start()
    try:
        sizes = []
        for tracked in (500, 10_000):
            for _ in range(tracked):
                one.track("good", {"text": "x" * 100})
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[1] < sizes[0] * 1.2 + 20_000
    assert one.report().pending == (10_500 if spooled else 200)
    gate.open.set()
    assert one.close(60).sent == (10_500 if spooled else 200)


def test_a_finalizer_in_the_sending_thread_does_not_wait_for_itself() -> None:
    """Garbage is collected in any thread at any time, and what is finalized may track."""
    gate = Gate()
    one = client(gate, max_queue_size=1, batch_size=1)

    def transport_that_finalizes(request: Request) -> Response:
        one.track("from a finalizer")
        return Collector()(request)

    gate.collector = transport_that_finalizes  # type: ignore[assignment]
    gate.open.set()
    one.track("a")
    assert one.close() == (1, 0, 0, 1)


def test_the_clients_of_a_process_share_the_time_that_its_end_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, spent = [0.0], list[float]()

    class Ending(processes.Engine):
        def at_exit(self, spent_before: float = 0.0) -> None:
            spent.append(spent_before)
            now[0] += 4.0

    engines = [Ending(), Ending(), Ending()]
    monkeypatch.setattr(processes, "_engines", engines)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    processes._at_exit()
    assert spent == [0.0, 4.0, 8.0]
