"""The newest rows of a scope in the order of receipt: events, and what was refused. Builds trees.

Newest first a walk begins, as a page of a listing; after a place they come oldest first. Values are
parameters. What a walk has shown is not known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from openbunker.core import layout
from openbunker.core.times import DAY_MS
from openbunker.query.engine import Scalar, Statement
from openbunker.query.question import listing
from openbunker.query.question.basis import Basis
from openbunker.query.question.columns import Field, field_named
from openbunker.query.question.question import parse_filters
from openbunker.query.scope import REFUSED, Scope
from openbunker.query.sql import conditions, hiding
from openbunker.query.sql.aggregates import statement_of
from openbunker.query.sql.page_trees import PageTrees
from openbunker.query.sql.refused import ARRIVAL_SLACK_MS
from openbunker.query.sql.rows import Rows

EVENT_COLUMNS = (
    "event_id", "received_ms", "timestamp_ms", "event_name", "dialect", "key_id",
    "customer_identifier", "user_id", "dedupe_key",
)  # fmt: skip
REFUSED_COLUMNS = (
    "refused_id", "received_ms", "dialect", "key_id", "reason", "field", "message",
)  # fmt: skip
# What a search looks into.
_EVENT_TEXTS = (
    "event_name", "event_id", "dedupe_key", "customer_identifier", "user_id", "anonymous_id",
    "session_id", "url",
)  # fmt: skip
_REFUSED_TEXTS = ("reason", "refused_id", "field", "message", "payload")
# How far back a walk begins, and how far clocks of servers may be ahead of each other.
LOOK_BACK_MS, AHEAD_MS = DAY_MS, DAY_MS
# Names and ids have less: the texts of a page are not what bounds it.
_ROOM = 5_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows of a scope: of a name, a dialect, a key, and with a text in them, if given."""

    scope: Scope
    name: str | None = None
    dialect: str | None = None
    key: str | None = None
    text: str | None = None

    @property
    def filters(self) -> list[dict[str, str]]:
        """The same as a question's filters, but for the text."""
        wanted = {"event_name": self.name, "dialect": self.dialect, "key_id": self.key}
        return [{"field_name": n, "op": "equals", "value": v} for n, v in wanted.items() if v]


def newest_events(asked: Asked, now_ms: int, count: int) -> Statement:
    """Return the newest events, newest first: the columns, then what a page of a listing adds."""
    wanted = listing.parse(
        {
            "select": list(EVENT_COLUMNS),
            "time_period": f"minus_{LOOK_BACK_MS // DAY_MS}_days",
            "time_basis": Basis.RECEIVED,
            "filters": asked.filters,
            "limit": count,
        }
    )
    bounds = (now_ms - LOOK_BACK_MS, now_ms + AHEAD_MS)
    return PageTrees(
        wanted, asked.scope, None, bounds, now_ms, _ROOM, lambda rows: _searched(rows, asked.text)
    ).statement()


def events_after(asked: Asked, place: tuple[int, str], now_ms: int, count: int) -> Statement:
    """Return the events after a place in the order of receipt, oldest first."""
    rows = Rows(asked.scope)
    columns = [rows.value(field_named(name)) for name in EVENT_COLUMNS]
    at, who = columns[1], columns[0]
    where = [conditions.holds(rows, one) for one in parse_filters(asked.filters)]
    where += [*_searched(rows, asked.text), _after(at, who, place, rows.bind)]
    tree = (
        exp.select(*(c.as_(name) for c, name in zip(columns, EVENT_COLUMNS, strict=True)))
        .from_(rows.first_copies(), copy=False)
        .where(*where, copy=False)
        .order_by(at.copy(), who.copy(), copy=False)
        .limit(count, copy=False)
    )
    bounds = place[0], max(now_ms, place[0]) + AHEAD_MS
    return statement_of(tree, rows, bounds, now_ms, Basis.RECEIVED)


def newest_refused(asked: Asked, now_ms: int, count: int) -> Statement:
    """Return the newest rows of what was refused, newest first; one may come twice."""
    return _refused(asked, (now_ms - LOOK_BACK_MS, ""), now_ms, count, desc=True)


def refused_after(asked: Asked, place: tuple[int, str], now_ms: int, count: int) -> Statement:
    """Return the rows of what was refused after a place, oldest first; one may come twice."""
    return _refused(asked, place, now_ms, count, desc=False)


def _refused(
    asked: Asked, place: tuple[int, str], now_ms: int, count: int, *, desc: bool
) -> Statement:
    parameters: dict[str, Scalar] = {}

    def bind(name: str, value: Scalar) -> exp.Placeholder:
        parameters[name] = value
        return exp.Placeholder(this=name)

    scope, at, who = asked.scope, exp.column("received_ms"), exp.column("refused_id")
    where: list[exp.Expr] = [exp.column("project_id").eq(bind("project", scope.project_id))]
    where += hiding.shown_refused(scope.project_id, scope.hidden, bind)
    where.append(_after(at, who, place, bind))
    for name, value in (("dialect", asked.dialect), ("key_id", asked.key)):
        where += [exp.column(name).eq(bind(name, value))] if value else []
    if asked.text:
        wanted = bind("text", asked.text.lower())
        where.append(_in_any([exp.column(name) for name in _REFUSED_TEXTS], wanted))
    order = [exp.Ordered(this=column.copy(), desc=desc) for column in (at, who)]
    tree = exp.select(*REFUSED_COLUMNS).from_(exp.to_table(REFUSED)).where(*where)
    tree = tree.order_by(*order).limit(count)
    from_ms = max(0, place[0] - ARRIVAL_SLACK_MS)
    to_ms = max(0, min(now_ms, layout.LAST_MS))
    asked_by = scope.project_id, scope.key_id
    return Statement(tree, parameters, from_ms, to_ms, table=REFUSED, asked_by=asked_by)


def _after(at: exp.Expr, who: exp.Expr, place: tuple[int, str], bind: hiding.Bind) -> exp.Expr:
    """Return what holds for the rows after a place."""
    at_ms, last_id = bind("after_ms", place[0]), bind("after_id", place[1])
    later = exp.and_(at.copy().eq(at_ms.copy()), exp.GT(this=who.copy(), expression=last_id))
    return exp.or_(exp.GT(this=at.copy(), expression=at_ms), later)


def _searched(rows: Rows, text: str | None) -> list[exp.Expr]:
    """Return the condition that a text occurs in an event. Ask before the rows."""
    if not text:
        return []
    fields: Sequence[Field] = (*map(field_named, _EVENT_TEXTS), listing.WHOLE)
    return [_in_any([rows.value(field) for field in fields], rows.bind("text", text.lower()))]


def _in_any(columns: Sequence[exp.Expr], wanted: exp.Expr) -> exp.Expr:
    """Return whether a text in small letters occurs in a column, whatever the column's case."""
    zero = exp.Literal.number(0)
    return exp.or_(
        *(
            exp.StrPosition(this=exp.Lower(this=one.copy()), substr=wanted.copy()) > zero.copy()
            for one in columns
        )
    )
