"""`python -m openbunker_local.workers.child DESCRIPTOR DATA LOG`: walks requests for the server.

The socket is the server's hand: when it lets go, however it ended, so does this process, and every
request that it has in hand is without an answer, as the server's own would be. Holds no file but
the keys'. LOG: `all` lines, or those that were not `expected`.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import uvloop

from openbunker.core import ids
from openbunker.ingest import enrich, pipeline
from openbunker.ingest.services import Services
from openbunker.keys.cached import CachedKeyStore
from openbunker.sinks.failover import FailoverSink
from openbunker.sinks.firehose import FirehoseSink
from openbunker.wiring import system
from openbunker_local import memory
from openbunker_local.books.write import together
from openbunker_local.sqlite import desk as tenants
from openbunker_local.sqlite.keys import SqliteKeyStore
from openbunker_local.tasks import task
from openbunker_local.tasks.waiter import Waiter
from openbunker_local.thawed import thaw
from openbunker_local.workers import channel, remote
from openbunker_local.workers.channel import Channel

ALL = "all"
KEY_SECONDS = 2.0  # as the server's own


class Child:
    """Requests on their way through this process."""

    def __init__(self, keys: SqliteKeyStore, log: str) -> None:
        self._log_all = log == ALL
        self._ahead_ms = 0  # of the machine's clock, by the server's
        self._numbers = count()
        self._waiting: dict[int, Waiter] = {}
        self._told: dict[int, tuple[bool, Any]] = {}
        self._of: dict[task.Task | None, int] = {}  # the request that a task walks, or walked last
        self._services = self._made(keys)
        self.channel = Channel(self._hear, lambda: os._exit(0))

    def _hear(self, message: tuple[Any, ...]) -> None:
        kind, number, *rest = message
        if kind in (channel.TOLD, channel.FAILED):
            self._told[number] = kind == channel.TOLD, rest[0]
            self._waiting.pop(number).told()
        elif kind == channel.HEARS:
            self.channel.send(channel.HEARS, number)
        elif kind == channel.ASK:
            event, self._ahead_ms = rest
            task.start(lambda: self._answer(number, event), asyncio.get_running_loop())

    def _answer(self, number: int, event: dict[str, Any]) -> None:
        self._of[task.current()] = number
        reply = pipeline.serve(event, None, self._services)
        headers = {name: str(value) for name, value in reply["headers"].items()}
        self.channel.send(
            channel.ANSWER, number, int(reply["statusCode"]), headers, str(reply["body"])
        )

    def _ask(self, name: str, *given: Any) -> Any:
        number = next(self._numbers)
        waiter = self._waiting[number] = Waiter()
        self.channel.send(channel.CALL, number, name, given, self._of.get(task.current(), -1))
        waiter.wait()
        is_told, found = self._told.pop(number)
        if not is_told:
            raise RuntimeError(f"the server's {found} failed")  # the walk's guard answers 503
        return found

    def _log(self, line: Mapping[str, Any]) -> None:
        if self._log_all or line.get("unexpected"):
            self.channel.send(channel.LOG, 0, json.dumps(line))

    def _made(self, keys: SqliteKeyStore) -> Services:
        stream = FirehoseSink(
            remote.RemoteStream(self._ask), time.monotonic, task.sleep, system.fraction
        )
        spill = remote.RemoteSpill(self._ask)
        return Services(
            keys=CachedKeyStore(
                keys, time.monotonic, system.fraction, positive_seconds=KEY_SECONDS
            ),
            sink=FailoverSink(stream, spill, time.monotonic),
            now_ms=lambda: system.now_ms() + self._ahead_ms,
            new_ids=ids.new_ids,
            log=self._log,
            book=remote.RemoteBook(self._ask),
            together=together(lambda record, line: int(self._ask("together", record, line))),
            refused=remote.RemoteRefused(self._ask),
            buckets=remote.RemoteBuckets(self._ask),
            names=remote.RemoteNames(self._ask),
            country_header=enrich.COUNTRY_HEADER,
        )


def main(descriptor: int, data: Path, log: str) -> None:
    """Walk requests until the server lets go."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # the server drains, and ends this process
    os.umask(0o077)
    memory.give_back()
    with closing(SqliteKeyStore(data / tenants.FILE)) as keys:
        child = Child(keys, log)
        thaw()
        memory.search_seldom()
        uvloop.run(_serve(child, socket.socket(fileno=descriptor)))


async def _serve(child: Child, hand: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    hand.setblocking(False)
    await loop.create_unix_connection(lambda: child.channel, sock=hand)
    child.channel.send(channel.READY, 0)
    await asyncio.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
