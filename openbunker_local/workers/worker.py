"""One worker, from the server's side: a process, what it has in hand, and whether it still hears.

A request that is not answered is told 503 where the worker had asked for nothing to be stored, and
gets no answer where it had: nobody knows what it would have been told. On the server's loop alone.
"""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.wiring import system
from openbunker_local.tasks import task
from openbunker_local.tasks.waiter import Waiter
from openbunker_local.workers import channel
from openbunker_local.workers.channel import Channel
from openbunker_local.workers.desk import STORING, Desk

COMMAND = (sys.executable, "-m", "openbunker_local.workers.child")
_ROOT = Path(__file__).parents[2]
END_SECONDS = 5.0
# Looks, a second apart, at one that says nothing: while it has something in hand, or starts.
SILENT_LOOKS, STARTING_LOOKS = 10, 60
NOT_WALKED = "Who worked on this has ended and nothing of it was stored; send it again later."


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
    stores: bool = False  # the worker has asked for something of it to be kept


class Owner(Protocol):
    """Whose worker it is."""

    desk: Desk
    terms: Terms

    def worked(self) -> None:
        """Hear that one is ready."""

    def left(self, one: "Worker", how: str) -> None:
        """Hear that one has ended."""


class Worker:
    """One process, and what it has in hand."""

    def __init__(self, owner: Owner, process: "subprocess.Popen[bytes]") -> None:
        self._owner = owner
        self._numbers = count()
        self.process = process
        self.in_hand: dict[int, _Asked] = {}
        self.large = 0  # of them
        self._calls = 0  # that are being served
        self.is_over = False
        self.is_ready = False
        self._silent = 0  # looks since it was asked whether it hears
        self.channel = Channel(self._hear, self._ended)

    @classmethod
    async def started(cls, owner: Owner) -> "Worker":
        """Start a process. Raises OSError where the system has none to give."""
        here, there = socket.socketpair()
        log = "all" if owner.terms.log_all else "unexpected"
        try:
            process = subprocess.Popen(  # noqa: S603  # our own module
                [*COMMAND, str(there.fileno()), str(owner.terms.data.absolute()), log],
                stdin=subprocess.DEVNULL,
                cwd=_ROOT,
                pass_fds=[there.fileno()],
                start_new_session=True,  # Ctrl-C is for the server, which ends it
            )
        except OSError:
            here.close()
            raise
        finally:
            there.close()
        one = cls(owner, process)
        here.setblocking(False)
        await asyncio.get_running_loop().create_unix_connection(lambda: one.channel, sock=here)
        return one

    def ask(self, event: dict[str, Any], *, large: bool = False) -> dict[str, Any]:
        """Return the answer to an event. In a task alone.

        Raises RequestRefused when the process has ended before anything was stored, and
        ConnectionAbortedError when nobody knows.
        """
        number, asked = next(self._numbers), _Asked()
        self.in_hand[number] = asked
        ahead_ms = self._owner.desk.services.now_ms() - system.now_ms()
        self.large += large
        self.channel.send(channel.ASK, number, event, ahead_ms)
        asked.done.wait()
        self.large -= large
        if asked.answer is None and not asked.stores:
            raise RequestRefused(Reason.INTERNAL_ERROR, NOT_WALKED)
        if asked.answer is None:
            raise ConnectionAbortedError("a worker ended")
        return asked.answer

    def look(self) -> None:
        """End one that has been silent for too long; ask one that has something in hand.

        Counted in looks, not in seconds: while the server itself stands still, nobody is silent.
        """
        if self._silent > (SILENT_LOOKS if self.is_ready else STARTING_LOOKS):
            self.process.kill()
        elif self.in_hand or self._silent or not self.is_ready:
            if not self._silent:
                self.channel.send(channel.HEARS, 0)
            self._silent += 1

    def end(self) -> None:
        """Wait for the process's end; what does not end is ended."""
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _hear(self, message: tuple[Any, ...]) -> None:
        kind, number, *rest = message
        self._silent = 0
        if kind == channel.CALL:
            task.start(lambda: self._told(number, *rest), asyncio.get_running_loop())
        elif kind == channel.ANSWER:
            status, headers, body = rest
            asked = self.in_hand.pop(number)
            asked.answer = {"statusCode": status, "headers": headers, "body": body}
            asked.done.told()
        elif kind == channel.LOG:
            self._owner.terms.log(json.loads(rest[0]))
        elif kind == channel.READY:
            self.is_ready = True
            self._owner.worked()

    def _told(self, number: int, name: str, given: tuple[Any, ...], of: int) -> None:
        self._calls += 1
        if name in STORING and of in self.in_hand:
            self.in_hand[of].stores = True
        told: tuple[Any, ...] = channel.FAILED, number, name  # or who asked would wait for ever
        try:
            told = channel.TOLD, number, self._owner.desk.answer(name, given)
        finally:
            self.channel.send(*told)
            self._calls -= 1
            self._let_go()

    def _ended(self) -> None:
        self.is_ready = False
        self.process.kill()
        code = self.process.wait()
        self.is_over = True
        self._owner.left(self, f"a worker ended ({code}) with {len(self.in_hand)} requests in hand")
        self._let_go()

    def _let_go(self) -> None:
        """Give up what it had in hand when it ended, once nothing more of it can be stored."""
        if self.is_over and not self._calls:
            left, self.in_hand = self.in_hand, {}
            for asked in left.values():
                asked.done.told()
