"""The client people use: `track`, `batch`, `flush`, `receipt`. Its threads are the engine's."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from openbunker_client.delivery import sending
from openbunker_client.delivery.core import Core
from openbunker_client.delivery.engine import Engine
from openbunker_client.delivery.outbox import Outbox
from openbunker_client.events import Given, id_of
from openbunker_client.intake import Intake
from openbunker_client.model import Overflow, Report, Transport, Unsent
from openbunker_client.settings import Settings, check

if TYPE_CHECKING:
    from openbunker_client.delivery.spool import Spool

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Client:
    """Sends events to a collector in the background. Threads may share one; make one a process.

    `track` never raises and, with `overflow="drop"` or a `spool`, never waits. What will not be
    sent is told to `on_refused` (the event is at fault) or `on_drop` (it was given up).
    """

    def __init__(
        self,
        client_id: str,
        api_url: str,
        *,
        batch_size: int = 100,
        batch_timeout: float = 2.0,
        max_queue_size: int = 10_000,
        overflow: Overflow = "block",
        spool: str | PathLike[str] | None = None,
        on_drop: Callable[[Unsent], object] | None = None,
        on_refused: Callable[[Unsent], object] | None = None,
        gzip: bool = False,
        timeout: float = 10.0,
        max_retries: int = 10,
        query_key: str | None = None,
        exit_timeout: float = 10.0,
        transport: Transport | None = None,
    ) -> None:
        """Check the settings and take over what an earlier process left in the spool.

        Times are seconds: `batch_timeout` until an incomplete batch is sent, `timeout` for one
        request, `exit_timeout` for the flush when the interpreter ends. `max_retries` holds for
        events in memory; those in a spool are tried until the server answers. `transport` sends
        one request in place of HTTP. Raises ValueError for what cannot work, OSError for a spool
        folder that cannot be made.
        """
        folder = Path(spool) if spool is not None else None
        self._settings = check(
            Settings(
                client_id, api_url, batch_size, batch_timeout, max_queue_size, overflow, folder,
                on_drop, on_refused, gzip, timeout, max_retries, query_key, exit_timeout,
            )
        )  # fmt: skip
        self._transport, forget = _transport(self._settings, transport)
        self._engine = _engine(self._settings, self._transport, forget)
        self._intake = Intake(self._settings, self._engine)
        self.blocks = overflow == "block"

    def track(
        self,
        name: str,
        properties: Mapping[str, Any] | None = None,
        *,
        anonymous_id: str | None = None,
        session_id: str | None = None,
        timestamp: int | datetime | None = None,
        event_id: str | None = None,
    ) -> str:
        """Take an event in and return its id, which every try carries: a retry never doubles.

        `timestamp` is milliseconds since 1970 or a datetime with a zone; by default now. Values
        are read here, so changing them later changes nothing. Raises nothing.
        """
        event_id = id_of(event_id)
        given = Given(name, properties, anonymous_id, session_id, timestamp, event_id)
        body = self._intake.encoded(given)
        if body is not None and not self._engine.put(body, block=self.blocks):
            self._intake.drop(body)
        return event_id

    def batch(self, items: Iterable[Mapping[str, Any]]) -> list[str]:
        """Take in any number of events: mappings with the words of `track`; return their ids."""
        return [
            self.track(**found) if isinstance(found, dict) else found
            for found in map(self._intake.arguments, items)
        ]

    def flush(self, timeout: float = 10.0) -> Report:
        """Send what was tracked before; return the counts, after `timeout` seconds at most."""
        return self._engine.flush(timeout)

    def close(self, timeout: float = 10.0) -> Report:
        """Flush and stop. What is left stays in the spool; without one it is dropped and told."""
        return self._engine.close(timeout)

    def report(self) -> Report:
        """Return the counts as they are now."""
        return self._engine.report()

    def receipt(self, event_id: str) -> dict[str, Any] | None:
        """Ask the server what became of an event; None if it knows none of this id.

        Needs `query_key`. Raises ReceiptUnavailable when it cannot be told, ValueError for no id.
        """
        from openbunker_client import receipts  # noqa: PLC0415  not at import

        return receipts.ask(self._settings, self._transport, event_id)

    def lambda_handler(self, handler: Handler) -> Handler:
        """Decorate an AWS Lambda handler: it returns when its events are sent, or just in time.

        Lambda awaits nothing: an `async` handler is run in a loop of its own. Called where a loop
        runs, as by a test, it returns what is to be awaited.
        """
        from openbunker_client import lambdas  # noqa: PLC0415  not at import

        return lambdas.flushing(self, handler)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _transport(settings: Settings, given: Transport | None) -> tuple[Transport, Callable[[], None]]:
    if given is not None:
        return given, lambda: None
    from openbunker_client.delivery.transport import HttpTransport  # noqa: PLC0415  not at import

    http = HttpTransport(settings.base_url, settings.timeout)
    return http, http.forget


def _engine(settings: Settings, transport: Transport, forget: Callable[[], None]) -> Engine:
    def outbox() -> Outbox:
        core = Core(
            batch_size=settings.batch_size,
            batch_timeout=settings.batch_timeout,
            max_queue_size=settings.max_queue_size,
            max_retries=None if settings.spool else settings.max_retries,
            random=random.random,
        )
        return Outbox(core, _spool(settings), settings.batch_timeout, time.monotonic())

    return Engine(
        outbox=outbox,
        send=sending.sender(settings, transport),
        tell=sending.teller(settings),
        forget=forget,
        clock=time.monotonic,
        exit_timeout=settings.exit_timeout,
    )


def _spool(settings: Settings) -> Spool | None:
    if settings.spool is None:
        return None
    try:
        from openbunker_client.delivery.spool import Spool  # noqa: PLC0415  not at import
    except ImportError as error:  # there is no fcntl
        raise ValueError("spool: needs a POSIX system") from error
    return Spool(settings.spool, settings.client_id)
