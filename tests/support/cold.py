"""What tests of the compaction share: events that are really delivered, and a look at all rows."""

import gzip
import json
import shutil
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from openbunker.core import records
from openbunker.core.event import Event
from openbunker.core.records import Record
from openbunker.core.times import MINUTE_MS
from openbunker_local.cold import manifest
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.stream import EmbeddedStream
from tests.support.embedded import NEVER, Clock
from tests.support.query import pooled

NOON_MS = 1_767_355_200_000  # 2026-01-02 12:00 UTC


class Halt(Exception):
    """The process ends here, as far as the files can tell."""


class HaltingDisk(Disk):
    """A disk that ends the process at its n-th operation: before it, or just after."""

    def __init__(self, at: int, *, after: bool = False) -> None:
        self._left = at
        self._after = after

    @property
    def halted(self) -> bool:
        return self._left < 0

    def make_folder(self, folder: Path) -> None:
        if not folder.is_dir():  # the real one does nothing then
            self._step(lambda: super(HaltingDisk, self).make_folder(folder))

    def publish(self, part: Path, whole: Path) -> None:
        self._step(lambda: super(HaltingDisk, self).publish(part, whole))

    def remove(self, path: Path) -> None:
        self._step(lambda: super(HaltingDisk, self).remove(path))

    def _step(self, operation: Callable[[], None]) -> None:
        if self._left < 0:
            raise Halt
        self._left -= 1
        if self._left < 0 and not self._after:
            raise Halt
        operation()
        if self._left < 0:
            raise Halt


class FilmingDisk(Disk):
    """A disk that keeps what a process would leave that ends before or after one of its steps.

    Folders that are alike are kept once: `moments` are their names, such as `3 after publish`.
    """

    def __init__(self, data: Path, kept: Path) -> None:
        self._data = data
        self._kept = kept
        self._seen: set[int] = set()
        self.steps = 0
        self.moments: list[str] = []

    def make_folder(self, folder: Path) -> None:
        if not folder.is_dir():  # the real one does nothing then
            self._step("make", lambda: super(FilmingDisk, self).make_folder(folder))

    def publish(self, part: Path, whole: Path) -> None:
        self._step("publish", lambda: super(FilmingDisk, self).publish(part, whole))

    def remove(self, path: Path) -> None:
        self._step("remove", lambda: super(FilmingDisk, self).remove(path))

    def _step(self, name: str, operation: Callable[[], None]) -> None:
        self.steps += 1
        step = self.steps
        self._keep(f"{step} before {name}")
        operation()
        self._keep(f"{step} after {name}")

    def _keep(self, moment: str) -> None:
        paths = sorted(self._data.rglob("*"))
        found = hash(tuple((path, path.read_bytes() if path.is_file() else b"") for path in paths))
        if found not in self._seen:
            self._seen.add(found)
            self.moments.append(moment)
            shutil.copytree(self._data, self._kept / moment)


def event(number: int, received_ms: int = NOON_MS, **columns: Any) -> Event:
    """Return an event whose id its number decides."""
    event_id = f"{number:032x}"
    given: dict[str, Any] = {
        "project_id": "p1",
        "event_id": event_id,
        "dedupe_key": event_id,
        "dialect": "eventbunker",
        "key_id": "k1",
        "event_name": "seen",
        "timestamp_ms": received_ms,
        "received_ms": received_ms,
        "properties": {"number": number},
    }
    return Event(**given | columns)


def deliver(data: Path, at_ms: int, *calls: Iterable[Event]) -> None:
    """Put events into the embedded stream at a time; each call becomes one object."""
    clock = Clock()
    clock.now = at_ms
    with closing(EmbeddedStream(data, now_ms=clock.now_ms, deliver_after_seconds=NEVER)) as stream:
        for call in calls:
            found = [records.encode(one) for one in call]
            lines = [one.data for one in found if isinstance(one, Record)]
            assert len(lines) == len(found)
            assert all("RecordId" in answer for answer in stream.put_record_batch(lines))
            stream.flush()


def cold(data: Path, kind: manifest.Kind = "rows") -> list[dict[str, Any]]:
    """Return the rows of the files of a kind that the manifest names."""
    files = [str(data / file.path) for file in manifest.load(data).of(kind)]
    if not files:
        return []
    with pooled.reader() as database:
        found = database.read_parquet(files)
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def hot(data: Path) -> list[dict[str, Any]]:
    """Return the rows of the objects that are not done."""
    done = manifest.load(data).done
    paths = sorted((data / "hot").rglob("*.json.gz"))
    kept = [path for path in paths if path.relative_to(data).as_posix() not in done]
    lines = [line for path in kept for line in gzip.decompress(path.read_bytes()).splitlines()]
    return [json.loads(line) for line in lines]


def after(minutes: int) -> int:
    """Return a time so many minutes after noon."""
    return NOON_MS + minutes * MINUTE_MS
