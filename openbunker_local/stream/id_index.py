"""Which objects of a minute hold an id: `stream/index/dt=.../hm=....idx`, beside the objects.

One file a minute, one block an object, appended when it is delivered. Nothing is lost with it: an
object whose block is missing, torn or spoilt is read instead, and its block written then. So
nothing is synced, no failure leaves here, and no answer rests on it without the row being read.
"""

import os
import shutil
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from openbunker.core import layout
from openbunker_local.stream.id_hashes import HASH_BYTES, Collector, Digest, digest, sought

FOLDER = Path("stream") / "index"
SUFFIX = ".idx"
_MAGIC = b"\xf0obidx1\n"
# Then the checksum of what follows it: the lengths of the name and the hashes, and these.
_HEAD = struct.Struct(">8sIHI")
_UNCHECKED = len(_MAGIC) + 4


class IdIndex:
    """The index of a data folder. Threads share it; appends of one write each need no lock."""

    def __init__(self, data: Path, hashed: Digest = digest) -> None:
        self._data = data
        self._hashed = hashed

    def collector(self) -> Collector:
        """Return what gathers the hashes of an object's lines."""
        return Collector(self._hashed)

    def add(self, path: Path, collected: Collector) -> None:
        """Append an object's block. Never raises OSError: without a block the object is read."""
        hashes = collected.hashes()
        if hashes is None:
            return
        file = self._file(path.parent)
        with suppress(OSError):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, _block(path.name, hashes))
            finally:
                os.close(descriptor)

    def holding(
        self, paths: Iterable[Path], project_id: str, text: str
    ) -> Iterator[tuple[Path, bool]]:
        """Yield the objects that may hold the id, each with whether its block says so."""
        wanted = sought(project_id, text, self._hashed)
        minutes: dict[Path, dict[str, bool]] = {}
        for path in paths:
            minute = path.parent
            if minute not in minutes:
                minutes[minute] = _holds(self._content(minute), wanted)
            says = minutes[minute].get(path.name)
            if says is not False:
                yield path, says is not None

    def clean(self) -> None:
        """Remove the files of minutes whose objects are gone. Never raises OSError."""
        with suppress(OSError):
            for day in sorted((self._data / FOLDER).glob("dt=*")):
                kept = self._data / layout.HOT / day.name
                if not kept.is_dir():
                    shutil.rmtree(day, ignore_errors=True)
                    continue
                files = list(day.iterdir())  # first: a delivery makes the objects' folder before
                minutes = {minute.name for minute in kept.iterdir()}
                for file in files:
                    if file.stem not in minutes:
                        file.unlink(missing_ok=True)

    def forget(self, minute: Path) -> None:
        """Remove the file of a minute: its objects are read from now on. Raises OSError."""
        self._file(minute).unlink(missing_ok=True)

    def _file(self, minute: Path) -> Path:
        return self._data / FOLDER / minute.parent.name / (minute.name + SUFFIX)

    def _content(self, minute: Path) -> bytes:
        try:
            return self._file(minute).read_bytes()
        except OSError:
            return b""


def _block(name: str, hashes: bytes) -> bytes:
    named = name.encode()
    checked = struct.pack(">HI", len(named), len(hashes)) + named + hashes
    return _MAGIC + struct.pack(">I", zlib.crc32(checked)) + checked


def _holds(content: bytes, wanted: bytes) -> dict[str, bool]:
    """Return the objects that have a block, and whether the hash is in one of its blocks."""
    found: dict[str, bool] = {}
    possible = wanted in content
    for name, start, end in _blocks(content):
        held = possible and _has(content, wanted, start, end)
        found[name] = found.get(name, False) or held
    return found


def _blocks(content: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield name, start and end of the hashes of each whole block, past what is torn."""
    view = memoryview(content)
    at = content.find(_MAGIC)
    while 0 <= at <= len(content) - _HEAD.size:
        _, checksum, named, length = _HEAD.unpack_from(content, at)
        start = at + _HEAD.size + named
        end = start + length
        whole = end <= len(content) and zlib.crc32(view[at + _UNCHECKED : end]) == checksum
        if whole:
            yield content[start - named : start].decode(), start, end
        at = content.find(_MAGIC, end if whole else at + 1)


def _has(content: bytes, wanted: bytes, start: int, end: int) -> bool:
    at = content.find(wanted, start, end)
    while at >= 0 and (at - start) % HASH_BYTES:
        at = content.find(wanted, at + 1, end)
    return at >= 0
