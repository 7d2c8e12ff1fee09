"""What becomes of clients when their process forks or ends. The only place with such hooks.

A forked child inherits the queue but not the thread that sends it; its parent still sends those
events, so the child begins empty. An ending process flushes, for a bounded time.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
import weakref


class Engine:
    """What the hooks need of an engine; it derives from this."""

    def forked(self) -> None:
        """Begin anew in a child process."""
        raise NotImplementedError

    def at_exit(self, spent: float = 0.0) -> None:
        """Flush and close, within what is left of a bounded time."""
        raise NotImplementedError


_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


def watch(engine: Engine) -> None:
    """Call the engine when this process forks or ends."""
    _engines.add(engine)


def watch_child(engine: Engine) -> None:
    """Call the engine when a child of `multiprocessing` ends: such a child runs no `atexit`."""
    process = sys.modules.get("multiprocessing.process")
    util = sys.modules.get("multiprocessing.util")
    if process and util and process.parent_process() is not None:
        util.Finalize(engine, _end, args=(weakref.ref(engine),), exitpriority=10)


def _end(held: weakref.ref[Engine]) -> None:
    engine = held()
    if engine is not None:
        engine.at_exit()


def _after_fork() -> None:
    for engine in list(_engines):
        engine.forked()


def _at_exit() -> None:
    start = time.monotonic()
    for engine in list(_engines):
        engine.at_exit(time.monotonic() - start)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
