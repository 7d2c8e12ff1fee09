"""A computation -> the value it takes of each row, and its aggregate over rows. Pure.

Percentiles are exact and the same in every engine: the rows of a group are ranked by a window,
and the values at two places are taken (docs/decisions/0021).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from openbunker.query.question.columns import DATE_COLUMNS, Field, Kind
from openbunker.query.question.question import OF_COLUMNS, Computation, Function
from openbunker.query.sql.values import Values, amount, group, whole

PERCENTILES = {Function.MEDIAN: 50, Function.P90: 90, Function.P95: 95, Function.P99: 99}
WEIGHT = "weight"
_AGGREGATES: dict[Function, type[exp.AggFunc]] = {
    Function.COUNT: exp.Count,
    Function.SUM: exp.Sum,
    Function.AVG: exp.Avg,
    Function.MIN: exp.Min,
    Function.MAX: exp.Max,
}


@dataclass(slots=True)
class Computed:
    """The values that computations take of each row, each once, named v0, v1, ...

    `weighed`: rows of the same group and value are one, with how many there are as its weight.
    """

    rows: Values
    weighed: bool = False
    _values: dict[exp.Expr, str] = field(default_factory=dict)
    _ranked: dict[str, str] = field(default_factory=dict)

    def aggregate(self, one: Computation) -> exp.Expr:
        """Return the aggregate of a computation over the columns of `values` and `ranks`."""
        if one.field_name is None:
            return _all_weights() if self.weighed else exp.Count(this=exp.Star())
        name = self._named(_taken(self.rows, one.function, one.field_name))
        if percent := PERCENTILES.get(one.function):
            number = self._ranked.setdefault(name, name[1:])
            return _percentile(name, number, percent, weighed=self.weighed)
        if one.function is Function.COUNT_UNIQUE:
            return exp.Count(this=exp.Distinct(expressions=[exp.column(name)]))
        return _AGGREGATES[one.function](this=exp.column(name))

    def exact(self, one: Computation, *, in_series: bool) -> exp.Expr | None:
        """Return a computation's value as a whole number of all digits, null where it is none.

        None where doubles lose nothing, or nothing else was there: columns, and other functions.
        """
        field, function = one.field_name, one.function
        if field is None or field.column or function not in (Function.SUM, *OF_COLUMNS):
            return None
        column = self.rows.value(field)
        wholes = exp.column(self._named(whole(column)))
        numbers = exp.column(self._named(_taken(self.rows, function, field)))
        found: exp.Expr = _AGGREGATES[function](this=wholes)
        if function is Function.SUM:
            told = exp.Count(this=wholes.copy()).eq(exp.Count(this=numbers))
            if in_series:
                found = exp.Coalesce(this=found, expressions=[exp.Literal.number(0)])
        else:
            told = _double(found.copy()).eq(_AGGREGATES[function](this=numbers))
        return exp.case().when(told, found)

    def values(self) -> list[exp.Expr]:
        """Return what is taken of each row."""
        return [value.as_(name) for value, name in self._values.items()]

    def ranked(self, picked: exp.Select, groups: Sequence[str]) -> exp.Select:
        """Return the rows with the rank of each value within its group, where one is needed."""
        if not self._ranked:
            return picked
        if self.weighed:
            picked = _weighed(picked, [*groups, *self._ranked])
        columns: list[exp.Expr] = []
        for name, number in self._ranked.items():
            ordered = exp.Ordered(this=exp.column(name), nulls_first=False)
            window = exp.Order(expressions=[ordered])
            within = [exp.column(group) for group in groups]
            last = exp.Sum(this=exp.column(WEIGHT)) if self.weighed else exp.RowNumber()
            rank = exp.Window(this=last, partition_by=within, order=window)
            count = exp.Window(this=self._count(name), partition_by=[one.copy() for one in within])
            columns += [rank.as_(f"r{number}"), count.as_(f"n{number}")]
        return exp.select("*", *columns).from_(picked.subquery("picked", copy=False))

    def _count(self, name: str) -> exp.Expr:
        """Return how many rows of a group have a value."""
        if not self.weighed:
            return exp.Count(this=exp.column(name))
        there = exp.Not(this=exp.Is(this=exp.column(name), expression=exp.null()))
        return exp.Sum(this=exp.case().when(there, exp.column(WEIGHT)))

    def _named(self, value: exp.Expr) -> str:
        return self._values.setdefault(value, f"v{len(self._values)}")


def _taken(rows: Values, function: Function, field: Field) -> exp.Expr:
    """Return what a function takes of a row: the value, its group, or what it is worth."""
    column = rows.value(field)
    if function is Function.COUNT:
        return column
    if function is Function.COUNT_UNIQUE:
        return group(column, field)
    if function in OF_COLUMNS and (field.kind is Kind.TEXT or field.column in DATE_COLUMNS):
        return column
    return amount(column, field)


def can_weigh(computations: Sequence[Computation]) -> bool:
    """Return whether equal values of a group may be one row: for percentiles of one field.

    Counts of all rows are sums of weights. Sums are not: doubles that are added in another order
    have other last digits.
    """
    ranked = {one.field_name for one in computations if one.function in PERCENTILES}
    others = [one for one in computations if one.function not in PERCENTILES]
    return len(ranked) == 1 and all(one.field_name is None for one in others)


def _weighed(picked: exp.Select, names: Sequence[str]) -> exp.Select:
    """Return one row for all rows that are the same in these columns, with their number."""
    columns = [exp.column(name) for name in names]
    weight = exp.Count(this=exp.Star()).as_(WEIGHT)
    places = [exp.Literal.number(place + 1) for place in range(len(names))]
    counted = exp.select(*columns, weight).from_(picked.subquery("each", copy=False))
    return counted.group_by(*places, copy=False)


def _percentile(name: str, number: str, percent: int, *, weighed: bool) -> exp.Expr:
    """Return the value at a share of the way from the least to the greatest, between two ranks."""
    rank, count, one = exp.column(f"r{number}"), exp.column(f"n{number}"), exp.Literal.number(1)
    place = exp.Div(
        this=_double(exp.paren(count - one) * exp.Literal.number(percent)),
        expression=_double(exp.Literal.number(100)),
    )
    before = exp.paren(rank - (exp.column(WEIGHT) if weighed else one))

    def is_at(wanted: exp.Expr) -> exp.Expr:
        if not weighed:
            return _double(before.copy()).eq(wanted)
        return exp.and_(_double(before.copy()) <= wanted, wanted.copy() < _double(rank.copy()))

    low, high = (
        exp.Max(this=exp.case().when(is_at(rounded(this=place.copy())), exp.column(name)))
        for rounded in (exp.Floor, exp.Ceil)
    )
    share = exp.Max(this=place - exp.Floor(this=place.copy()))
    return low + exp.paren(high - low.copy()) * share


def _all_weights() -> exp.Expr:
    """Return how many rows there are, none among them; of 64 bits, where DuckDB's sum has more."""
    total = exp.cast(exp.Sum(this=exp.column(WEIGHT)), exp.DType.BIGINT)
    return exp.Coalesce(this=total, expressions=[exp.Literal.number(0)])


def _double(value: exp.Expr) -> exp.Cast:
    return exp.cast(value, exp.DType.DOUBLE)
