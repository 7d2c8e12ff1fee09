"""The asyncio driver: the surface of `Client`, awaitable. Loaded only when it is used.

It waits on the loop while the engine's thread sends. So it needs no task of its own, outlives a
loop, and holds what `Client` promises about forks, exits and spools.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from os import PathLike
from typing import Any, Self, TypedDict, TypeVar, Unpack

from openbunker_client.client import Client
from openbunker_client.events import Given, id_of
from openbunker_client.model import Overflow, Report, Transport, Unsent

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Options(TypedDict, total=False):
    """The keyword arguments of `Client`."""

    batch_size: int
    batch_timeout: float
    max_queue_size: int
    overflow: Overflow
    spool: str | PathLike[str] | None
    on_drop: Callable[[Unsent], object] | None
    on_refused: Callable[[Unsent], object] | None
    gzip: bool
    timeout: float
    max_retries: int
    query_key: str | None
    exit_timeout: float
    transport: Transport | None


class AsyncClient:
    """As `Client`: waiting for room, for a flush or for a receipt leaves the loop free.

    The callbacks and the transport run in the sending thread, not on the loop.
    """

    def __init__(self, client_id: str, api_url: str, **options: Unpack[Options]) -> None:
        """Take what `Client` takes, and raise what it raises."""
        self._client = Client(client_id, api_url, **options)
        self._engine = self._client._engine
        self._intake = self._client._intake

    async def track(
        self,
        name: str,
        properties: Mapping[str, Any] | None = None,
        *,
        anonymous_id: str | None = None,
        session_id: str | None = None,
        timestamp: int | datetime | None = None,
        event_id: str | None = None,
    ) -> str:
        """Take an event in and return its id. Cancelled while it waits, it took nothing."""
        event_id = id_of(event_id)
        given = Given(name, properties, anonymous_id, session_id, timestamp, event_id)
        body = self._intake.encoded(given)
        if body is not None and not self._engine.put(body, block=False):
            came_in = self._client.blocks and await self._put(body)
            if not came_in:
                self._intake.drop(body)
        return event_id

    async def batch(self, items: Iterable[Mapping[str, Any]]) -> list[str]:
        """Take in any number of events: mappings with the words of `track`; return their ids."""
        found = map(self._intake.arguments, items)
        return [await self.track(**one) if isinstance(one, dict) else one for one in found]

    async def flush(self, timeout: float = 10.0) -> Report:
        """Send what was tracked before; return the counts, after `timeout` seconds at most."""
        mark = self._engine.begin_flush()
        try:
            async with asyncio.timeout(timeout if timeout > 0 else 0):  # not for ever, as by NaN
                await self._until(lambda: self._engine.flushed(mark) or self._engine.closed)
        except TimeoutError:
            pass
        finally:
            self._engine.end_flush(mark)
        return self._engine.report()

    async def close(self, timeout: float = 10.0) -> Report:
        """Flush and stop. What is left stays in the spool; without one it is dropped and told."""
        await self.flush(timeout)
        return self._client.close(0)

    def report(self) -> Report:
        """Return the counts as they are now."""
        return self._engine.report()

    async def receipt(self, event_id: str) -> dict[str, Any] | None:
        """Ask the server what became of an event, as `Client.receipt` does."""
        return await asyncio.to_thread(self._client.receipt, event_id)

    def lambda_handler(self, handler: Handler) -> Handler:
        """Decorate an AWS Lambda handler, as `Client.lambda_handler` does; it may be `async`."""
        return self._client.lambda_handler(handler)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def _put(self, body: bytes) -> bool:
        """Wait for room; False when the client is closed."""
        await self._until(lambda: self._engine.put(body, block=False) or self._engine.closed)
        return not self._engine.closed

    async def _until(self, holds: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        while True:
            changed = asyncio.Event()
            watcher = partial(_set, loop, changed)
            self._engine.watch(watcher)
            try:
                if holds():
                    return
                await changed.wait()
            finally:
                self._engine.unwatch(watcher)


def _set(loop: asyncio.AbstractEventLoop, changed: asyncio.Event) -> None:
    """Wake a waiter of a loop, from any thread; one whose loop is over waits no more."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(changed.set)
