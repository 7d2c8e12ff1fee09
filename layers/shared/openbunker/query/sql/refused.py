"""Trees over the rows of what was refused. Like `sql`, from which it differs by its table.

Every reading of the table is bound to one project. Values are bound as parameters, never rendered
as text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from openbunker.core import layout
from openbunker.erasure.model import Hidden
from openbunker.query.engine import Scalar, Statement
from openbunker.query.question.columns import REFUSED_COLUMNS
from openbunker.query.scope import REFUSED, Scope
from openbunker.query.sql import hiding

# Arrival partitions that are read before the period: an object of the stream may have been begun
# a buffering interval (60 s) before its last row arrived.
ARRIVAL_SLACK_MS = 300_000
SAMPLES = 3
MAX_GROUP_ROWS, PAGE_ROWS = 1_000, 1_000
KINDS = ("reason", "dialect", "field")
TOTALS = ("total", "first_ms", "last_ms")
COLUMNS = tuple(REFUSED_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows: of one project, received within two times, of a reason and dialect if given.

    `after_id` is the last id of the page before; `hidden` are erased customers.
    `key_id` says who asks, and bounds nothing.
    """

    project_id: str
    from_ms: int
    to_ms: int
    reason: str | None = None
    dialect: str | None = None
    after_id: str | None = None
    hidden: tuple[Hidden, ...] = ()
    key_id: str = ""


def groups(wanted: Wanted) -> Statement:
    """Return the newest SAMPLES rows of each reason, dialect and field, with the group's totals.

    The totals are the columns `total`, `first_ms` and `last_ms`; large groups come first. A row
    that the stream delivered twice may come twice, but counts once.
    """
    kinds = [exp.column(name) for name in KINDS]
    at = exp.column("received_ms")
    newest = [exp.Ordered(this=column, desc=True) for column in (at, exp.column("refused_id"))]
    counted = exp.select(
        exp.column("refused_id").as_("picked_id"),
        *KINDS,
        _over(exp.Count(this=exp.Star()), kinds).as_("total"),
        _over(exp.Min(this=at), kinds).as_("first_ms"),
        _over(exp.Max(this=at.copy()), kinds).as_("last_ms"),
        _over(exp.RowNumber(), kinds, newest).as_("place"),
    ).from_(_first_copies(wanted))
    order = (exp.Ordered(this=exp.column("total"), desc=True), *KINDS, "place")
    picked = (
        exp.select("picked_id", *TOTALS, "place")
        .from_(counted.subquery("counted"))
        .where(exp.column("place") <= exp.Literal.number(SAMPLES))
        .order_by(*order)
        .limit(MAX_GROUP_ROWS + 1)  # one more tells whether these are all
    )
    tree = _whole_rows(picked, wanted, TOTALS).order_by(*order)
    return _statement(tree, wanted)


def rows(wanted: Wanted) -> Statement:
    """Return a page of the rows themselves in order of their ids; one may come twice."""
    order = ("refused_id",)
    oldest = exp.select(exp.column("refused_id").as_("picked_id")).from_(_first_copies(wanted))
    picked = oldest.order_by(*order).limit(PAGE_ROWS)
    return _statement(_whole_rows(picked, wanted).order_by(*order), wanted)


def one(scope: Scope, refused_id: str, at_ms: int, after_ms: int) -> Statement:
    """Return the rows of an id of that time; the stream may have delivered it twice."""
    parameters: dict[str, Scalar] = {"project": scope.project_id, "id": refused_id}
    tree = (
        exp.select(*COLUMNS)
        .from_(exp.to_table(REFUSED))
        .where(
            exp.column("project_id").eq(exp.Placeholder(this="project")),
            exp.column("refused_id").eq(exp.Placeholder(this="id")),
            *_shown(scope.project_id, scope.hidden, parameters),
        )
        .limit(1)
    )
    from_ms = max(0, at_ms - ARRIVAL_SLACK_MS)
    who = scope.project_id, scope.key_id
    return Statement(tree, parameters, from_ms, at_ms + after_ms, table=REFUSED, asked_by=who)


def _whole_rows(picked: exp.Select, wanted: Wanted, more: Sequence[str] = ()) -> exp.Select:
    """Return the rows that were picked. Only they are read whole: payloads do not fit in memory."""
    return (
        exp.select(*COLUMNS, *more)
        .from_(exp.to_table(REFUSED))
        .join(picked.subquery("picked"), on=exp.column("refused_id").eq(exp.column("picked_id")))
        .where(*_conditions(wanted))
    )


def _first_copies(wanted: Wanted) -> exp.Subquery:
    """Return the wanted rows without their texts, one per id: the stream may deliver one twice."""
    names = ("refused_id", "received_ms", *KINDS)
    copy = _over(exp.RowNumber(), [exp.column("refused_id")], [exp.column("received_ms")])
    scoped = exp.select(*names, copy.as_("copy")).from_(exp.to_table(REFUSED))
    scoped = scoped.where(*_conditions(wanted))
    first = exp.column("copy").eq(exp.Literal.number(1))
    found = exp.select(*names).from_(scoped.subquery("scoped")).where(first)
    return found.subquery("first_copies")


def _conditions(wanted: Wanted) -> list[exp.Expression]:
    return [
        exp.column("project_id").eq(exp.Placeholder(this="project")),
        exp.Between(
            this=exp.column("received_ms"),
            low=exp.Placeholder(this="period_from"),
            high=exp.Placeholder(this="period_to"),
        ),
        *(
            exp.column(name).eq(exp.Placeholder(this=name))
            for name in ("reason", "dialect")
            if getattr(wanted, name) is not None
        ),
        *_after(wanted),
        *_shown(wanted.project_id, wanted.hidden, {}),
    ]


def _shown(
    project_id: str, hidden: Sequence[Hidden], parameters: dict[str, Scalar]
) -> list[exp.Expression]:
    """Return the conditions that leave out erased customers, and add their parameters."""

    def bind(name: str, value: Scalar) -> exp.Placeholder:
        parameters[name] = value
        return exp.Placeholder(this=name)

    return hiding.shown_refused(project_id, hidden, bind)


def _after(wanted: Wanted) -> list[exp.Expression]:
    found = exp.GT(this=exp.column("refused_id"), expression=exp.Placeholder(this="after"))
    return [found] if wanted.after_id is not None else []


def _over(
    function: exp.Expression,
    partition: Sequence[exp.Expression],
    order: Sequence[exp.Expression] = (),
) -> exp.Window:
    ordered = exp.Order(expressions=list(order)) if order else None
    by = [column.copy() for column in partition]
    return exp.Window(this=function, partition_by=by, order=ordered)


def _statement(tree: exp.Select, wanted: Wanted) -> Statement:
    parameters: dict[str, Scalar] = {
        "project": wanted.project_id,
        "period_from": wanted.from_ms,
        "period_to": wanted.to_ms,
        "reason": wanted.reason,
        "dialect": wanted.dialect,
        "after": wanted.after_id,
    }
    parameters = {name: value for name, value in parameters.items() if value is not None}
    _shown(wanted.project_id, wanted.hidden, parameters)
    from_ms = max(0, wanted.from_ms - ARRIVAL_SLACK_MS)
    to_ms = max(0, min(wanted.to_ms, layout.LAST_MS))
    who = wanted.project_id, wanted.key_id
    return Statement(tree, parameters, from_ms, to_ms, table=REFUSED, asked_by=who)
