"""Events are answered however many questions wait."""

import asyncio
from threading import Event
from typing import Any

from openbunker_local.server.routes import Routes
from openbunker_local.server.server import QUESTION_THREADS, App


def scope(path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 1),
    }


async def receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"{}"}


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
            asyncio.create_task(app(scope("/v1/query/json"), receive, send))
            for _ in range(20 * QUESTION_THREADS)
        ]
        await app(scope("/post"), receive, send)
        assert statuses == [200]
        asked.set()
        await asyncio.gather(*waiting)

    asyncio.run(play())

    assert len(statuses) == 1 + 20 * QUESTION_THREADS
