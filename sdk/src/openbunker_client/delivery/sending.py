"""One batch over the transport, and what is said of its events afterwards. No state, no retry."""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Callable, Sequence
from functools import partial

from openbunker_client.delivery import answers
from openbunker_client.model import Again, Answer, Item, Request, Told, Transport, Unsent
from openbunker_client.settings import Settings

__version__ = "0.1.0"
USER_AGENT = f"openbunker-client-python/{__version__}"
_log = logging.getLogger("openbunker_client")


def sender(
    settings: Settings, transport: Transport, wall: Callable[[], float] = time.time
) -> Callable[[list[Item]], Answer]:
    """Return what sends a batch and says what came of it. It raises no Exception."""

    def send(batch: list[Item]) -> Answer:
        try:
            response = transport(request(settings, [item.body for item in batch]))
        except Exception as error:  # a transport may be the user's: whatever it raises
            cause = f"{type(error).__name__}: {error!s:.200}"
            answer: Answer = Again(cause, unclear=_was_heard(error))
        else:
            answer = answers.read(response, len(batch), wall)
        if isinstance(answer, Again):
            _log.warning(
                "%d event(s) were not taken, to be sent again: %s", len(batch), answer.cause
            )
        return answer

    return send


def _was_heard(error: Exception) -> bool:
    """Return whether a server may have read the request that failed so."""
    if isinstance(error, OSError):
        heard = isinstance(error, ConnectionError | TimeoutError)
        return heard and not isinstance(error, ConnectionRefusedError)
    return True


def request(settings: Settings, bodies: Sequence[bytes]) -> Request:
    """Return the request that carries these events."""
    headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT}
    body = b"[" + b",".join(bodies) + b"]"
    if settings.gzip:
        packer = zlib.compressobj(wbits=31)
        body = packer.compress(body) + packer.flush()
        headers["Content-Encoding"] = "gzip"
    return Request("POST", settings.batch_url, headers, body)


def teller(settings: Settings) -> Callable[[list[Told]], None]:
    """Return what logs events that will not be sent and calls the user's callbacks with them."""

    def tell(told: list[Told]) -> None:
        for dropped in (False, True):
            found = [one for one in told if one.dropped is dropped]
            if found:
                end = "dropped" if dropped else "refused"
                _log.error("%d event(s) were %s: %s", len(found), end, found[0].message)
            callback = settings.on_drop if dropped else settings.on_refused
            for one in found:
                call(callback, partial(one.item.unsent, one.reason, one.message))

    return tell


def worth_a_line(count: int) -> bool:
    """Return whether the log is told of the 1st, 2nd, 4th, … time: each would drown it."""
    return count & (count - 1) == 0


def call(callback: Callable[[Unsent], object] | None, unsent: Callable[[], Unsent]) -> None:
    """Call a user's callback, if there is one; what it raises is logged and harms nothing."""
    if callback is None:
        return
    try:
        callback(unsent())
    except Exception:
        _log.exception("a callback of the client failed")
