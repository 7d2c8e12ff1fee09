"""Reads the books of a data folder: the entries that were made before the answers.

Reads files only, while a server may be writing them; the journal before the objects, as an entry
moves. Sums up what the entries say; what the store says is `reconciliation`'s.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from openbunker.core.books import Entry, decode, hour
from openbunker.core.times import MINUTE_MS
from openbunker.core.verdict import Fate
from openbunker_local.books.write import FOLDER
from openbunker_local.stream.delivered import ALWAYS_MS, content, objects
from openbunker_local.stream.undelivered import JOURNAL, framed

# An entry is made when its request is answered, some seconds after its receipt at most.
SLACK_MS = 10 * MINUTE_MS

# Project and hour of receipt.
Page = tuple[str, str]


@dataclass(slots=True)
class Sums:
    """What the books say of one project and hour: how many items ended so, and which ids."""

    counts: Counter[str] = field(default_factory=Counter)
    ids: set[bytes] = field(default_factory=set)


def pages(data: Path, from_ms: int = 0, to_ms: int = ALWAYS_MS) -> dict[Page, Sums]:
    """Return what was received from the one time until before the other, summed up."""
    found: dict[Page, Sums] = {}
    for entry in _entries(data / FOLDER, from_ms, to_ms):
        if from_ms <= entry.received_ms < to_ms:
            sums = found.setdefault((entry.project_id, hour(entry.received_ms)), Sums())
            sums.counts.update({fate.value: entry.count(fate) for fate in Fate})
            sums.ids.update(bytes.fromhex(text) for text in (*entry.stored, *entry.spilled))
    return found


def _entries(books: Path, from_ms: int, to_ms: int) -> Iterator[Entry]:
    """Yield each entry once: a segment that is being delivered is in its object as well."""
    waiting = {path.stem: framed(path) for path in sorted((books / JOURNAL).glob("*.journal"))}
    delivered = set()
    for path in objects(books, max(0, from_ms - SLACK_MS), min(to_ms + SLACK_MS, ALWAYS_MS)):
        delivered.add(path.name.removesuffix(".json.gz")[-36:])
        yield from map(decode, content(path).splitlines())
    for stem, lines in waiting.items():
        if stem[-36:] not in delivered:
            yield from map(decode, lines.splitlines())
