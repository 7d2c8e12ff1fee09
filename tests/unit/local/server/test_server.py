"""Events are answered however many questions wait."""

import asyncio
from threading import Event
from typing import Any

from openbunker_local.server.routes import Routes
from openbunker_local.server.server import QUESTION_THREADS, App, Receive
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
    told: list[dict[str, Any]] = [{"type": "http.request", "body": b"{}"}]

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
