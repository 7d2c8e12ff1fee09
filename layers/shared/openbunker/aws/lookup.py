"""Where a host's name leads: asked apart, because the system's look-up cannot be told to hurry.

Knows no connection and no protocol.
"""

import socket
from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import Any

# What `socket.getaddrinfo` returns: family, type, protocol, canonical name, address.
Place = tuple[Any, Any, int, str, Any]
Resolve = Callable[[bytes, int], Sequence[Place]]

# Where the last answer will do, a new one is waited for so long: most of the time is for the call.
FRESH_SECONDS = 0.2


def resolve(host: bytes, port: int) -> Sequence[Place]:
    """Ask the system, which may take its time. A name in bytes needs no table of Unicode's."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Lookup:
    """The look-up of one name. While it hangs, the last answer does; there is one at a time."""

    def __init__(self, host: bytes, port: int, ask: Resolve = resolve) -> None:
        self._host, self._port, self._ask = host, port, ask
        self._known: Sequence[Place] = ()
        self._running: _Question | None = None

    def places(self, seconds: float) -> Sequence[Place]:
        """Return the places, at least one, within `seconds`. Raises OSError."""
        running = self._running = self._running or self._begun()
        if running.ended.wait(min(seconds, FRESH_SECONDS) if self._known else seconds):
            self._running = None
            self._known = running.found or self._known
        if not self._known:
            raise running.failure or TimeoutError("the name's address did not come in time")
        return self._known

    def _begun(self) -> "_Question":
        question = _Question()
        thread = Thread(target=question.run, args=(self._ask, self._host, self._port), daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no thread to give
            raise OSError("the name cannot be looked up") from error
        return question


class _Question:
    """One question to the system, and what came of it once it has ended."""

    def __init__(self) -> None:
        self.ended = Event()
        self.found: Sequence[Place] = ()
        self.failure: OSError | None = None

    def run(self, ask: Resolve, host: bytes, port: int) -> None:
        """Ask and keep the answer."""
        try:
            self.found = ask(host, port)
        except OSError as error:
            self.failure = error
        finally:
            self.ended.set()
