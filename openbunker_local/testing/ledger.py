"""What a twin has taken in and refused since its reset, for tests to read. In memory, bounded.

Rows are JSON values as `/v1/test/good` and `/v1/test/bad` show them; who makes them is `seen`.
"""

import json
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

MAX_ROWS = 10_000
MAX_BYTES = 64 * 1024 * 1024  # of the rows of a kind, as JSON
MAX_KNOWN = 100_000  # events whose copies are known
MAX_NAMES = 10_000  # that are counted each by itself
OTHERS = "(other names)"
Row = Mapping[str, Any]
# Where the dialects have the name of an event; of what was refused, only this can be known.
NAMES = ("event_name", "name", "event", "eventType", "event_type", "type")


@dataclass(frozen=True, slots=True)
class Kept:
    """A row as JSON, which takes a tenth of its values' memory, and what is asked by."""

    name: str | None
    dialect: str | None
    text: str


class Newest:
    """The newest rows of a kind, bounded by their number and by their bytes."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._rows: deque[Kept] = deque()
        self._bytes = 0

    def add(self, row: Row) -> None:
        """Keep a row, and the newest others that there is room for beside it."""
        try:
            text = json.dumps(row)
        except RecursionError:  # as deep as it could just be read
            text = json.dumps({**row, "sent": None})
        self._rows.append(Kept(name_of(row), row.get("dialect"), text))
        self._bytes += len(text)
        while len(self._rows) > self._most or (
            self._bytes > self._most_bytes and len(self._rows) > 1
        ):
            self._bytes -= len(self._rows.popleft().text)

    def found(self, matches: "Matches") -> list[Kept]:
        """Return those that match, the oldest first."""
        return [row for row in self._rows if matches(row)]


Matches = Callable[[Kept], bool]


class Ledger:
    """Good and bad rows in the order of their answers. Threads may share it.

    An event that was sent again counts as a copy: a question counts it once too.
    """

    def __init__(
        self, most: int = MAX_ROWS, most_known: int = MAX_KNOWN, most_bytes: int = MAX_BYTES
    ) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._most_known = most_known
        self._changing = Lock()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self._changing:
            self._good = Newest(self._most, self._most_bytes)
            self._bad = Newest(self._most, self._most_bytes)
            self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
            self._counts = {"good": 0, "bad": 0, "copies": 0}
            self._names: Counter[str] = Counter()
            self._dialects: Counter[str] = Counter()
            self._reasons: Counter[str] = Counter()

    def add(self, good: Sequence[Row], bad: Sequence[Row]) -> None:
        """Enter what became of one request."""
        with self._changing:
            for row in good:
                self._add_good(row)
            for row in bad:
                self._bad.add(row)
            self._counts["bad"] += len(bad)
            self._reasons.update(row["reason"] for row in bad)

    def good(self, matches: Matches) -> list[Row]:
        """Return the events that match, each once."""
        with self._changing:
            found = self._good.found(matches)
        return _read(found)

    def bad(self, matches: Matches) -> list[Row]:
        """Return what was refused and matches."""
        with self._changing:
            found = self._bad.found(matches)
        return _read(found)

    def counts(self) -> dict[str, Any]:
        """Return how many there were, also of those that are not shown any more."""
        with self._changing:
            return {
                **self._counts,
                "good_by_name": dict(self._names),
                "good_by_dialect": dict(self._dialects),
                "bad_by_reason": dict(self._reasons),
            }

    def _add_good(self, row: Row) -> None:
        known = (row["project_id"], row["dedupe_key"])
        if known in self._known:
            self._counts["copies"] += 1
            return
        self._known[known] = None
        if len(self._known) > self._most_known:
            self._known.popitem(last=False)
        self._good.add(row)
        self._counts["good"] += 1
        name = row["event_name"]
        counted = name in self._names or len(self._names) < MAX_NAMES
        self._names[name if counted else OTHERS] += 1
        self._dialects[row["dialect"]] += 1


def _read(rows: Iterable[Kept]) -> list[Row]:
    return [json.loads(row.text) for row in rows]


def matching(names: Iterable[str], dialects: Iterable[str]) -> Matches:
    """Return what tells whether a row has one of the names and dialects; none named: any."""
    of_name, of_dialect = set(names), set(dialects)

    def matches(row: Kept) -> bool:
        named = not of_name or row.name in of_name
        return named and (not of_dialect or row.dialect in of_dialect)

    return matches


def name_of(row: Row) -> str | None:
    """Return an event's name; of what was refused, as far as what was sent has one."""
    sent = row.get("sent", row)
    if not isinstance(sent, Mapping):
        return None
    return next((sent[name] for name in NAMES if isinstance(sent.get(name), str)), None)
