"""Whether whoever asked is still there: what was begun for them is ended when they leave. No I/O.

The server says who leaves; what waits or works for somebody says how it is ended.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock


class Presence:
    """Somebody who asked, until they leave. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left = False
        self._ends: list[Callable[[], object]] = []

    @property
    def left(self) -> bool:
        """Whether nobody is there any more."""
        return self._left

    def leave(self) -> None:
        """End what is under way. Returns when no end is running any more."""
        with self._lock:
            self._left = True
            for end in self._ends:
                end()

    @contextmanager
    def ended_by(self, end: Callable[[], object]) -> Iterator[None]:
        """Call `end` if they leave during the block, or have left before; never after it."""
        with self._lock:
            self._ends.append(end)
            if self._left:
                end()
        try:
            yield
        finally:
            with self._lock:
                self._ends.remove(end)


# Who is not told of is there for ever.
CURRENT: ContextVar[Presence] = ContextVar("presence", default=Presence())  # noqa: B039
