"""AWS Lambda: the process is frozen once the handler has returned, so it must not return before
its events are sent. What a freeze interrupts is sent again, with the same ids, after the thaw.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from types import CoroutineType
from typing import Any, Protocol, TypeVar, cast

from openbunker_client.model import Report

# What the handler's own answer and the log line need of the time that is left.
MARGIN = 0.5
WITHOUT_DEADLINE = 10.0

Handler = TypeVar("Handler", bound=Callable[..., Any])
_log = logging.getLogger("openbunker_client")


class Flushes(Protocol):
    """What is needed of a client."""

    def flush(self, timeout: float = ...) -> Report:
        """Send what was tracked."""


def flushing(client: Flushes, handler: Handler) -> Handler:
    """Return a handler that flushes before it returns or raises, at most until its deadline.

    An `async` one that is called while a loop runs, by a test or a framework, is returned to be
    awaited, and flushes at its end; by Lambda it is run in a loop of its own.
    """

    def flush(context: Any) -> None:
        report = client.flush(_time_left(context))
        if report.pending:
            _log.warning("%d event(s) are left for the next invocation", report.pending)

    @functools.wraps(handler)
    def handle(event: Any, context: Any) -> Any:
        awaited = False
        try:
            result = handler(event, context)
            if isinstance(result, CoroutineType):
                awaited = _loop_runs()
                end = functools.partial(flush, context)
                return _flushed(result, end) if awaited else _run(result)
            return result
        finally:
            if not awaited:
                flush(context)

    return cast("Handler", handle)


def _loop_runs() -> bool:
    import asyncio  # noqa: PLC0415  who has no such handler need not load it

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _run(handling: CoroutineType[Any, Any, Any]) -> Any:
    import asyncio  # noqa: PLC0415  who has no such handler need not load it

    return asyncio.run(handling)


async def _flushed(handling: CoroutineType[Any, Any, Any], flush: Callable[[], None]) -> Any:
    """Await it, and then the flush, which leaves the loop free."""
    import asyncio  # noqa: PLC0415  who has no such handler need not load it

    try:
        return await handling
    finally:
        await asyncio.to_thread(flush)


def _time_left(context: Any) -> float:
    """Return the seconds until shortly before the deadline."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    if remaining is None:
        return WITHOUT_DEADLINE
    return max(0.0, float(remaining()) / 1000 - MARGIN)
