"""Whose credentials sign: what stands in the environment, or what an endpoint hands out for a time.

Lambda puts a role's credentials into the environment; with SnapStart it serves them from an
endpoint instead, because those of a snapshot end. The latter is `container`'s.
"""

from collections.abc import Callable
from typing import Protocol

from openbunker.aws.sigv4 import Credentials

# So long before their end others are asked for, and so long after a failure again.
AHEAD_MS = 5 * 60 * 1000
PAUSE_MS = 10 * 1000


class Source(Protocol):
    """Where a client has its credentials from, anew for each request."""

    def current(self, now_ms: int, /) -> Credentials:
        """Return credentials that are good at a time. Raises CredentialsUnavailable."""

    def refused(self, credentials: Credentials, /) -> bool:
        """Hear that the service takes these no longer; return whether there may be others."""


class CredentialsUnavailable(Exception):
    """Nobody hands out credentials: no request can be signed."""


class Given:
    """A Source of credentials that are what they are."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def current(self, _now_ms: int) -> Credentials:
        """Return them."""
        return self._credentials

    def refused(self, _credentials: Credentials) -> bool:
        """Say that there are no others."""
        return False


def source_of(credentials: Credentials | Source) -> Source:
    """Return a source as it is, and credentials as one."""
    return Given(credentials) if isinstance(credentials, Credentials) else credentials


class Lent:
    """A Source of credentials that end: asks for others ahead of that. Not for several threads.

    `borrow` returns credentials and when they end, in milliseconds since the epoch; it raises
    CredentialsUnavailable. While it does, those at hand are used as long as they are good.
    """

    def __init__(self, borrow: Callable[[], tuple[Credentials, int]]) -> None:
        self._borrow = borrow
        self._held: Credentials | None = None
        self._ends_ms = self._asks_ms = 0

    def current(self, now_ms: int) -> Credentials:
        """Return credentials that are good at a time. Raises CredentialsUnavailable."""
        if self._held is None or now_ms >= self._asks_ms:
            self._ask(now_ms)
        assert self._held is not None
        return self._held

    def refused(self, credentials: Credentials) -> bool:
        """Forget them, so that others are asked for."""
        if credentials is self._held:
            self._held = None
        return True

    def _ask(self, now_ms: int) -> None:
        try:
            self._held, self._ends_ms = self._borrow()
        except CredentialsUnavailable:
            if self._held is None or now_ms >= self._ends_ms:
                raise
            self._asks_ms = now_ms + PAUSE_MS
        else:
            self._asks_ms = max(self._ends_ms - AHEAD_MS, now_ms + PAUSE_MS)
