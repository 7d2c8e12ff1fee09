"""Compares the books with what lies in the store, by project and hour. Prints nothing.

Reads files only and takes no lock, so it runs beside a server as well as after it. The books are
read before the store and once more after it: what was entered before must be there by then, and
what is there and was not entered even afterwards was answered to nobody. An event moves from the
journal to an object to the cold files, and its places are read in that order.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from openbunker.core.books import hour
from openbunker.core.errors import QueryUnavailable
from openbunker.query.receipts import Place
from openbunker_local.books import read as ledger
from openbunker_local.books.read import SLACK_MS, Page, Sums
from openbunker_local.cold import lookup_trees as cold_sql
from openbunker_local.cold.manifest import Kind
from openbunker_local.cold.rows import ATTEMPTS, ColdRows
from openbunker_local.stream.delivered import ALWAYS_MS, content, objects
from openbunker_local.stream.undelivered import waiting

_NOTHING = Sums()
MAX_NAMED = 5
_KINDS: tuple[Kind, ...] = ("rows", "copies", "erased")


@dataclass(slots=True)
class Lying:
    """The rows of one project and hour. Ids are those of all places; the counts are of rows.

    Of an event that was erased only its id is left.
    """

    ids: set[bytes] = field(default_factory=set)
    keys: set[int] = field(default_factory=set)
    rows: int = 0
    spilled: int = 0
    journal: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One project and hour, compared.

    `missing` were answered as accepted and lie nowhere: a loss. `unanswered` lie there and no
    answer spoke of them: a crash came between. `copies` are rows of an id beyond the first (the
    stream may deliver twice), `duplicates` are ids beyond the first of a dedupe key (a client
    sent again); queries see neither. What cannot be read counts as not there.
    """

    project: str
    hour: str
    received: int
    stored: int
    spilled: int
    refused: int
    retry: int
    lying: int
    waiting: int
    missing: int
    unanswered: int
    copies: int
    duplicates: int
    some_missing: tuple[str, ...] = ()

    @property
    def closes(self) -> bool:
        """Whether nothing is lost, and the counts and ids of the books agree."""
        return not self.missing and self.received == (
            self.stored + self.spilled + self.refused + self.retry
        )


def reconcile(data: Path, from_ms: int = 0, to_ms: int = ALWAYS_MS) -> list[Line]:
    """Return the comparison of what was received from one time until before the other.

    Raises QueryUnavailable when the cold files cannot be read.
    """
    before = ledger.pages(data, from_ms, to_ms)
    wanted = {page: set(sums.ids) for page, sums in before.items()}
    lying = _lying(data, from_ms, to_ms, wanted)
    after = ledger.pages(data, from_ms, to_ms)
    pages = sorted(before.keys() | lying.keys(), key=lambda page: (page[1], page[0]))
    return [
        _compared(page, before.get(page, _NOTHING), lying.get(page, Lying()), after.get(page))
        for page in pages
    ]


def _lying(
    data: Path, from_ms: int, to_ms: int, wanted: dict[Page, set[bytes]]
) -> dict[Page, Lying]:
    """Return what lies where, reading on after the time as long as ids are wanted."""
    found: dict[Page, Lying] = {}
    segments: dict[str, list[Page]] = {}
    for place, path, lines in waiting(data):
        for page, event_id, key in _rows(lines, from_ms, to_ms):
            _add(found, page, event_id, key, place)
            segments.setdefault(path.stem[-36:], []).append(page)
            wanted.get(page, set()).discard(event_id)
    cold = ColdRows(data)
    read: dict[Path, Counter[Page]] = {}
    for path in _hot(data, cold, from_ms, to_ms, wanted):
        for page in segments.pop(path.name.removesuffix(".json.gz")[-36:], ()):
            found[page].rows -= 1  # it was delivered while we read: the journal's rows are these
            found[page].journal -= 1
        counts = read.setdefault(path, Counter())
        for page, event_id, key in _rows(content(path), from_ms, to_ms):
            _add(found, page, event_id, key, Place.HOT)
            counts[page] += 1
            wanted.get(page, set()).discard(event_id)
    _add_cold(found, cold, read, from_ms, to_ms)
    return found


