"""Brings the spill's files back into the embedded stream, in the background of a running server.

One file at a time, oldest first; the records go in unchanged. A file is removed once all of it lies
in objects: until then its name tells how old the oldest event is that cannot be seen, which the
stream has forgotten, because there a record is as old as its replay. A crash between makes
doubles, which every reader removes by their ids. A file that is damaged is set aside instead.
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
# So many files, at most, are replayed again after a crash.
MAX_TAKEN = 100


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
    """Replays a FolderSpill into a sink, the stream's own. `monotonic` counts seconds.

    `deliver` returns once what the stream has taken lies in objects; else it raises OSError.
    """

    def __init__(
        self,
        spill: FolderSpill,
        stream: Sink,
        deliver: Callable[[], None],
        monotonic: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._spill = spill
        self._stream = stream
        self._deliver = deliver
        self._taken: dict[Path, bool] = {}  # in the stream; whether the file was whole
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
        """Replay what waits, oldest first; return whether all of it lies in objects.

        Stops at the first file that the stream does not take, and before a file at `until`.
        """
        try:
            try:
                return all(self._take(file, until) for file in self._spill.waiting())
            finally:
                self._let_go()
        except OSError:
            return False

    def close(self) -> None:
        """Make a last, bounded pass and end the thread. What is left waits for the next start."""
        self._ending.set()
        self._work.set()
        if self._thread.is_alive():
            self._thread.join()
        self.replay(self._monotonic() + DRAIN_SECONDS)

    def _take(self, file: Path, until: float | None) -> bool:
        """Bring a file into the stream, once; return whether it is there."""
        if file in self._taken:
            return True
        if until is not None and self._monotonic() >= until:
            return False
        found = self._spill.read(file)
        deliveries = self._stream.publish(found.records) if found.records else ()
        if any(delivery.fate is not Fate.STORED for delivery in deliveries):
            return False
        self._taken[file] = found.whole
        if len(self._taken) >= MAX_TAKEN:
            self._let_go()
        return True

    def _let_go(self) -> None:
        """Remove what was taken, once it is delivered. Raises OSError: it is tried again."""
        if self._taken:
            self._deliver()
        for file, whole in list(self._taken.items()):
            with suppress(FileNotFoundError):
                (self._spill.forget if whole else self._spill.set_aside)(file)
            del self._taken[file]

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
