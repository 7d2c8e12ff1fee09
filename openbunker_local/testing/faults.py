"""Faults on demand: answers that tests ask for, so that they see their clients send again."""

from dataclasses import asdict, dataclass, replace
from threading import Lock
from typing import Any

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.web import origins
from openbunker.web.http import Reply, Request, refusal_headers
from openbunker.wire.dialect import Dialect
from openbunker_local.server.sender import key_of

TEXT = "The test asked for this answer."
MAX_TIMES, MAX_RETRY_SECONDS = 1_000_000, 3_600
MAX_FAULTS = 1_000
_REASONS = {
    401: Reason.UNKNOWN_KEY,
    413: Reason.PAYLOAD_TOO_LARGE,
    429: Reason.RATE_LIMITED,
    503: Reason.STREAM_UNAVAILABLE,
}


class FaultRefused(Exception):
    """The fault cannot be meant; the message says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer for the next requests. `key`: of this key alone. `stored`: after it was stored."""

    status: int = 503
    times: int = 1
    key: str | None = None
    stored: bool = False
    retry_after: int | None = None


class Faults:
    """The faults that wait for their requests, the oldest first. Threads may share it."""

    def __init__(self) -> None:
        self._changing = Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let a fault wait. Raises FaultRefused."""
        with self._changing:
            if len(self._waiting) >= MAX_FAULTS:
                raise FaultRefused(f"{MAX_FAULTS} faults wait already")
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all that wait."""
        with self._changing:
            self._waiting = []

    def told(self) -> list[dict[str, Any]]:
        """Return the faults that wait; `times` is how often they will still strike."""
        with self._changing:
            return [asdict(fault) for fault in self._waiting]

    def take(self, request: Request, dialect: Dialect) -> Fault | None:
        """Return the fault that strikes a request to a write route, and count it."""
        with self._changing:
            if not self._waiting:
                return None
            key = key_of(request, dialect)
            for at, fault in enumerate(self._waiting):
                if fault.key in (None, key):
                    left = replace(fault, times=fault.times - 1)
                    self._waiting[at : at + 1] = [left] if left.times else []
                    return fault
        return None


def parsed(body: object) -> Fault:
    """Return the fault of a request's JSON. Raises FaultRefused."""
    if not isinstance(body, dict) or (unknown := set(body) - set(Fault.__slots__)):
        known = ", ".join(Fault.__slots__)
        raise FaultRefused(
            f"a fault is an object of {known}"
            + (f", not of {', '.join(sorted(unknown))}" if isinstance(body, dict) else "")
        )
    fault = Fault(**body)
    _hold_whole("status", fault.status, 400, 599)
    _hold_whole("times", fault.times, 1, MAX_TIMES)
    if fault.retry_after is not None:
        _hold_whole("retry_after", fault.retry_after, 0, MAX_RETRY_SECONDS)
    if not isinstance(fault.key, str | None) or not isinstance(fault.stored, bool):
        raise FaultRefused("key is a text, stored is true or false")
    return fault


def reply(fault: Fault, request: Request, dialect: Dialect) -> Reply:
    """Return the answer of a fault, in the dialect's shape."""
    reason = _REASONS.get(fault.status, Reason.STREAM_UNAVAILABLE)
    told = dialect.refuse(request, RequestRefused(reason, TEXT))
    told = told.with_headers(refusal_headers(reason, fault.retry_after))
    if dialect.cors:
        told = told.with_headers(origins.answer_headers(request.headers))
    return replace(told, status=fault.status)


def _hold_whole(name: str, value: object, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise FaultRefused(f"{name} is a whole number from {least} to {most}")
