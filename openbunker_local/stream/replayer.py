"""Brings the spill's files back into the embedded stream, in the background of a running server.

One file at a time, oldest first; the records go in unchanged. A file is removed once the stream
has all of it: a crash between makes doubles, which every reader removes by their ids. One that is
damaged is set aside instead, once the stream has what can be read of it.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from openbunker.core.verdict import Fate
from openbunker.sinks.sink import Sink
from openbunker_local.stream.spill import FolderSpill

# After a failure: full jitter up to the base, doubled with each further one up to the cap.
BASE_SECONDS = 0.5
CAP_SECONDS = 30.0
# How long the last pass of a server that ends may take, without the call under way.
DRAIN_SECONDS = 3.0


class Backoff:
    """How long to wait after failures in a row. `random` returns a number in [0, 1)."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._failures = 0

    def failed(self) -> float:
        """Count a failure and return the seconds to wait after it."""
        ceiling = min(CAP_SECONDS, BASE_SECONDS * (1 << min(self._failures, 16)))
        self._failures += 1
        return self._random() * ceiling

    def worked(self) -> None:
        """Forget the failures."""
        self._failures = 0


class Replayer:
    """Replays a FolderSpill into a sink, the stream's own. `monotonic` counts seconds."""

    def __init__(
        self,
        spill: FolderSpill,
        stream: Sink,
        monotonic: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._spill = spill
        self._stream = stream
        self._monotonic = monotonic
        self._backoff = Backoff(random)
        self._work = spill.arrived
        self._ending = Event()
        self._work.set()  # what an earlier run left is replayed at once
        self._thread = Thread(target=self._run, name="replayer", daemon=True)

    def start(self) -> None:
        """Begin to replay."""
        self._thread.start()

    def replay(self, until: float | None = None) -> bool:
        """Replay what waits, oldest first; return whether all of it is in the stream.

        Stops at the first file that the stream does not take, and before a file at `until`.
        """
        try:
            for file in self._spill.waiting():
                if until is not None and self._monotonic() >= until:
                    return False
                if not self._replay(file):
                    return False
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Make a last, bounded pass and end the thread. What is left waits for the next start."""
        self._ending.set()
        self._work.set()
        if self._thread.is_alive():
            self._thread.join()
        self.replay(self._monotonic() + DRAIN_SECONDS)

    def _replay(self, file: Path) -> bool:
        found = self._spill.read(file)
        deliveries = self._stream.publish(found.records) if found.records else ()
        if any(delivery.fate is not Fate.STORED for delivery in deliveries):
            return False
        with suppress(FileNotFoundError):
            (self._spill.forget if found.whole else self._spill.set_aside)(file)
        return True

    def _run(self) -> None:
        while not self._ending.is_set():
            self._work.wait()
            self._work.clear()
            if self._ending.is_set():
                return
            if self.replay():
                self._backoff.worked()
            else:
                self._work.set()
                self._ending.wait(self._backoff.failed())
