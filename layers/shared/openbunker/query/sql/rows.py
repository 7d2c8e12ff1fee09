"""The innermost query of every question: the rows of one scope, each event once. Builds trees.

Isolation is by construction: whatever a question asks for is built on top of these rows, so no
part of it can reach below the project's condition. Values and field paths are parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from openbunker.query.engine import Scalar
from openbunker.query.question.columns import PROPERTIES, Field
from openbunker.query.question.filters import Filter
from openbunker.query.scope import COLD, COLD_KEYS, EVENTS, KEY_HASH, Scope
from openbunker.query.sql import conditions, hiding


@dataclass(slots=True)
class Rows:
    """The rows of a scope, and the fields of them that the question turned out to need.

    With `hashes` they are those alone whose KEY_HASH is one of them.
    """

    scope: Scope
    hashes: Sequence[int] = ()
    parameters: dict[str, Scalar] = field(default_factory=dict)
    _names: dict[tuple[Field, bool], str] = field(default_factory=dict)
    _all_meet: list[Filter] = field(default_factory=list)

    def bind(self, name: str, value: Scalar) -> exp.Placeholder:
        """Return the placeholder of a parameter."""
        self.parameters[name] = value
        return exp.Placeholder(this=name)

    def bind_value(self, value: Scalar) -> exp.Placeholder:
        """Return the placeholder of a value of the question."""
        return self.bind(f"value_{len(self.parameters)}", value)

    def value(self, field: Field) -> exp.Column:
        """Return the column that holds a field: as it is, or as JSON text (null when missing)."""
        return self._column(field, raw=False)

    def raw(self, field: Field) -> exp.Column:
        """Return the same, but for a JSON null, which is the text `null`.

        For comparisons that it never meets: whether it is null would read the properties twice.
        """
        return self._column(field, raw=not field.column)

    def _column(self, field: Field, *, raw: bool) -> exp.Column:
        return exp.column(self._names.setdefault((field, raw), f"f{len(self._names)}"))

    def meet(self, filters: Sequence[Filter]) -> list[exp.Expr]:
        """Return the conditions of filters that every row of the question has to meet.

        Cold rows that cannot are passed over before their properties are parsed; of hot ones it is
        judged first which is a copy.
        """
        self._all_meet += filters
        return [conditions.holds(self, one) for one in filters]

    def first_copies(self) -> exp.Subquery:
        """Return the rows of the scope, one per dedupe key.

        Cold rows are there once by themselves. A hot row counts when it is the first of its hot
        copies (the first received, then by event id) and none of its key is cold already: what
        was compacted came first, and may be hot still. Copies are judged before the customer of
        the scope is looked at, as compaction does. The filters of the key hold for first copies,
        so that no later copy takes the place of a first.
        """
        kept = self.meet(self.scope.filters)
        hot = self._not_cold(self._first_hot().subquery("hot", copy=False))
        able = [conditions.may_hold(self, one) for one in self._all_meet]
        cold = self._fields(self._of_project(COLD)).where(
            *self._of_customer(), *(one for one in able if one), copy=False
        )
        both = exp.union(hot, cold, distinct=False, copy=False)
        if not kept:
            return both.subquery("first_copies", copy=False)
        filtered = exp.select("*").from_(both.subquery("both", copy=False)).where(*kept, copy=False)
        return filtered.subquery("first_copies", copy=False)

    def _not_cold(self, hot: exp.Subquery) -> exp.Select:
        """Return the hot rows whose key is not cold.

        A join in which the hot rows, which are few, are what is held in memory: the cold ones,
        which may be millions, only pass by.
        """
        keys = self._of_project(COLD_KEYS).select(exp.column(KEY_HASH), copy=False)
        cold = keys.subquery("cold", copy=False)
        hashes = exp.column(KEY_HASH, "cold"), exp.column(KEY_HASH, "hot")
        names = [exp.column(name, "hot") for name in (*self._names.values(), "timestamp_ms")]
        return (
            exp.select(*names)
            .from_(cold)
            .join(
                hot, on=exp.EQ(this=hashes[0], expression=hashes[1]), join_type="right", copy=False
            )
            .where(hashes[0].copy().is_(exp.null()), *self._of_customer("hot"), copy=False)
        )

    def _first_hot(self) -> exp.Select:
        order = exp.Order(expressions=[exp.column("received_ms"), exp.column("event_id")])
        copy = exp.Window(
            this=exp.RowNumber(), partition_by=[exp.column("dedupe_key")], order=order
        ).as_("copy")
        rows = self._fields(self._of_project(EVENTS)).select(exp.column(KEY_HASH), copy, copy=False)
        if self.scope.customer_identifier is not None:
            rows = rows.select(exp.column("customer_identifier"), copy=False)
        first = exp.column("copy").eq(exp.Literal.number(1))
        return exp.select("*").from_(rows.subquery("scoped", copy=False)).where(first, copy=False)

    def _fields(self, rows: exp.Select) -> exp.Select:
        fields = (self._read(*what, name).as_(name) for what, name in self._names.items())
        return rows.select(*fields, exp.column("timestamp_ms"), copy=False)

    def _of_project(self, table: str) -> exp.Select:
        """Return the select that every reading of a table begins with: nobody else's, no hidden."""
        project = exp.column("project_id").eq(self.bind("project", self.scope.project_id))
        shown = hiding.shown(self.scope.hidden, self.bind)
        if table == EVENTS:  # rows of those are never cold
            shown += hiding.shown_of_late(self.scope.forgotten, self.bind)
        if self.hashes:
            wanted = [exp.Literal.number(one) for one in self.hashes]
            shown.append(exp.In(this=exp.column(KEY_HASH), expressions=wanted))
        return exp.select().from_(exp.table_(table), copy=False).where(project, *shown, copy=False)

    def _of_customer(self, table: str | None = None) -> list[exp.Expr]:
        if self.scope.customer_identifier is None:
            return []
        customer = self.bind("customer", self.scope.customer_identifier)
        return [exp.column("customer_identifier", table).eq(customer)]

    def _read(self, field: Field, raw: bool, name: str) -> exp.Expr:
        if field.column:
            return exp.column(field.column)
        path = self.bind(f"path_{name}", ".".join(field.path))
        found = exp.JSONExtract(this=exp.column(PROPERTIES), expression=path)
        text = exp.JSONFormat(this=found, is_json=True)
        return text if raw else exp.Nullif(this=text, expression=exp.Literal.string("null"))
