"""One compaction: closed hot objects -> cold files, batch by batch, then merges. Crash-safe.

Nothing counts before the manifest names it, and nothing is removed before a manifest without it
is on the disk; so a run may end at any point, and the next one goes on. Says nothing to anybody.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

import duckdb

from openbunker.core import ids
from openbunker.core.times import MINUTE_MS
from openbunker.erasure.model import Erasure
from openbunker_local.cold import manifest, objects
from openbunker_local.cold.manifest import FOLDER, ColdFile, Manifest
from openbunker_local.compaction import batch, merging
from openbunker_local.compaction.batch import Batch
from openbunker_local.compaction.checked import Checked
from openbunker_local.compaction.database import THREADS, opened
from openbunker_local.compaction.sweep import sweep
from openbunker_local.compaction.writer import Writer
from openbunker_local.stream.disk import Disk, FolderLock

# Objects that are done, and all there are to do.
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Result:
    """What a compaction did. `days` are partitions that it wrote to, `received_days` UTC days.

    `rows` became cold, `copies` were dropped for another event, `again` for the same one,
    `erased` went for an erasure. `unreadable` objects and cold files stay as they are; it says why,
    by name.
    `erasures` are done now; `held_up` says why others are not.
    """

    objects: int = 0
    rows: int = 0
    copies: int = 0
    again: int = 0
    erased: int = 0
    erasures: int = 0
    files: int = 0
    merged: int = 0
    seconds: float = 0.0
    days: set[str] = field(default_factory=set)
    received_days: set[str] = field(default_factory=set)
    unreadable: dict[str, str] = field(default_factory=dict)
    held_up: list[str] = field(default_factory=list)

    def add(self, done: Batch) -> None:
        """Count a batch that is committed."""
        self.objects += len(done.objects)
        self.rows += done.fates.get("first", 0)
        self.copies += done.fates.get("copy", 0)
        self.again += done.fates.get("again", 0)
        self.erased += done.fates.get("erased", 0)
        self.files += len(done.files)
        self.days |= {file.day for file in done.files if file.kind == "rows"}
        self.received_days |= done.received_days


def compact(
    data: Path,
    up_to_ms: int,
    now_ms: int,
    *,
    erasures: Sequence[Erasure] = (),
    disk: Disk | None = None,
    progress: Progress | None = None,
    threads: int = THREADS,
    new_id: Callable[[int], str] = ids.new_id,
) -> Result:
    """Make the objects of whole minutes before `up_to_ms` cold, and merge what is small.

    What an earlier run made needless is removed first. `erasures` name customers whose rows are
    left out. Raises FolderInUse when another compaction works on the folder, ManifestUnreadable,
    OSError and duckdb.Error; what was committed by then stays.
    """
    started, data, disk = monotonic(), data.resolve(), disk or Disk()
    with working(data, disk, lambda: new_id(now_ms), threads) as writer:
        run = _Run(writer, erasures, progress or (lambda _done, _all: None))
        run.sum_up()
        run.make_cold(up_to_ms)
        run.merge(now_ms)
    run.result.seconds = monotonic() - started
    return run.result


@contextmanager
def working(
    data: Path, disk: Disk, unique: Callable[[], str], threads: int = THREADS
) -> Iterator[Writer]:
    """Hold the cold events of a data folder: one process at a time changes them.

    Raises FolderInUse.
    """
    disk.make_folder(data / FOLDER)
    lock = FolderLock(data / FOLDER)
    try:
        with opened(data, threads) as database:
            yield Writer(database, data, disk, unique)
    finally:
        lock.release()


def commit(
    writer: Writer, before: Manifest, gone: Sequence[ColdFile], new: Sequence[ColdFile]
) -> Manifest:
    """Replace files by others, durable on return; a sweep removes those that are gone."""
    kept = tuple(file for file in before.files if file not in gone)
    after = replace(before, files=kept + tuple(new))
    manifest.save(writer.data, after, writer.disk)
    return after


class _Run:
    def __init__(self, writer: Writer, erasures: Sequence[Erasure], progress: Progress) -> None:
        self.result = Result()
        self._writer = writer
        self._erasures = erasures
        self._progress = progress
        self._checked = Checked(writer, self.result.unreadable)
        self._manifest = opened_manifest(writer, self._checked)

    def sum_up(self) -> None:
        """Give a checksum to the files of an earlier release, once they were read as a whole."""
        if new := self._checked.summed(self._manifest.files):
            old = [file for file in self._manifest.files if file.path in new]
            self._manifest = commit(self._writer, self._manifest, old, list(new.values()))

    def make_cold(self, up_to_ms: int) -> None:
        """Commit the closed objects, a batch at a time."""
        found = list(objects.closed(self._writer.data, self._manifest, up_to_ms))
        self._progress(0, len(found))
        batch.remember(self._writer.database, self._erasures)
        seen = 0
        for paths in objects.batches(self._whole(found)):
            good, bad = batch.readable(self._writer.database, paths)
            for path, problem in bad.items():
                self._set_aside(path, problem)
            if good:
                self._commit(good)
            seen += len(paths)
            self._progress(seen, len(found))
        self._passed(up_to_ms // MINUTE_MS * MINUTE_MS)

    def merge(self, now_ms: int) -> None:
        """Merge until no file is due."""
        while files := merging.due(self._checked.usable(self._manifest.files), now_ms):
            if not self._checked.whole(files):
                continue  # without the damaged one others may be due
            one = merging.merged(files, self._writer)
            self._manifest = commit(self._writer, self._manifest, files, [one])
            self.result.merged += len(files)

    def _whole(self, found: Sequence[Path]) -> Iterator[tuple[Path, int]]:
        for path in found:
            try:
                yield path, objects.size(path)
            except FileNotFoundError:
                continue  # somebody took it away
            except objects.Damaged as error:
                self._set_aside(path, str(error))

    def _commit(self, paths: list[Path]) -> None:
        writer, before = self._writer, self._manifest
        done = self._written(paths)
        names = frozenset(path.relative_to(writer.data).as_posix() for path in paths)
        with_objects = replace(before, done=before.done | names)
        self._manifest = commit(writer, with_objects, [], done.files)
        self.result.add(done)

    def _written(self, paths: list[Path]) -> Batch:
        """Write a batch. What a damaged cold file knows of keys is done without."""
        rows = self._manifest.of("rows")
        cold = self._checked.usable(rows)
        try:
            return batch.write(self._writer, cold, paths, self._erasures)
        except duckdb.Error:
            if self._checked.whole(cold):
                raise
        return batch.write(self._writer, self._checked.usable(rows), paths, self._erasures)

    def _passed(self, minute_ms: int) -> None:
        """Note that every arrival before a minute was looked at."""
        if minute_ms > self._manifest.compacted_to_ms:
            passed = replace(self._manifest, compacted_to_ms=minute_ms)
            self._manifest = commit(self._writer, passed, [], [])

    def _set_aside(self, path: Path, problem: str) -> None:
        name = path.relative_to(self._writer.data).as_posix()
        self.result.unreadable[name] = problem


def opened_manifest(writer: Writer, checked: Checked) -> Manifest:
    """Return the manifest, written when there is none, after what it made needless is gone.

    It is there before the first cold file: files without one mean that somebody removed it.
    """
    data, disk = writer.data, writer.disk
    found = manifest.load(data)
    if not (data / FOLDER / manifest.FILE).exists():
        manifest.save(data, found, disk)
    return sweep(data, found, disk, checked.whole)
