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
    """Return a handler that flushes before it returns or raises, at most until its deadline."""

    @functools.wraps(handler)
    def handle(event: Any, context: Any) -> Any:
        try:
            result = handler(event, context)
            return _awaited(result) if isinstance(result, CoroutineType) else result
        finally:
            report = client.flush(_time_left(context))
            if report.pending:
                _log.warning("%d event(s) are left for the next invocation", report.pending)

    return cast("Handler", handle)


def _awaited(running: CoroutineType[Any, Any, Any]) -> Any:
    import asyncio  # noqa: PLC0415  who has no such handler need not load it

    return asyncio.run(running)


def _time_left(context: Any) -> float:
    """Return the seconds until shortly before the deadline."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    if remaining is None:
        return WITHOUT_DEADLINE
    return max(0.0, float(remaining()) / 1000 - MARGIN)
