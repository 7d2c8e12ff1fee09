"""The server's side of compaction: when one is due, a child process does it. Never hurts serving.

One at a time. What goes wrong is logged and counted, and tried again after the interval.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from openbunker.core.errors import ErasureStoreUnavailable
from openbunker_local.cold import manifest, objects
from openbunker_local.cold.manifest import ManifestUnreadable
from openbunker_local.compaction import merging
from openbunker_local.sqlite import erasures as erasures_sqlite

COMMAND = (sys.executable, "-m", "openbunker_local.compaction.child")
_ROOT = Path(__file__).parents[2]
_MAX_REASON = 500

Log = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Clocks:
    """The times that a compaction needs, in ms: now, and before which all arrivals are delivered.

    The latter does not wait for the spill: what is replayed arrives anew.
    """

    now_ms: Callable[[], int]
    delivered_to_ms: Callable[[], int]


class Compactor:
    """Looks every `interval_seconds` whether something is to do, and has a child do it.

    `problem` is that of the last run, nothing when it went well. `finished` is told of each run
    that went well, from this object's thread.
    """

    def __init__(
        self,
        data: Path,
        clocks: Clocks,
        log: Log,
        *,
        interval_seconds: float,
        command: Sequence[str] = COMMAND,
        finished: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self._data = data.resolve()
        self._clocks = clocks
        self._log = log
        self._interval_seconds = interval_seconds
        self._command = command
        self._finished = finished
        self._ending = Event()
        self._lock = Lock()  # held for moments: the child
        self._child: subprocess.Popen[str] | None = None
        self._thread = Thread(target=self._run, name="compactor", daemon=True)
        self._unreadable: set[str] = set()
        self.problem = ""
        self.runs = 0
        self.failures = 0

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """End the child, if one works, and the thread. Never raises; the next start goes on."""
        self._ending.set()
        with self._lock:
            if self._child:
                self._child.kill()
        self._thread.join()

    def state(self) -> str:
        """Return why compaction does not go on, nothing when it does."""
        ended = self._thread.ident is not None and not self._thread.is_alive()
        return self.problem or ("its thread has ended" if ended else "")

    def once(self) -> None:
        """Compact if something is to do, and return when it is done, or has failed."""
        try:
            if self._due():
                self._compact()
            else:
                self.problem = ""
        except (OSError, ManifestUnreadable, ErasureStoreUnavailable) as error:
            self._failed(str(error))  # also when no process can be started: next time, perhaps

    def _run(self) -> None:
        while not self._ending.wait(self._interval_seconds):
            self.once()

    def _due(self) -> bool:
        found, bad = manifest.load(self._data), self._unreadable
        waiting = objects.closed(self._data, found, self._clocks.delivered_to_ms())
        files = [file for file in found.files if file.path not in bad]
        return (
            bool(found.done)
            or any(path.relative_to(self._data).as_posix() not in bad for path in waiting)
            or any(file.crc32 is None for file in files)
            or bool(merging.due(files, self._clocks.now_ms()))
            or erasures_sqlite.any_waiting(self._data)
        )

    def _compact(self) -> None:
        out = self._child_done()
        if self._ending.is_set():
            return  # it was ended before its time
        try:
            told = json.loads(out.splitlines()[-1])
        except (ValueError, IndexError):
            told = {"error": out or "it said nothing"}
        if "error" in told:
            self._failed(told["error"])
        elif "busy" not in told:
            self.runs += 1
            self.problem = ""
            self._tell(told)

    def _child_done(self) -> str:
        """Run a child to its end and return what it printed."""
        times = (self._clocks.delivered_to_ms(), self._clocks.now_ms())
        with self._lock:
            if self._ending.is_set():
                return ""
            self._child = child = subprocess.Popen(  # noqa: S603  # our own module
                [*self._command, str(self._data), *map(str, times)],
                stdin=subprocess.PIPE,  # closes when this process ends, however it does
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=_ROOT,
                start_new_session=True,  # Ctrl-C is for the server, which ends it
            )
        with child:  # not communicate(): that closes the input at once
            out = child.stdout.read() if child.stdout else ""
        with self._lock:
            self._child = None
        return out

    def _tell(self, told: Mapping[str, Any]) -> None:
        known, self._unreadable = self._unreadable, set(told["unreadable"])
        if self._unreadable - known:
            self._log(
                {
                    "level": "ERROR",
                    "unexpected": True,
                    "error": "damaged files are left out and stay as they are",
                    "objects": told["unreadable"],
                }
            )
        self._log({"level": "INFO", "compacted": told})
        if self._finished:
            self._finished(told)

    def _failed(self, reason: str) -> None:
        self.failures += 1
        self.problem = reason[-_MAX_REASON:]
        self._log(
            {
                "level": "ERROR",
                "unexpected": True,
                "error": "compaction failed",
                "reason": reason[-_MAX_REASON:],
                "compaction_failures": self.failures,
            }
        )
