"""A filter -> a condition on the rows of a scope. Pure; runs nothing.

A missing field and a null are the same. `not_equals`, `not_in` and `not_exists` hold exactly where
their opposites do not, missing fields included; every other operator holds for no missing field.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from openbunker.query.engine import Scalar
from openbunker.query.question.columns import PROPERTIES, Field
from openbunker.query.question.elements import is_number
from openbunker.query.question.filters import RANGES, Filter, Operator
from openbunker.query.sql.values import Values, amount, begins, double, double_or_null, number

_COMPARISONS: dict[Operator, type[exp.Binary]] = {
    Operator.GT: exp.GT,
    Operator.GTE: exp.GTE,
    Operator.LT: exp.LT,
    Operator.LTE: exp.LTE,
}
_ROOT = exp.Literal.string("$")
_ESCAPE = "\\"
# Texts that are looked for before properties are parsed, and how long each is at most.
MAX_LOOKED_FOR, MAX_LOOKED_LENGTH = 5, 200


def holds(rows: Values, one: Filter) -> exp.Expr:
    """Return whether a filter holds for a row."""
    match one.op:
        case Operator.EXISTS:
            return rows.value(one.field_name).is_(exp.null()).not_()
        case Operator.NOT_EXISTS:
            return rows.value(one.field_name).is_(exp.null())
        case Operator.NOT_EQUALS | Operator.NOT_IN:
            found = _equals(rows, one)
            return exp.Coalesce(this=exp.paren(found), expressions=[exp.false()]).not_()
        case Operator.EQUALS | Operator.IN:
            return _equals(rows, one)
    column = rows.value(one.field_name)
    if one.op in RANGES:
        return _in_range(rows, column, one)
    return _part_of(rows, column, one)


def may_hold(rows: Values, one: Filter) -> exp.Expr | None:
    """Return a condition on the properties as they are stored that holds wherever a filter does.

    None where there is none that is cheap: a text stands there in quotes, or with an escape.
    """
    values = one.values if one.op is Operator.IN else (one.value,)
    if one.field_name.column or one.op not in (Operator.EQUALS, Operator.IN):
        return None
    if len(values) > MAX_LOOKED_FOR or not all(_is_short(value) for value in values):
        return None
    signs = [json.dumps(value, ensure_ascii=False) for value in values]
    places = [
        exp.StrPosition(this=exp.column(PROPERTIES), substr=rows.bind_value(sign))
        for sign in (*signs, _ESCAPE)
    ]
    return exp.or_(*(place > exp.Literal.number(0) for place in places))


def _is_short(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_LOOKED_LENGTH


def _equals(rows: Values, one: Filter) -> exp.Expr:
    if one.op is Operator.EQUALS or one.op is Operator.NOT_EQUALS:
        if isinstance(one.value, tuple):
            return _array(rows, rows.value(one.field_name), one.value)
        return _one_of(rows, one.field_name, (one.value,))
    return _one_of(rows, one.field_name, one.values)


def _one_of(rows: Values, field: Field, wanted: Sequence[Scalar]) -> exp.Expr:
    """Compare numbers with numbers, texts with texts, null with missing."""
    texts = [_text(rows, value, field) for value in wanted if isinstance(value, bool | str)]
    numbers = [_bound_number(rows, value) for value in wanted if is_number(value)]
    found: list[exp.Expr | None] = []
    if texts or numbers:
        # Text in quotes, true, false and numbers: none of them equals the text of a JSON null.
        raw = rows.raw(field)
        found = [_among(raw.copy(), texts), _among(number(raw, field), numbers)]
    if None in wanted:
        found.append(rows.value(field).is_(exp.null()))
    return exp.or_(*(one for one in found if one is not None))


def _text(rows: Values, value: Scalar, field: Field) -> exp.Expr:
    if isinstance(value, bool):
        return rows.bind_value("true" if value else "false")
    bound = rows.bind_value(value)
    return bound if field.column else exp.JSONFormat(this=bound)


def _bound_number(rows: Values, value: Any) -> exp.Expr:
    return double(rows.bind_value(float(value)))


def _among(value: exp.Expr, wanted: Sequence[exp.Expr]) -> exp.Expr | None:
    if len(wanted) == 1:
        return exp.EQ(this=value, expression=wanted[0])
    return exp.In(this=value, expressions=list(wanted)) if wanted else None


def _array(rows: Values, column: exp.Column, wanted: Sequence[Scalar]) -> exp.Expr:
    """Compare an array as a whole: as many elements, each equal to the one at its place."""
    length = exp.func("JSON_ARRAY_LENGTH", column.copy())
    found = [begins(column, "["), length.eq(exp.Literal.number(len(wanted)))]
    for index, value in enumerate(wanted):
        path = exp.Literal.string(f"$[{index}]")
        text = exp.JSONFormat(
            this=exp.JSONExtract(this=column.copy(), expression=path), is_json=True
        )
        if is_number(value):
            held = exp.EQ(this=double_or_null(text), expression=_bound_number(rows, value))
            found.append(held)
        elif value is None:
            found.append(text.eq(exp.Literal.string("null")))
        else:
            found.append(text.eq(_text(rows, value, Field("", path=("",)))))
    return exp.and_(*found)


def _in_range(rows: Values, column: exp.Column, one: Filter) -> exp.Expr:
    """Compare by size with a number, by code points with a text."""
    comparison, field = _COMPARISONS[one.op], one.field_name
    if is_number(one.value):
        bound = _bound_number(rows, one.value)
        return comparison(this=amount(column, field), expression=bound)
    return _of_text(
        column, field, lambda text: comparison(this=text, expression=rows.bind_value(one.value))
    )


def _part_of(rows: Values, column: exp.Column, one: Filter) -> exp.Expr:
    """Look for a text in a text, or for a value among the elements of an array."""
    field = one.field_name
    if isinstance(one.value, bool):
        return exp.JSONArrayContains(this=column, expression=exp.convert(one.value))
    if is_number(one.value):
        bound = _bound_number(rows, one.value)
        return exp.JSONArrayContains(this=column, expression=bound)
    wanted = rows.bind_value(one.value)
    if one.op is Operator.STARTS_WITH:
        return _of_text(column, field, lambda text: exp.StartsWith(this=text, expression=wanted))
    zero = exp.Literal.number(0)
    inside = _of_text(column, field, lambda text: exp.StrPosition(this=text, substr=wanted) > zero)
    if field.column:
        return inside
    return exp.or_(inside, exp.JSONArrayContains(this=column.copy(), expression=wanted.copy()))


def _of_text(column: exp.Column, field: Field, holds: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """Return a condition on a text: the column's, or the string that JSON text stands for."""
    if field.column:
        return holds(column.copy())
    text = exp.JSONExtractScalar(this=column.copy(), expression=_ROOT.copy())
    return exp.and_(begins(column, '"'), holds(text))
