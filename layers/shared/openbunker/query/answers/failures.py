"""What an engine's failure is to whoever asked: a reason of ours. No HTTP, no engine.

The engine's own words go to the log alone: they may name objects and hold pieces of a question.
"""

from collections.abc import Callable, Mapping
from typing import Any

from openbunker.core.errors import (
    QueryBusy,
    QueryTimedOut,
    QueryTooLarge,
    QueryUnavailable,
    RequestRefused,
    StoreDamaged,
)
from openbunker.core.reasons import Reason

TOO_LARGE = "This would read more than one question may. Ask about a shorter period."
TIMED_OUT = "This took too long and was cancelled. Ask again, or about a shorter period."
# By then a question that took all the time it may is over.
BUSY_SECONDS = 20

DAMAGED = (
    "What was stored and is needed here is damaged. Nothing is wrong with the request; whoever "
    "runs this server finds the file in its log."
)


def refusal(
    error: QueryUnavailable, text: str, log: Callable[[Mapping[str, Any]], None]
) -> RequestRefused:
    """Return what to raise for a failed statement; `text` is said of an outage."""
    if isinstance(error, QueryTooLarge):
        return RequestRefused(Reason.QUERY_TOO_LARGE, TOO_LARGE)
    if isinstance(error, QueryBusy):
        return RequestRefused(Reason.SERVER_BUSY, str(error), retry_after_seconds=BUSY_SECONDS)
    log({"level": "ERROR", "error": str(error)})
    if isinstance(error, QueryTimedOut):
        return RequestRefused(Reason.QUERY_TIMEOUT, TIMED_OUT)
    if isinstance(error, StoreDamaged):
        return RequestRefused(Reason.QUERY_UNAVAILABLE, DAMAGED)
    return RequestRefused(Reason.QUERY_UNAVAILABLE, text)
