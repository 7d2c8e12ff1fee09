"""The values of fields as tree expressions: what a field is worth as a number, a text, a group.

A field of `properties` comes as JSON text (see `rows`), so a string starts with a quote there, and
neither a number nor a truth value ever equals a string. Pure; no question here.
"""

from typing import Protocol

from sqlglot import exp

from openbunker.query.engine import Scalar
from openbunker.query.question.columns import Field, Kind

# JSON text of a string that holds a plain decimal: vendors send amounts as text to keep cents.
# Without a question mark, which stands for a parameter in Athena's text.
_DECIMAL_TEXT = '^"-{0,1}[0-9]{1,18}([.][0-9]{1,18}){0,1}"$'

# The doubles next to the ends of 64 bits.
_LEAST, _MOST = (
    exp.Literal.number("-9223372036854774784"),
    exp.Literal.number("9223372036854774784"),
)


_ROOT = exp.Literal.string("$")


class Values(Protocol):
    """What gives columns for fields and placeholders for values: the rows of a scope."""

    def value(self, field: Field) -> exp.Column:
        """Return the column that holds a field: as it is, or as JSON text (null when missing)."""

    def raw(self, field: Field) -> exp.Column:
        """Return the same where a JSON null may stay the text `null`."""

    def bind_value(self, value: Scalar) -> exp.Placeholder:
        """Return the placeholder of a value of the question."""


def double(value: exp.Expr) -> exp.Cast:
    """Return a value as a double."""
    return exp.cast(value, exp.DType.DOUBLE)


def double_or_null(text: exp.Expr) -> exp.TryCast:
    """Return a text as a double, null where it is no number: a JSON string starts with a quote."""
    return exp.TryCast(this=text.copy(), to=exp.DataType.build("double"))


def number(column: exp.Column, field: Field) -> exp.Expr:
    """Return a field's value as a double; null where it is not a number."""
    if field.kind is Kind.NUMBER:
        return column.copy()
    return double(column) if field.kind is Kind.INTEGER else double_or_null(column)


def amount(column: exp.Column, field: Field) -> exp.Expr:
    """Return what a field is worth in a computation: a number, or a decimal sent as text."""
    found = number(column, field)
    if field.column:
        return found
    is_decimal = exp.RegexpLike(this=column.copy(), expression=exp.Literal.string(_DECIMAL_TEXT))
    return exp.case().when(is_decimal, double(unquoted(column))).else_(found)


def whole(column: exp.Column) -> exp.Expr:
    """Return JSON text as a whole number of 64 bits, with room for sums; null where it is none.

    It is one where its digits are the number's own: engines read more than these, and differ.
    """
    number = exp.TryCast(this=column.copy(), to=exp.DataType.build("bigint"))
    same = exp.cast(number, exp.DType.TEXT).eq(column.copy())
    return exp.case().when(same, exp.cast(number.copy(), exp.DataType.build("decimal(38, 0)")))


def text(column: exp.Column) -> exp.Expr:
    """Return the text that JSON text stands for, without its quotes and escapes; else itself."""
    found = exp.JSONExtractScalar(this=column.copy(), expression=_ROOT.copy())
    return exp.case().when(begins(column, '"'), found).else_(column.copy())


def group(column: exp.Column, field: Field) -> exp.Expr:
    """Return a field as a group: -0.0 joins 0, and of the numbers in `properties` 5.0 joins 5.

    By its value, for engines write 10000000.0 in more than one way. From 2^63 on each stays as it
    is written.
    """
    zero = exp.Literal.number(0)
    if field.kind is Kind.NUMBER:
        return exp.case().when(column.copy().eq(zero), double(zero)).else_(column.copy())
    if field.column:
        return column.copy()
    number = double_or_null(column)
    found = exp.case().when(column.copy().eq(exp.Literal.string("-0")), exp.Literal.string("0"))
    return found.when(_is_whole(column, number), _digits(number)).else_(column.copy())


def _is_whole(column: exp.Column, number: exp.Expr) -> exp.Expr:
    """Return whether JSON text is a number with a point or exponent, and whole all the same."""
    return exp.and_(
        exp.or_(column.copy().like("%.%"), column.copy().like("%e%")),
        exp.EQ(this=number.copy(), expression=exp.Floor(this=number.copy())),
        exp.Between(this=number.copy(), low=double(_LEAST.copy()), high=double(_MOST.copy())),
    )


def _digits(number: exp.Expr) -> exp.Expr:
    return exp.cast(exp.cast(number.copy(), exp.DType.BIGINT), exp.DType.VARCHAR)


def unquoted(column: exp.Column) -> exp.Trim:
    """Return JSON text without the quotes around it."""
    return exp.Trim(this=column.copy(), expression=exp.Literal.string('"'), position="BOTH")


def begins(column: exp.Column, mark: str) -> exp.Expr:
    """Return whether JSON text begins with a mark: `"` a string does, `[` an array."""
    return column.copy().like(mark + "%")
