"""The innermost query of every question: the rows of one scope, each event once. Builds trees.

Isolation is by construction: whatever a question asks for is built on top of these rows, so no
part of it can reach below the project's condition. Values and field paths are parameters.
"""

from dataclasses import dataclass, field

from sqlglot import exp

from openbunker.query import conditions, hiding
from openbunker.query.columns import PROPERTIES, Field
from openbunker.query.engine import Scalar
from openbunker.query.scope import EVENTS, Scope


@dataclass(slots=True)
class Rows:
    """The rows of a scope, and the fields of them that the question turned out to need."""

    scope: Scope
    parameters: dict[str, Scalar] = field(default_factory=dict)
    _names: dict[Field, str] = field(default_factory=dict)

    def bind(self, name: str, value: Scalar) -> exp.Placeholder:
        """Return the placeholder of a parameter."""
        self.parameters[name] = value
        return exp.Placeholder(this=name)

    def bind_value(self, value: Scalar) -> exp.Placeholder:
        """Return the placeholder of a value of the question."""
        return self.bind(f"value_{len(self.parameters)}", value)

    def value(self, field: Field) -> exp.Column:
        """Return the column that holds a field: as it is, or as JSON text (null when missing)."""
        return exp.column(self._names.setdefault(field, f"f{len(self._names)}"))

    def first_copies(self) -> exp.Subquery:
        """Return the rows of the scope, one per dedupe key: the first received, then by event id.

        The project is part of the rule as well, but it is the same in all rows here. The filters
        of the key hold for first copies, so that no later copy takes the place of a first.
        """
        kept = [conditions.holds(self, one) for one in self.scope.filters]
        order = exp.Order(expressions=[exp.column("received_ms"), exp.column("event_id")])
        copy = exp.Window(
            this=exp.RowNumber(), partition_by=[exp.column("dedupe_key")], order=order
        ).as_("copy")
        project = self.bind("project", self.scope.project_id)
        scope: list[exp.Expr] = [exp.column("project_id").eq(project)]
        if self.scope.customer_identifier is not None:
            customer = self.bind("customer", self.scope.customer_identifier)
            scope.append(exp.column("customer_identifier").eq(customer))
        scope += hiding.shown(self.scope.hidden, self.bind)
        fields = (self._read(field, name).as_(name) for field, name in self._names.items())
        columns = (*fields, exp.column("timestamp_ms"), copy)
        rows = exp.select(*columns).from_(exp.to_table(EVENTS)).where(*scope)
        first = exp.column("copy").eq(exp.Literal.number(1))
        return (
            exp.select("*")
            .from_(rows.subquery("scoped"))
            .where(first, *kept)
            .subquery("first_copies")
        )

    def _read(self, field: Field, name: str) -> exp.Expr:
        if field.column:
            return exp.column(field.column)
        path = self.bind(f"path_{name}", ".".join(field.path))
        found = exp.JSONExtract(this=exp.column(PROPERTIES), expression=path)
        text = exp.JSONFormat(this=found, is_json=True)
        return exp.Nullif(this=text, expression=exp.Literal.string("null"))
