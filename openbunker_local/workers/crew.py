"""The server's side of its workers: started, given requests, replaced when they end.

On the server's loop alone. A request goes to the worker that has fewest in hand; without one, or
in a thread, the server walks it itself. One that says nothing any more is ended: a worker that
hangs keeps its clients waiting no longer than one that dies.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

from openbunker.core.errors import RequestRefused
from openbunker.web import origins
from openbunker.web.http import Request, refusal_headers
from openbunker.wire import registry
from openbunker_local.server.routes import Handler, imported
from openbunker_local.server.weight import Weighed, is_large
from openbunker_local.tasks import task
from openbunker_local.workers.desk import Desk
from openbunker_local.workers.worker import Terms, Worker

# Until one that ended is replaced: doubled while they end before they are ready.
PAUSE_SECONDS, MOST_PAUSE_SECONDS = 0.5, 30.0

# Functions whose requests are walked by workers.
TAKING = ("track", "batch")
MOST = 4
LOOK_SECONDS = 1.0
# What is shorter is walked sooner than handed over.
LEAST_BYTES = 4096


def for_cores() -> int:
    """Return how many workers keep this machine busy: the server waits more than it works."""
    cores = os.cpu_count() or 1
    return min(MOST, cores) if cores > 1 else 0


class Crew:
    """The workers of a server; none before `start`."""

    def __init__(self, desk: Desk, terms: Terms) -> None:
        self.desk = desk
        self.terms = terms
        self._workers: list[Worker] = []
        self._pause = PAUSE_SECONDS
        self._ending = False

    def ready(self) -> "list[Worker]":
        """Return those that take requests."""
        return [one for one in self._workers if one.is_ready]

    async def start(self) -> None:
        """Start all; requests are not waited with until they are ready."""
        for _ in range(self.terms.count):
            await self._hire()
        self._look()

    async def stop(self) -> None:
        """Let go of all. Called when no request is under way."""
        self._ending = True
        loop = asyncio.get_running_loop()
        for one in list(self._workers):
            one.channel.close()
            await loop.run_in_executor(None, one.end)

    def loaded(self, file: Path, attribute: str) -> Handler:
        """Return a handler of the template, as `routes.load` asks for it."""
        own = imported(file, attribute)
        return self.handler(own) if file.parent.name in TAKING else own

    def is_ready(self) -> bool:
        """Return whether anybody takes requests."""
        return bool(self.ready())

    def handler(self, own: Handler) -> Handler:
        """Return a handler that has a worker walk an event, or walks it itself with `own`."""

        def answered(event: dict[str, Any], context: object) -> dict[str, Any]:
            if not task.current():
                return own(event, context)
            weight = context.weight if isinstance(context, Weighed) else 0
            if weight < self.terms.least_bytes:
                return own(event, context)
            large = is_large(weight)
            if free := self._for(event, large=large):
                return _answered(free, event, large=large)
            if large:  # nobody is left who would not hold up the loop
                return task.aside(lambda: own(event, context))
            return own(event, context)

        return answered

    def _for(self, event: dict[str, Any], *, large: bool) -> "Worker | None":
        """Return who is to walk an event, of all large ones the same: the rest go by them.

        None: the server itself. It is asked about names for a large one alone, which costs more.
        """
        dialect = registry.dialect_at(event["routeKey"].partition(" ")[2])
        if dialect is None:
            return None
        if large:
            return next(iter(self.ready()), None)
        if dialect.max_event_names is not None:
            return None
        return min(self.ready(), key=lambda one: (one.large, len(one.in_hand)), default=None)

    async def _hire(self) -> None:
        if self._ending:
            return
        try:
            one = await Worker.started(self)
        except OSError as error:  # the system has no process to give now
            self._again(f"a worker could not be started: {error}")
            return
        if not one.is_over:  # else its successor is on its way
            self._workers.append(one)

    def _look(self) -> None:
        """Look after all of them, again and again."""
        for one in list(self._workers):
            one.look()
        if not self._ending:
            asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def worked(self) -> None:
        """Say that one is ready: it can be done."""
        self._pause = PAUSE_SECONDS

    def left(self, one: "Worker", how: str) -> None:
        """Replace one that has ended."""
        if one in self._workers:
            self._workers.remove(one)
        self._again(how)

    def _again(self, how: str) -> None:
        """Have one start after a pause, longer each time until one is ready."""
        if not self._ending:
            self.terms.log({"level": "ERROR", "unexpected": 1, "error": how})
            loop = asyncio.get_running_loop()
            loop.call_later(self._pause, lambda: loop.create_task(self._hire()))
            self._pause = min(2 * self._pause, MOST_PAUSE_SECONDS)


def _answered(worker: Worker, event: dict[str, Any], *, large: bool) -> dict[str, Any]:
    """Return a worker's answer, or where it ended and nothing was stored the vendor's refusal."""
    try:
        return worker.ask(event, large=large)
    except RequestRefused as refused:
        request = Request.from_gateway(event)
        dialect = registry.dialect_at(request.path)
        assert dialect
        reply = dialect.refuse(request, refused).with_headers(refusal_headers(refused.reason))
        cors = origins.answer_headers(request.headers) if dialect.cors else {}
        return reply.with_headers(cors).to_gateway()
