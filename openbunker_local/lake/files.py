"""Which files a statement reads on one machine: delivered objects, and cold files by the manifest.

Lists and loads; reads no rows. Safe beside a compaction in another process: an object leaves
`hot/` only after the manifest has named the file that its events are in, so whoever lists the
objects first and reads the manifest then finds each event in one of them. What both show is
counted once by the statement, and a file that was taken away meanwhile fails the reading: then all
of it is begun again. A file that is damaged is left out and counted.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from openbunker.core import layout
from openbunker.core.errors import QueryUnavailable
from openbunker.core.times import MINUTE_MS
from openbunker.query.engine import Statement
from openbunker.query.scope import COPIES_WITHIN_MS, EVENTS, REFUSED
from openbunker_local.cold.checksums import Checksums
from openbunker_local.cold.current import CurrentManifest
from openbunker_local.cold.manifest import ColdFile, Manifest
from openbunker_local.stream.damaged import Losses

# How long the stream of what was refused may hold an object back, and how long a state is.
LATE_MS, STATE = 10 * MINUTE_MS, 16
LATE_DAYS = 14
_PLACES = {EVENTS: layout.HOT, REFUSED: layout.REFUSED}
PLACES = (*_PLACES.values(), layout.COLD)


def places(data: Path) -> list[Path]:
    """Return the folders in which questions read."""
    return [data.resolve() / place for place in PLACES]


@dataclass(frozen=True, slots=True)
class Files:
    """Paths of delivered objects, and the cold files of whose rows a statement asks, below `root`.

    `known` are those whose keys the hot rows are compared with; `damaged` names what is left out.
    """

    root: str
    hot: Sequence[str]
    cold: Sequence[ColdFile] = ()
    known: Sequence[ColdFile] = ()
    damaged: frozenset[str] = frozenset()

    def paths_of(self, files: Sequence[ColdFile]) -> list[str]:
        """Return where cold files lie."""
        return [f"{self.root}/{file.path}" for file in files]

    @property
    def paths(self) -> list[str]:
        """All paths."""
        return [*self.hot, *self.paths_of(self.cold), *self.paths_of(self.known)]


class LakeFiles:
    """The files of a data folder. `checksums` are those of the process."""

    def __init__(self, data: Path, checksums: Checksums | None = None) -> None:
        self.data = data.resolve()
        self.manifest = CurrentManifest(self.data)
        self.checksums = checksums or Checksums(self.data)
        self._losses = Losses(self.data)

    def of(self, statement: Statement) -> Files:
        """Return what a statement reads; `cold` is not looked into yet where it goes in steps.

        Raises QueryUnavailable.
        """
        listed = self._listed(statement)
        with _readable():
            objects = self.checksums.whole_objects(listed.hot)
            lost = set(listed.hot) - set(objects)
            damaged = frozenset(path.removeprefix(f"{self.data}/") for path in lost)
            known, lost_files = self._whole(listed.known)
            if statement.table == EVENTS:
                damaged |= self._losses()
        found = replace(listed, hot=objects, known=known, damaged=damaged | lost_files)
        return found if statement.steps else self.whole(found)

    def state(self, now_ms: int) -> str:
        """Return what changes whenever a row becomes visible; also when one moves, or goes.

        A refused item becomes visible within a while of its arrival. Raises QueryUnavailable.
        """
        first, _ = layout.arrivals(layout.REFUSED, max(0, now_ms - LATE_MS), now_ms)
        late = self._objects(layout.REFUSED, first, ("~", ""))
        told = "\n".join((self.manifest.mark, *self._all_hot(), *late))
        return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:STATE]

    def first_day(self) -> str | None:
        """Return a day before which nothing was received; None where nothing was.

        Raises QueryUnavailable.
        """
        cold = [layout.day(file.min_received_ms) for file in self.manifest().of("rows")]
        hot = _children(self.data / layout.HOT, "dt=", "dt=~")[:1]
        # What was spilled arrives later than it was received, by some days at most.
        arrived = [date.fromisoformat(one.name[3:]) - timedelta(days=LATE_DAYS) for one in hot]
        return min([*cold, *map(str, arrived)], default=None)

    def whole(self, files: Files) -> Files:
        """Return what of the cold files can be used. Raises QueryUnavailable."""
        with _readable():
            cold, lost = self._whole(files.cold)
        return replace(files, cold=cold, damaged=files.damaged | lost)

    def _whole(self, cold: Sequence[ColdFile]) -> tuple[list[ColdFile], frozenset[str]]:
        """Return which files can be used, and the names of those that cannot."""
        here = self.checksums.whole_files(cold, lambda: self.manifest().files)
        return here, frozenset(file.path for file in cold) - {file.path for file in here}

    def _listed(self, statement: Statement) -> Files:
        if statement.table != EVENTS or statement.cold is None:
            return Files(str(self.data), self._within(statement))
        if not statement.all_hot:
            hot = self._within(statement)
            cold = self._cold(self.manifest(), statement.cold, 0)
            return Files(str(self.data), hot, cold, cold)
        hot = self._all_hot()  # whatever time a sender's clock showed, and whenever it came
        manifest = self.manifest()
        root = f"{self.data}/"
        left = [path for path in hot if path.removeprefix(root) not in manifest.done]
        if statement.received:
            find, period, known = self._received, statement.received, statement.received
        else:
            find, period, known = self._cold, statement.cold, statement.known or statement.cold
        copies = find(manifest, known, COPIES_WITHIN_MS) if left else []
        return Files(str(self.data), left, find(manifest, period, 0), copies)

    def _cold(self, manifest: Manifest, period: tuple[int, int], within_ms: int) -> list[ColdFile]:
        """Return the files with rows that happened in a period, or so close to it."""
        low, high = period[0] - within_ms, period[1] + within_ms
        return [
            file
            for file in manifest.of("rows")
            if file.min_timestamp_ms <= high and low <= file.max_timestamp_ms
        ]

    def _received(
        self, manifest: Manifest, period: tuple[int, int], within_ms: int
    ) -> list[ColdFile]:
        """Return the files with rows that were received in a period, or so long before it."""
        return [
            file
            for file in manifest.of("rows")
            if file.min_received_ms <= period[1] and period[0] - within_ms <= file.max_received_ms
        ]

    def _all_hot(self) -> list[str]:
        return self._objects(layout.HOT, ("", ""), ("~", ""))

    def _within(self, statement: Statement) -> list[str]:
        """Return the objects whose time of arrival is within the statement's times."""
        place = _PLACES[statement.table]
        return self._objects(place, *layout.arrivals(place, statement.from_ms, statement.to_ms))

    def _objects(self, place: str, first: tuple[str, str], last: tuple[str, str]) -> list[str]:
        """Return the objects from one partition to another, in their order."""
        return [
            file.path
            for day in _children(self.data / place, f"dt={first[0]}", f"dt={last[0]}")
            for minute in _children(
                day.path,
                f"hm={first[1] if day.name == f'dt={first[0]}' else ''}",
                f"hm={last[1] if day.name == f'dt={last[0]}' else '~'}",
            )
            for file in _children(minute.path, "", "~")
            if file.name.endswith(layout.SUFFIX)  # an object that is being written ends otherwise
        ]


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise QueryUnavailable(f"the stored files cannot be read: {error}") from error


def _children(folder: str | Path, first: str, last: str) -> list[os.DirEntry[str]]:
    """Return a folder's entries from one name to another, sorted; none when it is not there."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if first <= entry.name <= last]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise QueryUnavailable(f"the delivered objects cannot be listed: {error}") from error
    return sorted(found, key=lambda entry: entry.name)
