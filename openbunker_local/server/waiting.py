"""`x-openbunker-wait: visible`: an answer is held back until a question can find what it accepted.

For smoke checks and CI. The answer is late, never another one: what was accepted stays accepted
whatever becomes of the waiting. The deployed functions say `ignored`, which is seen here.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import replace
from time import monotonic

from openbunker.web.http import WAIT_HEADER, WAIT_IGNORED, Request
from openbunker_local.server.gateway import HttpRequest, HttpResponse, gateway_event
from openbunker_local.server.sender import key_of, written_to

SECONDS, LOOK_SECONDS = 10.0, 0.01
MOST_OF_KEY, MOST = 8, 64
VISIBLE, NOT_YET, TOO_MANY = "visible", "not_yet", "too_many"

# Names of what is not delivered yet. Of several stages, what leaves one enters the next.
Stage = Callable[[], Set[str]]
Sleep = Callable[[float], Awaitable[None]]


def no_stages() -> Sequence[Stage]:
    """Wait for nothing."""
    return ()


class Waiting:
    """The answers that are held back. Of one event loop."""

    def __init__(
        self,
        stages: Callable[[], Sequence[Stage]] = no_stages,
        sleep: Sleep = asyncio.sleep,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._stages = stages
        self._sleep = sleep
        self._seconds = seconds
        self._of_key: Counter[str] = Counter()

    async def held(self, request: HttpRequest, answer: HttpResponse) -> HttpResponse:
        """Return an answer as it is, or when what it accepted is visible, where that was asked."""
        if answer.headers.get(WAIT_HEADER) != WAIT_IGNORED or answer.status >= 300:
            return answer
        key = _key(request)
        if self._of_key[key] >= MOST_OF_KEY or self._of_key.total() >= MOST:
            return _with(answer, TOO_MANY)
        self._of_key[key] += 1
        try:
            return _with(answer, VISIBLE if await self._gone() else NOT_YET)
        finally:
            self._of_key[key] -= 1
            if not self._of_key[key]:
                del self._of_key[key]

    async def _gone(self) -> bool:
        """Return whether all that waits now is delivered in time."""
        end = self._seconds() + SECONDS
        for stage in self._stages():
            before = stage()
            while before and before & stage():
                if self._seconds() > end:
                    return False
                await self._sleep(LOOK_SECONDS)
        return True


def _with(answer: HttpResponse, told: str) -> HttpResponse:
    return replace(answer, headers={**answer.headers, WAIT_HEADER: told})


def _key(http: HttpRequest) -> str:
    request = Request.from_gateway(gateway_event(http, http.raw_path, 0))
    dialect = written_to(request)
    return (dialect and key_of(request, dialect)) or ""
