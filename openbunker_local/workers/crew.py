"""The server's side of its workers: started, given requests, replaced when they end.

On the server's loop alone. A request goes to the worker that has fewest in hand; without one, or
in a thread, the server walks it itself. What a worker had in hand when it ended may be stored or
not: its client is told to send again, as it would see a server end.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from openbunker.wire import registry
from openbunker.wiring import system
from openbunker_local.server import weight
from openbunker_local.server.routes import Handler, imported
from openbunker_local.tasks import task
from openbunker_local.tasks.waiter import Waiter
from openbunker_local.workers import channel
from openbunker_local.workers.channel import Channel
from openbunker_local.workers.desk import Desk

COMMAND = (sys.executable, "-m", "openbunker_local.workers.child")
_ROOT = Path(__file__).parents[2]
# Until one that ended is replaced: doubled while they end before they are ready.
PAUSE_SECONDS, MOST_PAUSE_SECONDS = 0.5, 30.0
END_SECONDS = 5.0

# Functions whose requests are walked by workers.
TAKING = ("track", "batch")
MOST = 4
# What is shorter is walked sooner than handed over.
LEAST_BYTES = 4096


def for_cores() -> int:
    """Return how many workers keep this machine busy: the server waits more than it works."""
    cores = os.cpu_count() or 1
    return min(MOST, cores) if cores > 1 else 0


@dataclass(frozen=True, slots=True)
class Terms:
    """What workers are started with, and from which size on requests are theirs.

    `log_all`: all of their lines are wanted.
    """

    data: Path
    count: int
    least_bytes: int
    log_all: bool
    log: Callable[[Mapping[str, Any]], None]


@dataclass(slots=True)
class _Asked:
    """A request in a worker's hand. Without an answer when it is over, the worker has ended."""

    done: Waiter = field(default_factory=Waiter)
    answer: dict[str, Any] | None = None


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
            packed = _packed(event)
            if not weight.weighs(*packed, self.terms.least_bytes):
                return own(event, context)
            is_large = weight.is_large(*packed)
            if free := self._for(event, large=is_large):
                return free.ask(event, large=is_large)
            if is_large:  # nobody is left who would not hold up the loop
                return task.aside(lambda: own(event, context))
            return own(event, context)

        return answered

    def _for(self, event: dict[str, Any], *, large: bool) -> "Worker | None":
        """Return who is to walk an event, of all large ones the same: the rest go by them.

        None: the server itself, which alone knows names.
        """
        dialect = registry.dialect_at(event["routeKey"].partition(" ")[2])
        if dialect is None or dialect.max_event_names is not None:
            return None
        if large:
            return next(iter(self.ready()), None)
        return min(self.ready(), key=lambda one: (one.large, len(one.in_hand)), default=None)

    async def _hire(self) -> None:
        if not self._ending:
            one = await Worker.started(self)
            if not one.is_over:  # else its successor is on its way
                self._workers.append(one)

    def worked(self) -> None:
        """Say that one is ready: it can be done."""
        self._pause = PAUSE_SECONDS

    def left(self, one: "Worker", how: str) -> None:
        """Replace one that has ended."""
        if one in self._workers:
            self._workers.remove(one)
        if not self._ending:
            self.terms.log({"level": "ERROR", "unexpected": 1, "error": how})
            loop = asyncio.get_running_loop()
            loop.call_later(self._pause, lambda: loop.create_task(self._hire()))
            self._pause = min(2 * self._pause, MOST_PAUSE_SECONDS)


class Worker:
    """One process, and what it has in hand."""

    def __init__(self, crew: Crew, process: "subprocess.Popen[bytes]") -> None:
        self._crew = crew
        self._numbers = count()
        self.process = process
        self.in_hand: dict[int, _Asked] = {}
        self.large = 0  # of them
        self._calls = 0  # that are being served
        self.is_over = False
        self.is_ready = False
        self.channel = Channel(self._hear, self._ended)

    @classmethod
    async def started(cls, crew: Crew) -> "Worker":
        """Start a process."""
        here, there = socket.socketpair()
        with there:
            log = "all" if crew.terms.log_all else "unexpected"
            process = subprocess.Popen(  # noqa: S603  # our own module
                [*COMMAND, str(there.fileno()), str(crew.terms.data.absolute()), log],
                stdin=subprocess.DEVNULL,
                cwd=_ROOT,
                pass_fds=[there.fileno()],
                start_new_session=True,  # Ctrl-C is for the server, which ends it
            )
        one = cls(crew, process)
        here.setblocking(False)
        await asyncio.get_running_loop().create_unix_connection(lambda: one.channel, sock=here)
        return one

    def ask(self, event: dict[str, Any], *, large: bool = False) -> dict[str, Any]:
        """Return the answer to an event. In a task alone.

        Raises ConnectionAbortedError when the process has ended: nobody knows what was stored.
        """
        number, asked = next(self._numbers), _Asked()
        self.in_hand[number] = asked
        ahead_ms = self._crew.desk.services.now_ms() - system.now_ms()
        self.large += large
        self.channel.send(channel.ASK, number, event, ahead_ms)
        asked.done.wait()
        self.large -= large
        if asked.answer is None:
            raise ConnectionAbortedError("a worker ended")
        return asked.answer

    def end(self) -> None:
        """Wait for the process's end; what does not end is ended."""
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _hear(self, message: tuple[Any, ...]) -> None:
        kind, number, *rest = message
        if kind == channel.CALL:
            task.start(lambda: self._told(number, *rest), asyncio.get_running_loop())
        elif kind == channel.ANSWER:
            status, headers, body = rest
            asked = self.in_hand.pop(number)
            asked.answer = {"statusCode": status, "headers": headers, "body": body}
            asked.done.told()
        elif kind == channel.LOG:
            self._crew.terms.log(json.loads(rest[0]))
        else:
            self.is_ready = True
            self._crew.worked()

    def _told(self, number: int, name: str, given: tuple[Any, ...]) -> None:
        self._calls += 1
        told: tuple[Any, ...] = channel.FAILED, number, name  # or who asked would wait for ever
        try:
            told = channel.TOLD, number, self._crew.desk.answer(name, given)
        finally:
            self.channel.send(*told)
            self._calls -= 1
            self._let_go()

    def _ended(self) -> None:
        self.is_ready = False
        self.process.kill()
        code = self.process.wait()
        self.is_over = True
        self._crew.left(self, f"a worker ended ({code}) with {len(self.in_hand)} requests in hand")
        self._let_go()

    def _let_go(self) -> None:
        """Give up what it had in hand when it ended, once nothing more of it can be stored."""
        if self.is_over and not self._calls:
            left, self.in_hand = self.in_hand, {}
            for asked in left.values():
                asked.done.told()


def _packed(event: dict[str, Any]) -> tuple[bytes | str, str | None]:
    """Return an event's body as it was sent, and how it is encoded."""
    body: str = event["body"]
    if not event["isBase64Encoded"] or len(body) > 2 * weight.LARGE_BYTES:  # large as it is
        return body, None
    return b64decode(body), event["headers"].get("content-encoding")
