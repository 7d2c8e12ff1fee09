"""Reads all stored files anew, a little at a time: bits also rot in files that nobody asks for.

A question reads a file's checksum once; what becomes of it afterwards is found here. Tells nobody:
what it finds is in the checksums, and questions leave it out from then on.
"""

from collections.abc import Callable, Mapping
from threading import Event, Thread

from openbunker.core.errors import QueryUnavailable
from openbunker_local.cold.stored import look_at_all
from openbunker_local.lake.files import LakeFiles

# So much is read at once, and then nothing for so long: about 4 MB/s, a hundredth of a core.
SLICE_BYTES, PAUSE_SECONDS = 4 * 1024 * 1024, 1.0
# All of a folder takes hours or a day; a small one is read once in so many seconds.
ROUND_SECONDS = 3_600.0


class Scrubber:
    """Goes round the files of a data folder until it is closed.

    `stores` tells of files that are no part of the lake why they cannot be believed, by their
    names; each round ends with it.
    """

    def __init__(self, lake: LakeFiles, stores: Callable[[], Mapping[str, str]] = dict) -> None:
        self._lake = lake
        self._stores = stores
        self._ending = Event()
        self._thread = Thread(target=self._run, name="scrubber", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """End after the file that is being read. Never raises."""
        self._ending.set()
        self._thread.join()

    def once(self, pause: float = 0.0) -> None:
        """Read every file once, a slice at a time. A disk that fails ends the round."""
        read, checksums = 0, self._lake.checksums
        try:
            for size in look_at_all(self._lake.data, checksums, self._lake.manifest()):
                read += size
                if read >= SLICE_BYTES:
                    read = 0
                    if self._ending.wait(pause):
                        return
        except (OSError, QueryUnavailable):
            return  # a question will say so, or the next round
        for name, problem in self._stores().items():
            checksums.note(str(self._lake.data / name), problem)

    def _run(self) -> None:
        while not self._ending.wait(PAUSE_SECONDS):
            self.once(PAUSE_SECONDS)
            self._ending.wait(ROUND_SECONDS)
