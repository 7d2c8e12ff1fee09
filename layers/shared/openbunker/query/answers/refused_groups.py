"""What was refused, told by reason: folds rows of `refused_sql.groups` into the answer. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbunker.core.refused_rows import Refused
from openbunker.core.times import iso
from openbunker.erasure.model import Hidden
from openbunker.query.engine import Table
from openbunker.query.incomplete import Lack, Missing
from openbunker.query.sql.refused import COLUMNS, KINDS, MAX_GROUP_ROWS, SAMPLES, Wanted

_Row = Mapping[str, Any]
IN_SAMPLE = ("refused_id", "dialect", "route", "key_id", "field", "item", "message", "payload")


@dataclass(frozen=True, slots=True)
class Group:
    """What was refused for one reason: how often, since when, where, and the newest of it."""

    reason: str
    count: int
    first_ms: int
    last_ms: int
    dialects: Sequence[str]
    fields: Sequence[str]
    samples: Sequence[Refused]

    def told(self) -> dict[str, Any]:
        """Return the group as JSON values."""
        return {
            "reason": self.reason,
            "count": self.count,
            "first": iso(self.first_ms),
            "last": iso(self.last_ms),
            "dialects": list(self.dialects),
            "fields": list(self.fields),
            "samples": [_sample(row) for row in self.samples],
        }


def groups_of(table: Table) -> list[Group]:
    """Return the groups of a table of `refused_sql.groups`, the largest first."""
    found = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    kept = set(_picked(table)[:MAX_GROUP_ROWS])
    rows = [row for row in found if row["refused_id"] in kept]
    by_reason: dict[str, list[_Row]] = {}
    for row in rows:
        by_reason.setdefault(row["reason"], []).append(row)
    groups = [_group(reason, members) for reason, members in by_reason.items()]
    return sorted(groups, key=lambda group: (-group.count, group.reason))


def lacks(table: Table, wanted: Wanted) -> list[Lack]:
    """Return what is not in the groups: of many kinds the rarest did not fit, or who is erased."""
    found = [*table.incomplete, *erasing(wanted.hidden, wanted.from_ms)]
    if len(_picked(table)) <= MAX_GROUP_ROWS:
        return found
    advice = "The rarest kinds are missing. Ask for one reason, one dialect or a shorter period."
    return [*found, Lack(Missing.ROW_LIMIT, None, advice)]


def erasing(hidden: Sequence[Hidden], from_ms: int) -> list[Lack]:
    """Return that rows since a time may be left out which are not those of who is erased."""
    if not any(one.identifier and from_ms <= one.until_ms for one in hidden):
        return []
    advice = (
        "Rows whose text may name somebody who is being erased are left out. Those that do not "
        "come back once compaction has looked into them."
    )
    return [Lack(Missing.ERASING, None, advice)]


def _picked(table: Table) -> list[str]:
    """Return the ids of the table's rows, each once: the stream may have delivered one twice."""
    place = table.columns.index("refused_id")
    return list(dict.fromkeys(row[place] for row in table.rows))


def rows_of(table: Table) -> list[Refused]:
    """Return the rows of a table of `refused_sql.rows`."""
    found = [_refused(dict(zip(table.columns, row, strict=True))) for row in table.rows]
    return list({row.refused_id: row for row in found}.values())


def _group(reason: str, rows: Sequence[_Row]) -> Group:
    kinds = {tuple(row[name] for name in KINDS): row for row in rows}
    once = {row["refused_id"]: row for row in rows}.values()
    newest = sorted(once, key=lambda row: (row["received_ms"], row["refused_id"]), reverse=True)
    return Group(
        reason=reason,
        count=sum(row["total"] for row in kinds.values()),
        first_ms=min(row["first_ms"] for row in kinds.values()),
        last_ms=max(row["last_ms"] for row in kinds.values()),
        dialects=_by_count(kinds.values(), "dialect"),
        fields=_by_count(kinds.values(), "field"),
        samples=[_refused(row) for row in newest[:SAMPLES]],
    )


def _by_count(rows: Iterable[_Row], name: str) -> list[str]:
    counts: Counter[str] = Counter()
    for row in rows:
        if row[name] is not None:
            counts[row[name]] += row["total"]
    return sorted(counts, key=lambda value: (-counts[value], value))


def _refused(row: _Row) -> Refused:
    return Refused(**{name: row[name] for name in COLUMNS})


def _sample(row: Refused) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in IN_SAMPLE}
    return {"received": iso(row.received_ms), **told, "truncated": not row.whole}
