"""What a twin has taken in and refused since its reset, for tests to read. In memory, bounded.

Rows are JSON values as `/v1/test/good` and `/v1/test/bad` show them; who makes them is `seen`.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

MAX_ROWS = 10_000
MAX_KNOWN = 100_000  # events whose copies are known
Row = Mapping[str, Any]
# Where the dialects have the name of an event; of what was refused, only this can be known.
NAMES = ("event_name", "name", "event", "eventType", "event_type", "type")


class Ledger:
    """Good and bad rows in the order of their answers. Threads may share it.

    An event that was sent again counts as a copy: a question counts it once too.
    """

    def __init__(self, most: int = MAX_ROWS, most_known: int = MAX_KNOWN) -> None:
        self._most = most
        self._most_known = most_known
        self._changing = Lock()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self._changing:
            self._good: deque[Row] = deque(maxlen=self._most)
            self._bad: deque[Row] = deque(maxlen=self._most)
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
            self._bad.extend(bad)
            self._counts["bad"] += len(bad)
            self._reasons.update(row["reason"] for row in bad)

    def good(self, matches: Callable[[Row], bool]) -> list[Row]:
        """Return the events that match, each once."""
        with self._changing:
            return [row for row in self._good if matches(row)]

    def bad(self, matches: Callable[[Row], bool]) -> list[Row]:
        """Return what was refused and matches."""
        with self._changing:
            return [row for row in self._bad if matches(row)]

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
        self._good.append(row)
        self._counts["good"] += 1
        self._names[row["event_name"]] += 1
        self._dialects[row["dialect"]] += 1


def matching(names: Iterable[str], dialects: Iterable[str]) -> Callable[[Row], bool]:
    """Return what tells whether a row has one of the names and dialects; none named: any."""
    of_name, of_dialect = set(names), set(dialects)

    def matches(row: Row) -> bool:
        named = not of_name or name_of(row) in of_name
        return named and (not of_dialect or row.get("dialect") in of_dialect)

    return matches


def name_of(row: Row) -> str | None:
    """Return an event's name; of what was refused, as far as what was sent has one."""
    sent = row.get("sent", row)
    if not isinstance(sent, Mapping):
        return None
    return next((sent[name] for name in NAMES if isinstance(sent.get(name), str)), None)
