"""Looks every few seconds whether a server is well, and says so once: one line a change of state.

Finds nothing itself; what is wrong is told by `causes`.
"""

from collections.abc import Callable, Mapping
from threading import Event, Lock, Thread
from typing import Any

from openbunker_local.server.state.causes import Cause

EVERY_SECONDS = 5.0
Log = Callable[[Mapping[str, Any]], None]


class Watch:
    """Looks until it is closed."""

    def __init__(self, causes: Callable[[], list[Cause]], log: Log) -> None:
        self._causes = causes
        self._log = log
        self._known: dict[str, Cause] = {}
        self._turn = Lock()  # over a look: a change is told once
        self._ending = Event()
        self._thread = Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Look at once, and from then on in a thread of its own."""
        self.look()
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._ending.set()
        self._thread.join()

    def look(self) -> list[Cause]:
        """Return what is wrong, and write a line if that is another state than it was."""
        with self._turn:
            try:
                found = {one.cause: one for one in self._causes()}
            except OSError as error:
                found = {"folder": Cause("folder_unreadable", f"{error.strerror}")}
            if found != self._known:
                self._known = found
                self._tell(found)
            return list(found.values())

    def _tell(self, found: Mapping[str, Cause]) -> None:
        told = [one.told() | ({"names": dict(one.names)} if one.names else {})
                for one in found.values()]  # fmt: skip
        level, state = ("ERROR", "degraded") if found else ("INFO", "ok")
        self._log({"level": level, "unexpected": True, "health": state, "causes": told})

    def _run(self) -> None:
        while not self._ending.wait(EVERY_SECONDS):
            self.look()
