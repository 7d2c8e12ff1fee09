"""Who walks a request: the server what is small, one worker what is large, the rest go by it."""

import asyncio
import gzip
from base64 import b64decode, b64encode
from functools import partial
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any, cast

import pytest

from openbunker_local.server.weight import LARGE_BYTES, Weighed, weight_of
from openbunker_local.tasks import task
from openbunker_local.workers.crew import LEAST_BYTES, Crew
from openbunker_local.workers.desk import Desk
from openbunker_local.workers.worker import Terms, Worker

LARGE = b"a" * (LARGE_BYTES + 1)


class Hand(Worker):
    """A worker without a process: says who it is, and keeps what it is told to."""

    def __init__(self, crew: Crew, name: str) -> None:
        super().__init__(crew, cast("Any", None))
        self.name, self.is_ready = name, True

    def ask(self, _event: dict[str, Any], *, large: bool = False) -> dict[str, Any]:
        self.large += large
        return {"by": self.name}


@pytest.fixture
def crew() -> Crew:
    made = Crew(cast("Desk", None), Terms(Path(), 0, LEAST_BYTES, False, lambda _: None))
    made._workers += [Hand(made, "first"), Hand(made, "second")]
    return made


def event(body: bytes, path: str = "/batch", raw: str = "", encoding: str = "") -> dict[str, Any]:
    return {
        "routeKey": f"POST {path}",
        "rawPath": raw or path,
        "headers": {"content-encoding": encoding} if encoding else {},
        "body": b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def own(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    return {"by": "loop" if current_thread() is main_thread() else "thread"}


def weighed(one: dict[str, Any]) -> Weighed:
    """Weigh an event as the server weighs its request."""
    return Weighed(weight_of(b64decode(one["body"]), one["headers"].get("content-encoding")))


def walked(crew: Crew, *events: dict[str, Any]) -> list[str]:
    async def play() -> list[str]:
        loop, handler = asyncio.get_running_loop(), crew.handler(own)
        found = [await task.start(partial(handler, one, weighed(one)), loop) for one in events]
        return [one["by"] for one in found]

    return asyncio.run(play())


@pytest.mark.parametrize(
    ("one", "who"),
    [
        (event(b"a" * (LEAST_BYTES - 1)), "loop"),
        (event(b"a" * LEAST_BYTES), "first"),
        (event(b"a" * LEAST_BYTES, raw="//batch"), "first"),
        (event(gzip.compress(b"a" * LEAST_BYTES), encoding="gzip"), "first"),
        (event(gzip.compress(b"a" * LEAST_BYTES), "/batch/"), "first"),
        (event(b"a" * LARGE_BYTES, "/post"), "loop"),
        (event(LARGE, "/post"), "first"),
        (event(gzip.compress(LARGE), "/post", encoding="gzip"), "first"),
        (event(LARGE, "/nowhere"), "thread"),
    ],
)
def test_who_walks_one(crew: Crew, one: dict[str, Any], who: str) -> None:
    assert walked(crew, one) == [who]


def test_the_rest_go_by_who_has_something_large(crew: Crew) -> None:
    batch, packed = event(b"a" * LEAST_BYTES), event(gzip.compress(LARGE), encoding="gzip")
    assert walked(crew, packed, batch, event(LARGE), batch) == ["first", "second"] * 2


def test_what_is_large_is_walked_in_a_thread_when_nobody_is_left(crew: Crew) -> None:
    crew._workers.clear()
    assert walked(crew, event(LARGE), event(b"a" * LEAST_BYTES)) == ["thread", "loop"]
