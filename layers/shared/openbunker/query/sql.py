"""Question -> syntax tree, on top of the rows of a scope. `rendering` writes the tree as text.

Isolation is by construction: the innermost query reads the events of one project (and of one
customer, for a scoped key) and drops copies; whatever the question asks for is built on top of
it. Nothing of the question becomes text: values and field paths are bound as parameters, columns
of the answer have names of ours (g0, c0) and the question's names come back in `Plan.answer`.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from openbunker.query.columns import Field, Kind
from openbunker.query.engine import Statement, Table
from openbunker.query.question import Direction, Filter, Function, Order, Question
from openbunker.query.rows import Rows
from openbunker.query.scope import Scope

# Events of a period may have arrived before it: senders' clocks run ahead, and the first copy of
# an event counts, not the last. Both are looked for this long before the period. Every hour more
# is an hour of small objects to open for each question, until they are compacted.
ARRIVAL_SLACK_MS = 3_600_000
# JSON text of a string that holds a plain decimal: vendors send amounts as text to keep cents.
# Without a question mark, which stands for a parameter in Athena's text.
_DECIMAL_TEXT = '^"-{0,1}[0-9]{1,18}([.][0-9]{1,18}){0,1}"$'


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement and how its table becomes the answer: names, and which columns hold JSON text."""

    statement: Statement
    columns: Sequence[str]
    json: Sequence[bool]

    def answer(self, table: Table) -> list[list[Any]]:
        """Return the rows in the answer's types: JSON text parsed, no NaN and no infinity."""
        return [[_typed(*pair) for pair in zip(row, self.json, strict=True)] for row in table.rows]


def plan(question: Question, scope: Scope, now_ms: int) -> Plan:
    """Return the statement of a question over the rows of a scope, with now as the period's end."""
    rows = Rows(scope)
    from_ms, to_ms = question.time_period.bounds(now_ms)
    conditions = [within(rows, from_ms, to_ms), *(condition(rows, f) for f in question.filters)]
    groups = [_group(rows, field).as_(f"g{i}") for i, field in enumerate(question.group_by)]
    computed = [
        _computed(rows, c.function, c.field_name).as_(f"c{i}")
        for i, c in enumerate(question.computations)
    ]
    counted = exp.select(*groups, *computed).from_(rows.first_copies()).where(*conditions)
    if groups:
        counted = counted.group_by(*(exp.Literal.number(i + 1) for i in range(len(groups))))
    names = [column.alias for column in (*groups, *computed)]
    tree = exp.select(*map(exp.column, names)).from_(counted.subquery("answer"))
    if orders := _orders(question, names):
        tree = tree.order_by(*orders)
    tree = tree.limit(question.limit)
    statement = statement_of(tree, rows, (from_ms, to_ms), now_ms)
    of_properties = [not field.column for field in question.group_by]
    return Plan(statement, question.columns, of_properties + [False] * len(computed))


def statement_of(tree: exp.Query, rows: Rows, bounds: tuple[int, int], now_ms: int) -> Statement:
    """Return the statement of a tree over rows that happened within the two times."""
    arrived_ms = min(bounds[0], now_ms) - ARRIVAL_SLACK_MS
    return Statement(tree, rows.parameters, arrived_ms, now_ms, cold=bounds)


def within(rows: Rows, from_ms: int, to_ms: int) -> exp.Expression:
    """Return what holds for the rows that happened within the two times, both included."""
    low, high = rows.bind("period_from", from_ms), rows.bind("period_to", to_ms)
    return exp.Between(this=exp.column("timestamp_ms"), low=low, high=high)


def condition(rows: Rows, condition: Filter) -> exp.Expression:
    """Compare a field with a value: numbers with numbers, texts with texts, null with missing."""
    field, value = condition.field_name, condition.value
    column = rows.value(field)
    if value is None:
        return column.is_(exp.null())
    if isinstance(value, bool):
        return column.eq(rows.bind_value("true" if value else "false"))
    if isinstance(value, str):
        bound = rows.bind_value(value)
        return column.eq(bound if field.column else exp.JSONFormat(this=bound))
    return _number(column, field).eq(_double(rows.bind_value(float(value))))


def _group(rows: Rows, field: Field) -> exp.Expression:
    """Return a field as a group: of the numbers in `properties`, 5.0 joins 5."""
    column = rows.value(field)
    if field.column:
        return column
    whole = exp.Substring(
        this=column.copy(),
        start=exp.Literal.number(1),
        length=exp.Length(this=column.copy()) - 2,
    )
    return exp.case().when(column.copy().like(".0".rjust(3, "%")), whole).else_(column.copy())


def _computed(rows: Rows, function: Function, field: Field | None) -> exp.Expression:
    if field is None:
        return exp.Count(this=exp.Star())
    if function is Function.COUNT:
        return exp.Count(this=rows.value(field))
    return exp.Sum(this=_amount(rows.value(field), field))


def _amount(column: exp.Column, field: Field) -> exp.Expression:
    """Return what a field adds to a sum: a number, or a decimal that was sent as text."""
    number = _number(column, field)
    if field.column:
        return number
    is_decimal = exp.RegexpLike(this=column.copy(), expression=exp.Literal.string(_DECIMAL_TEXT))
    return exp.case().when(is_decimal, _double(_unquoted(column))).else_(number)


def _number(column: exp.Column, field: Field) -> exp.Expression:
    """Return a field's value as a double; null where it is not a number."""
    if field.kind is Kind.NUMBER:
        return column
    return _double(column) if field.kind is Kind.INTEGER else _double_or_null(column)


def _double(value: exp.Expression) -> exp.Cast:
    return exp.cast(value, exp.DType.DOUBLE)


def _double_or_null(text: exp.Expression) -> exp.TryCast:
    # The JSON text of a string begins with a quote, so only numbers pass.
    return exp.TryCast(this=text, to=exp.DataType.build("double"))


def _orders(question: Question, names: Sequence[str]) -> list[exp.Ordered]:
    """Return the order that was asked for, then all groups, so that every answer has one order."""
    asked = dict(zip(question.columns, names, strict=True))
    orders = list(question.order_by)
    orders += [Order(field_name=field.name) for field in question.group_by]
    of_properties = {field.name for field in question.group_by if not field.column}
    found = []
    for order in orders:
        column, descending = exp.column(asked[order.field_name]), order.direction is Direction.DESC
        keys: list[exp.Expression] = [column]
        if order.field_name in of_properties:
            # The whole text last: true and "true" are two groups.
            keys = [_double_or_null(column), _unquoted(column), column.copy()]
        found += [exp.Ordered(this=key, desc=descending, nulls_first=False) for key in keys]
    return found


def _unquoted(column: exp.Column) -> exp.Trim:
    return exp.Trim(this=column.copy(), expression=exp.Literal.string('"'), position="BOTH")


def _typed(value: Any, is_json: bool) -> Any:
    if is_json and value is not None:
        return json.loads(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
