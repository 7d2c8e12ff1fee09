"""Events are answered however many questions wait."""

import asyncio
import gzip
from threading import Event, Thread, current_thread, main_thread
from typing import Any

import pytest

from openbunker_local.server.messages import Receive
from openbunker_local.server.routes import Routes
from openbunker_local.server.server import QUESTION_THREADS, App
from openbunker_local.server.weight import LARGE_BYTES
from openbunker_local.tasks.waiter import Waiter, tell_all
from openbunker_local.turns.presence import CURRENT


def scope(path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 1),
    }


def whoever_waits() -> Receive:
    """Say the body, and then nothing more: the client waits."""
    return whoever_sends(b"{}")


def whoever_sends(body: bytes) -> Receive:
    told: list[dict[str, Any]] = [{"type": "http.request", "body": body}]

    async def receive() -> dict[str, Any]:
        if not told:
            await asyncio.Event().wait()
        return told.pop()

    return receive


def test_waiting_questions_hold_up_no_event() -> None:
    asked = Event()

    def question(_event: dict[str, Any], _context: object) -> dict[str, Any]:
        asked.wait(timeout=30)
        return {"statusCode": 200, "headers": {}, "body": "{}"}

    def event(_event: dict[str, Any], _context: object) -> dict[str, Any]:
        return {"statusCode": 200, "headers": {}, "body": "{}"}

    routes = Routes({"/v1/query/json": {"POST": question}, "/post": {"POST": event}})
    app = App(routes, dict)
    statuses: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        if "status" in message:
            statuses.append(message["status"])

    async def play() -> None:
        waiting = [
            asyncio.create_task(app(scope("/v1/query/json"), whoever_waits(), send))
            for _ in range(20 * QUESTION_THREADS)
        ]
        await app(scope("/post"), whoever_waits(), send)
        assert statuses == [200]
        asked.set()
        await asyncio.gather(*waiting)

    asyncio.run(play())

    assert len(statuses) == 1 + 20 * QUESTION_THREADS


def test_what_was_begun_for_a_client_ends_when_it_leaves() -> None:
    """A client that leaves before its question began is not forgotten either."""
    ended: list[str] = []

    def question(_event: dict[str, Any], _context: object) -> dict[str, Any]:
        over = Event()
        with CURRENT.get().ended_by(over.set):
            assert over.wait(timeout=30)
        ended.append("it")
        return {"statusCode": 200, "headers": {}, "body": "{}"}

    app = App(Routes({"/v1/query/json": {"POST": question}}), dict)

    async def play() -> None:
        told: list[dict[str, Any]] = [{"type": "http.request", "body": b"{}"}]
        told.append({"type": "http.disconnect"})

        async def receive() -> dict[str, Any]:
            return told.pop(0)

        async def send(_message: dict[str, Any]) -> None:
            pass

        await app(scope("/v1/query/json"), receive, send)

    asyncio.run(play())

    assert ended == ["it"]


def test_events_that_wait_for_the_disk_hold_up_nothing() -> None:
    """Each gives way: however many there are, health is told and other events are begun."""
    waiting: list[Waiter] = []
    many = 500

    def event(_event: dict[str, Any], _context: object) -> dict[str, Any]:
        waiting.append(Waiter())
        assert waiting[-1].wait(30)
        return {"statusCode": 200, "headers": {}, "body": "{}"}

    app = App(Routes({"/post": {"POST": event}}), dict)
    statuses: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        if "status" in message:
            statuses.append(message["status"])

    async def play() -> None:
        events = [
            asyncio.create_task(app(scope("/post"), whoever_waits(), send)) for _ in range(many)
        ]
        await app({**scope("/health"), "method": "GET"}, whoever_waits(), send)
        assert (len(waiting), statuses) == (many, [200])
        Thread(target=tell_all, args=(waiting,)).start()
        await asyncio.gather(*events)

    asyncio.run(play())

    assert len(statuses) == 1 + many


def threads_of(app: App, *requests: tuple[str, bytes]) -> None:
    async def send(_message: dict[str, Any]) -> None:
        pass

    async def play() -> None:
        for path, body in requests:
            await app(scope(path), whoever_sends(body), send)

    asyncio.run(play())


def test_a_large_request_is_read_apart() -> None:
    """It would hold the loop for as long as it takes to read."""
    where: list[bool] = []

    def event(_event: dict[str, Any], _context: object) -> dict[str, Any]:
        where.append(current_thread() is main_thread())
        return {"statusCode": 200, "headers": {}, "body": "{}"}

    routes = Routes({"/post": {"POST": event}})
    small, large = b"x" * LARGE_BYTES, b"x" * (LARGE_BYTES + 1)
    bodies = [("/post", one) for one in (small, large, gzip.compress(small), gzip.compress(large))]
    threads_of(App(routes, dict), *bodies)
    assert where == [True, False, True, False]

    where.clear()
    threads_of(App(routes, dict, takes_large=lambda: True), *bodies)
    assert where == [True] * 4


def test_a_path_is_known_however_it_is_written() -> None:
    """Else a question in other letters would take the place of an event."""
    where: list[tuple[str, str]] = []

    def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
        where.append((event["rawPath"], current_thread().name.partition("_")[0]))
        return {"statusCode": 200, "headers": {}, "body": "{}"}

    routes = Routes({"/v1/query/json": {"POST": handler}, "/post": {"POST": handler}})
    large = gzip.compress(b"x" * (LARGE_BYTES + 1))
    paths = ("/v1/query/json", "//v1/query/json", "/%761/query/json")
    threads_of(App(routes, dict), *((path, b"{}") for path in paths))
    threads_of(App(routes, dict), (paths[1], large), ("//post", b"{}"))
    names = ["questions"] * 3 + ["large-questions", main_thread().name]
    assert [name for _, name in where] == names


@pytest.mark.parametrize(
    ("query", "at_once"),
    [(b"", True), (b"a=1", True), (b"wait=visible", False), (b"w%61it=visible", False)],
)
def test_who_may_wait_to_be_visible_is_not_answered_at_once(query: bytes, at_once: bool) -> None:
    app = App(Routes({}), dict)
    assert (app.at_once({**scope("/post"), "query_string": query}, b"{}") is not None) == at_once
