"""The outermost guard of every handler: whatever happens inside, a client gets an answer.

Holds the only catch-alls of the repository. A bug of ours is a 503 that is logged and counted as
unexpected; it is never a 2xx and never silent.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.web.http import Reply, refusal_headers

Log = Callable[[Mapping[str, Any]], None]


def guarded(
    answer: Callable[[], Reply], refuse: Callable[[RequestRefused], Reply], log: Log
) -> Reply:
    """Return the answer, or the refusal in the caller's shape with our headers. Never raises."""
    try:
        return answer()
    except RequestRefused as error:
        # Not kept in a local: its traceback holds this frame, a cycle for each refusal.
        return _refusal(error, refuse)
    except Exception as error:
        log({"level": "ERROR", "unexpected": 1, "error": type(error).__name__, "at": _place(error)})
        return _refusal(RequestRefused(Reason.INTERNAL_ERROR, "Internal error"), refuse)


def attempt(action: Callable[[], None], log: Log) -> bool:
    """Do what must not change the answer; a bug in it is logged and counted as unexpected.

    Return whether there was none.
    """
    try:
        action()
    except Exception as error:
        log({"level": "ERROR", "unexpected": 1, "error": type(error).__name__, "at": _place(error)})
        return False
    return True


def _refusal(refused: RequestRefused, refuse: Callable[[RequestRefused], Reply]) -> Reply:
    headers = refusal_headers(refused.reason, refused.retry_after_seconds)
    return replace(refuse(refused).with_headers(headers), cause=refused.cause)


def plain_refusal(refused: RequestRefused) -> Reply:
    """Answer where no vendor's shape applies: `{"error": text, "code": reason}`."""
    body = {"error": refused.message, "code": refused.reason.value}
    return Reply(refused.reason.facts.status, body, refusal_headers(refused.reason))


def _place(error: BaseException) -> str:
    """Return where the error arose. Its text stays out: it may quote what a client sent."""
    trace, place = error.__traceback__, "?"
    while trace:
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
