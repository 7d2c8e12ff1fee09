"""How the items of a project ended, of some hours: sums over the books of a data folder.

Reads files only, as `read` does. An object does not change, so it is read once and its sums are
kept; what no object holds yet is read anew. Holds no ids.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

from openbunker.core.books import decode
from openbunker.core.times import MINUTE_MS
from openbunker.core.verdict import Fate
from openbunker.query.state import NotSummedYet
from openbunker_local.books.read import SLACK_MS
from openbunker_local.books.write import FOLDER
from openbunker_local.stream.delivered import ALWAYS_MS, content, objects
from openbunker_local.stream.undelivered import JOURNAL, framed

# What one asking reads of objects that it does not know, before compression: 0.2 s of a core.
READ_BYTES = 2 * 1024 * 1024
# Project and minute of receipt.
_Sums = Mapping[tuple[str, int], Counter[str]]


class BookSums:
    """The sums of a folder's books. Threads share it."""

    def __init__(self, data: Path) -> None:
        self._books = data / FOLDER
        self._lock = Lock()
        self._known: dict[Path, _Sums] = {}

    def of_project(self, project_id: str, from_ms: int, to_ms: int) -> Counter[str]:
        """Return how many items ended so, received from one whole minute until before another.

        Raises NotSummedYet where there is more to read than one asking reads.
        """
        found = Counter[str]()
        for sums in self._all(from_ms, to_ms):
            for (project, at_ms), counts in sums.items():
                if project == project_id and from_ms <= at_ms < to_ms:
                    found += counts
        return found

    def _all(self, from_ms: int, to_ms: int) -> list[_Sums]:
        # Before the objects, as an entry moves; a segment may be in its object as well.
        journals = sorted((self._books / JOURNAL).glob("*.journal"))
        waiting = {path.stem[-36:]: framed(path) for path in journals}
        near = max(0, from_ms - SLACK_MS), min(to_ms + SLACK_MS, ALWAYS_MS)
        paths = list(objects(self._books, *near))
        with self._lock:
            self._read(paths)
            found = [*self._known.values()]
        delivered = {path.name.removesuffix(".json.gz")[-36:] for path in paths}
        return found + [_summed(text) for name, text in waiting.items() if name not in delivered]

    def _read(self, paths: Sequence[Path]) -> None:
        """Know these objects and no others."""
        self._known = {path: self._known[path] for path in paths if path in self._known}
        left = READ_BYTES
        for path in paths:
            if path not in self._known:
                if left <= 0:
                    raise NotSummedYet
                lines = content(path)
                left -= len(lines)
                self._known[path] = _summed(lines)


def _summed(lines: bytes) -> _Sums:
    found: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for entry in map(decode, lines.splitlines()):
        at = entry.project_id, entry.received_ms // MINUTE_MS * MINUTE_MS
        found[at].update({fate.value: entry.count(fate) for fate in Fate})
    return {at: +counts for at, counts in found.items()}
