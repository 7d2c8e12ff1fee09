"""Lambda, receipts and the capture for users' tests."""

import asyncio
import json
from typing import Any

import pytest

from openbunker_client import (
    AsyncClient,
    Client,
    ReceiptUnavailable,
    Report,
    Request,
    Response,
    Unsent,
)  # fmt: skip
from openbunker_client.testing import capture
from sdk.tests.simulated import Collector, Gate, said


class Context:
    """What Lambda hands a handler."""

    def __init__(self, ms: int) -> None:
        self._ms = ms

    def get_remaining_time_in_millis(self) -> int:
        return self._ms


def client(transport: Any, **options: Any) -> Client:
    return Client("key", "http://h/", transport=transport, **options)


def test_a_lambda_handler_returns_after_its_events_are_sent() -> None:
    collector = Collector()
    one = client(collector)

    @one.lambda_handler
    def handler(event: dict[str, int], context: Context) -> str:
        one.track("good", event)
        return "done"

    assert handler({"a": 1}, Context(30_000)) == "done"
    assert collector.names == ["good"]
    assert handler.__name__ == "handler"


def test_a_lambda_handler_that_fails_sends_its_events_all_the_same() -> None:
    collector = Collector()
    one = client(collector)

    @one.lambda_handler
    def handler(_event: None, _context: None) -> None:
        one.track("good")
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        handler(None, None)
    assert collector.names == ["good"]


def test_a_lambda_handler_returns_before_its_deadline_and_says_what_is_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = Gate()
    one = client(gate)

    @one.lambda_handler
    def handler(_event: None, _context: Context) -> str:
        one.track("good")
        return "done"

    assert handler(None, Context(510)) == "done"
    assert "1 event(s) are left" in caplog.text
    gate.open.set()  # thawed by the next invocation
    assert handler(None, Context(30_000)) == "done"
    assert one.report() == (2, 0, 0, 0)


@pytest.mark.parametrize(("ms", "seconds"), [(30_000, 29.5), (400, 0.0), (0, 0.0)])
def test_the_time_for_a_flush_ends_before_the_deadline(ms: int, seconds: float) -> None:
    from openbunker_client.lambdas import flushing

    asked: list[float] = []

    class Flushes:
        def flush(self, timeout: float = 0.0) -> Report:
            asked.append(timeout)
            return Report(0, 0, 0, 0)

    flushing(Flushes(), lambda _event, _context: None)(None, Context(ms))
    assert asked == [seconds]


def receipts(answer: Response, **options: Any) -> tuple[Client, list[Request]]:
    asked: list[Request] = []

    def transport(request: Request) -> Response:
        asked.append(request)
        return answer

    return client(transport, **{"query_key": "q", **options}), asked


def test_a_receipt_is_asked_for_with_the_query_key() -> None:
    one, asked = receipts(said(200, {"id": "a b", "status": "stored"}))
    assert one.receipt("a/b") == {"id": "a b", "status": "stored"}
    assert asked[0].method == "GET"
    assert asked[0].url == "http://h/v1/receipts/a%2Fb"
    assert asked[0].headers["x-eventbunker-query-key"] == "q"


def test_an_unknown_id_has_no_receipt() -> None:
    one, _ = receipts(said(404, {}, {"x-openbunker-reason": "not_found"}))
    assert one.receipt("a") is None


@pytest.mark.parametrize(
    "answer",
    [
        said(503, {}), said(401, {}, {"x-openbunker-reason": "unknown_key"}), said(404, {}),
        said(200, []), Response(200, {}, b"<html>"), Response(200, {}, b"[" * 100_000),
    ],
)  # fmt: skip
def test_a_receipt_that_cannot_be_told_is_not_taken_for_an_unknown_id(answer: Response) -> None:
    with pytest.raises(ReceiptUnavailable):
        receipts(answer)[0].receipt("a")


def test_a_receipt_without_an_answer_or_a_key() -> None:
    def transport(_: Request) -> Response:
        raise OSError("no route")

    with pytest.raises(ReceiptUnavailable, match="no route"):
        client(transport, query_key="q").receipt("a")
    with pytest.raises(ValueError, match="query_key"):
        client(transport).receipt("a")


@pytest.mark.parametrize("event_id", ["", None, 5])
def test_no_id_has_no_receipt(event_id: Any) -> None:
    one, asked = receipts(said(404, {}, {"x-openbunker-reason": "not_found"}))
    with pytest.raises(ValueError, match="event_id"):
        one.receipt(event_id)
    assert not asked


def test_a_receipt_awaited() -> None:
    async def main() -> None:
        one = AsyncClient(
            "key", "http://h", query_key="q", transport=lambda _: said(200, {"status": "stored"})
        )
        assert await one.receipt("a") == {"status": "stored"}

    asyncio.run(main())


def never(_: Request) -> Response:
    raise AssertionError("nothing is sent while a test captures")


def test_a_test_captures_what_any_client_tracks() -> None:
    one = client(never)
    with capture() as captured:
        event_id = one.track("purchase", {"value": 1}, anonymous_id="anon", timestamp=5)
        one.batch([{"name": "signup"}])
        assert one.flush() == (2, 0, 0, 0)
    assert captured.names == ["purchase", "signup"]
    assert captured.named("purchase") == [("purchase", {"value": 1}, "anon", None, 5, event_id)]
    assert captured.events[1].properties == {}


def test_a_capture_refuses_as_in_earnest() -> None:
    told: list[Unsent] = []
    one = client(never, on_refused=told.append)
    with capture() as captured:
        one.track("bad", {"x": float("nan")})
    assert captured.events == []
    assert captured.refused == told
    assert "x" in told[0].message


def test_captures_nest_and_end() -> None:
    collector = Collector()
    one = client(collector)
    with capture() as outer:
        one.track("a")
        with capture() as inner:
            one.track("b")
        one.track("c")
    one.track("good")
    one.close()
    assert (outer.names, inner.names, collector.names) == (["a", "c"], ["b"], ["good"])


def test_captures_of_threads_may_end_in_any_order() -> None:
    collector = Collector()
    one = client(collector)
    first, second = capture(), capture()
    earlier, later = first.__enter__(), second.__enter__()
    one.track("a")
    first.__exit__(None, None, None)
    one.track("b")
    second.__exit__(None, None, None)
    one.track("good")
    one.close()
    assert (earlier.names, later.names, collector.names) == ([], ["a", "b"], ["good"])


def test_an_async_client_is_captured_too() -> None:
    async def main() -> None:
        with capture() as captured:
            await AsyncClient("key", "http://h", transport=never).track("a")
        assert captured.names == ["a"]

    asyncio.run(main())


def test_the_request_is_what_the_contract_says() -> None:
    found: list[Request] = []

    def transport(request: Request) -> Response:
        found.append(request)
        return Collector()(request)

    with client(transport) as one:
        one.track("a")
    (request,) = found
    assert (request.method, request.url) == ("POST", "http://h/batch?client_id=key")
    assert request.headers["Content-Type"] == "application/json"
    assert isinstance(json.loads(request.body), list)