def _hot(
    data: Path, cold: ColdRows, from_ms: int, to_ms: int, wanted: dict[Page, set[bytes]]
) -> Iterator[Path]:
    """Yield the objects that were not compacted before, as long as the time or ids ask for more."""
    done = cold.manifest().done
    for path in objects(data, max(0, from_ms - SLACK_MS), ALWAYS_MS):
        late = _minute_of(path) > hour(min(to_ms + SLACK_MS, ALWAYS_MS))
        if late and not any(wanted.values()):
            return
        if cold.name(path) not in done:
            yield path


def _add_cold(
    found: dict[Page, Lying],
    cold: ColdRows,
    read: dict[Path, Counter[Page]],
    from_ms: int,
    to_ms: int,
) -> None:
    """Add the cold rows; those of objects that became cold while we read are counted once."""
    for attempt in range(ATTEMPTS):
        gone = {path for path in read if not path.exists()}
        done = cold.manifest().done
        try:
            rows = _cold_rows(found, cold, from_ms, to_ms)
        except duckdb.Error as error:  # a file was merged away; what was added is added again
            if attempt == ATTEMPTS - 1:
                raise QueryUnavailable(str(error)) from error
            continue
        for path, counts in read.items():
            if path in gone or cold.name(path) in done:
                rows.subtract(counts)
        for page, count in rows.items():
            found.setdefault(page, Lying()).rows += count
        return


def _cold_rows(found: dict[Page, Lying], cold: ColdRows, from_ms: int, to_ms: int) -> Counter[Page]:
    """Add the ids of cold rows; return how many rows there are. Raises duckdb.Error."""
    counts: Counter[Page] = Counter()
    for kind in _KINDS:
        for rows in cold.batches(kind, cold_sql.ids(kind), from_ms, to_ms - 1):
            for project, event_id, received_ms, key in rows:
                page = (project, hour(received_ms))
                lying = found.setdefault(page, Lying())
                lying.ids.add(bytes.fromhex(event_id))
                lying.keys.add(hash(key))
                counts[page] += 1
    return counts


def _minute_of(path: Path) -> str:
    day, minute = path.parts[-3].removeprefix("dt="), path.parts[-2].removeprefix("hm=")
    return f"{day}T{minute[:2]}"


def _rows(lines: bytes, from_ms: int, to_ms: int) -> Iterator[tuple[Page, bytes, int]]:
    """Yield page, id and the dedupe key's hash of the rows that were received in the time."""
    for line in lines.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # its event is then missing
        if from_ms <= row["received_ms"] < to_ms:
            page = (row["project_id"], hour(row["received_ms"]))
            yield page, bytes.fromhex(row["event_id"]), hash(row["dedupe_key"])


def _add(found: dict[Page, Lying], page: Page, event_id: bytes, key: int, place: Place) -> None:
    lying = found.setdefault(page, Lying())
    lying.ids.add(event_id)
    lying.keys.add(key)
    lying.rows += 1
    lying.journal += place is Place.JOURNAL
    lying.spilled += place is Place.SPILL


def _compared(page: Page, entered: Sums, lying: Lying, after: Sums | None) -> Line:
    missing = entered.ids - lying.ids
    counts = entered.counts
    return Line(
        project=page[0],
        hour=page[1],
        received=counts["refused"] + counts["retry"] + len(entered.ids),
        stored=counts["stored"],
        spilled=counts["spilled"],
        refused=counts["refused"],
        retry=counts["retry"],
        lying=len(lying.ids),
        waiting=lying.journal + lying.spilled,
        missing=len(missing),
        unanswered=len(lying.ids - (after.ids if after else set())),
        copies=lying.rows - len(lying.ids),
        duplicates=len(lying.ids) - len(lying.keys),
        some_missing=tuple(sorted(one.hex() for one in missing)[:MAX_NAMED]),
    )
