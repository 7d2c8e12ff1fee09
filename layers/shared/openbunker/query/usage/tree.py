"""What was received on a day, by project, dialect and key: one statement over all projects.

An operator's question, like `books_sql`: no route leads to it. Each event counts once: cold rows
are one each, of hot ones the first copy counts unless a cold row has its dedupe key.
"""

from functools import cache

from sqlglot import exp

from openbunker.core.layout import COLD_AFTER_MS, COLD_BEFORE_MS
from openbunker.core.times import DAY_MS
from openbunker.query.engine import Statement
from openbunker.query.question.columns import COLUMNS, PROPERTIES, Kind
from openbunker.query.scope import COLD, COLD_KEYS, EVENTS, KEY_HASH

NAMES = ("project_id", "dialect", "key_id", "events", "bytes", "last_ms")
_GROUPS = NAMES[:3]
_SAME_EVENT = ("project_id", "dedupe_key")
_TEXTS = [name for name, kind in COLUMNS.items() if kind is Kind.TEXT] + [PROPERTIES]


def received(from_ms: int, to_ms: int, *, hot: bool = True) -> Statement:
    """Return NAMES of what was received from one time until before another, at most a day long.

    `hot` is False where only what was compacted is to be counted: opening every small object of
    a day costs more than the count is worth.
    """
    # A copy of today's may have come first yesterday, and be no cold row yet.
    return Statement(
        _counted(hot=hot),
        {"low": from_ms, "high": to_ms - 1},
        from_ms - DAY_MS,
        to_ms,
        cold=(from_ms - COLD_BEFORE_MS, to_ms + COLD_AFTER_MS),
        received=(from_ms, to_ms),
    )


@cache
def _counted(*, hot: bool) -> exp.Select:
    """Return the tree, which is the same for every day: who gives it sources copies it."""
    rows: exp.Query = _cold()
    if hot:
        rows = exp.union(rows, _first_hot(), distinct=False)
    counted = exp.select(
        *_GROUPS,
        exp.Count(this=exp.Star()).as_("events"),
        exp.Sum(this=exp.column("weight")).as_("bytes"),
        exp.Max(this=exp.column("received_ms")).as_("last_ms"),
    )
    return counted.from_(rows.subquery("received")).where(_within()).group_by(*_GROUPS)


def _cold() -> exp.Select:
    return exp.select(*_GROUPS, "received_ms", _weight()).from_(exp.to_table(COLD)).where(_within())


def _first_hot() -> exp.Select:
    """Return the first copies among the hot rows, without those whose key is cold.

    As in `rows`, the hot rows, which are few, are what the join holds in memory.
    """
    order = exp.Order(expressions=[exp.column("received_ms"), exp.column("event_id")])
    by = [exp.column(name) for name in _SAME_EVENT]
    copy = exp.Window(this=exp.RowNumber(), partition_by=by, order=order).as_("copy")
    ours = exp.column("project_id").is_(exp.null()).not_()
    rows = exp.select(*_GROUPS, KEY_HASH, "received_ms", _weight(), copy)
    hot = rows.from_(exp.to_table(EVENTS)).where(ours)
    known = exp.select("project_id", KEY_HASH).from_(exp.to_table(COLD_KEYS)).subquery("known")
    same = [
        exp.column(name, "known").eq(exp.column(name, "hot")) for name in ("project_id", KEY_HASH)
    ]
    return (
        exp.select(*(exp.column(name, "hot") for name in (*_GROUPS, "received_ms", "weight")))
        .from_(known)
        .join(hot.subquery("hot"), on=exp.and_(*same), join_type="right")
        .where(
            exp.column("copy", "hot").eq(exp.Literal.number(1)),
            exp.column(KEY_HASH, "known").is_(exp.null()),
        )
    )


def _within() -> exp.Between:
    low, high = exp.Placeholder(this="low"), exp.Placeholder(this="high")
    return exp.Between(this=exp.column("received_ms"), low=low, high=high)


def _weight() -> exp.Expression:
    """Return the UTF-8 bytes of a row's texts."""
    found: exp.Expression = exp.Literal.number(0)
    for name in _TEXTS:
        size = exp.func("COALESCE", _octets(exp.column(name)), exp.Literal.number(0))
        found = exp.Add(this=found, expression=size)
    return exp.Alias(this=found, alias=exp.to_identifier("weight"))


def _octets(text: exp.Expression) -> exp.Expression:
    encoded = exp.Encode(this=text, charset=exp.Literal.string("utf-8"))
    return exp.Length(this=encoded)
