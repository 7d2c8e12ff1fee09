"""What an expression of a user's SELECT is: a kind, by the signatures, or a refusal. Pure.

Every node learns its kind (`kind_of`), which `sameness` reads. Names are looked up by a function
that the clause gives.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from openbunker.query.user_sql import signatures
from openbunker.query.user_sql.advice import alike_advice, cast_advice
from openbunker.query.user_sql.kinds import BOOLEAN, NUMBER, TYPES, Kind, Kinds, common, named
from openbunker.query.user_sql.names import Columns, Names
from openbunker.query.user_sql.refusing import at, typed
from openbunker.query.user_sql.signatures import AGGREGATES, DISTINCT, SCALARS, WINDOWS, Signature
from openbunker.query.user_sql.times import time_problem, times

_KIND = "kind"
_INT32 = 2**31
_INT64 = 2**63
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_CALENDAR = frozenset({"MONTH", "YEAR"})


@dataclass(frozen=True, slots=True)
class Clause:
    """Where an expression stands, and what may stand there."""

    name: str
    aggregates: bool = False
    windows: bool = False
    answer: bool = False


def kind_of(node: exp.Expr) -> Kind:
    """Return the kind that a node was found to be."""
    found: Kind = node.meta.get(_KIND, Kind.NULL)
    return found


def note_kind(node: exp.Expr, kind: Kind) -> Kind:
    """Let a node be of a kind; return it."""
    node.meta[_KIND] = kind
    return kind


class Types:
    """The kinds of expressions that see the names of one SELECT."""

    def __init__(self, names: Names, columns_of: Callable[[exp.Query], Columns]) -> None:
        self._names, self._columns_of = names, columns_of

    def kind(self, node: exp.Expr, where: Clause) -> Kind:
        """Return what a node is. Raises RequestRefused."""
        return note_kind(node, self._found(node, where))

    def holds(self, node: exp.Expr, kinds: Kinds, where: Clause, what: str, more: str = "") -> Kind:
        """Return what a node is, one of some kinds or null. Raises RequestRefused."""
        found = self.kind(node, where)
        if found is not Kind.NULL and found not in kinds:
            advice = more or cast_advice(found, kinds)
            raise at(node, f"{what} takes {named(kinds)}, not {found}" + (advice and f": {advice}"))
        return found

    def window(self, node: exp.Expr, where: Clause) -> None:
        """Check what stands in OVER, or in WINDOW."""
        inside = replace(where, windows=False, answer=False)
        order = node.args.get("order")
        keys = [one.this for one in order.expressions] if order else []
        for one in [*(node.args.get("partition_by") or ()), *keys]:
            if isinstance(one, exp.Literal):
                raise at(one, "within OVER a number is no place of a column: name it")
            self.kind(one, inside)

    def _found(self, node: exp.Expr, where: Clause) -> Kind:
        kind = type(node)
        if kind in AGGREGATES:
            return self._aggregate(node, where)
        if kind in SCALARS:
            return self._function(node, SCALARS[kind], where)
        if kind in _SPECIAL:
            return _SPECIAL[kind](self, node, where)
        if isinstance(node, exp.Query):
            return self._value(node)
        if isinstance(node, _COMPARED):
            return self._compared(node, [node.this, node.expression], where)
        if kind in WINDOWS:
            raise at(node, f"{typed(node)} has OVER (...) behind it")
        raise at(node, f"{typed(node)} is not available in {where.name}")

    def _function(self, node: exp.Expr, signature: Signature, where: Clause) -> Kind:
        first: Kind | None = None
        for name, kinds in signature.takes.items():
            if (given := node.args.get(name)) is not None:
                found = self.holds(given, kinds, where, typed(node), signature.advice)
                first = first or found
        if isinstance(node, exp.TimestampTrunc | exp.Extract):
            unit = (node.args.get("unit") or node.this).name.upper()
            if unit in signatures.CLOCK and first is Kind.DATE:
                raise at(node, f"a date has no {unit.lower()}: cast(x AS timestamp)")
        return signature.gives or first or Kind.BIGINT

    def _aggregate(self, node: exp.Expr, where: Clause) -> Kind:
        if not where.aggregates:
            text = f"{where.name} is asked of rows: {typed(node)} is for SELECT, HAVING, ORDER BY"
            raise at(node, text if where.name != "an aggregate" else "aggregates hold no aggregate")
        inside = Clause("an aggregate")
        distinct = node.this if isinstance(node.this, exp.Distinct) else None
        if distinct and (type(node) not in DISTINCT or len(distinct.expressions) != 1):
            text = "DISTINCT takes one value, within count, sum, avg, min and max"
            raise at(node, f"{text}: for pairs count the rows of a SELECT DISTINCT")
        if isinstance(node.this, exp.Star):
            return Kind.BIGINT
        signature = AGGREGATES[type(node)]
        if distinct:
            takes = signature.takes["this"]
            found = self.holds(distinct.expressions[0], takes, inside, typed(node))
        else:
            found = self._function(node, replace(signature, gives=None), inside)
        whole_sum = isinstance(node, exp.Sum) and found is Kind.INTEGER
        return signature.gives or (Kind.BIGINT if whole_sum else found)

    def _compared(self, node: exp.Expr, values: Sequence[exp.Expr], where: Clause) -> Kind:
        self._alike(node, values, where, "is compared with")
        return Kind.BOOLEAN

    def _alike(self, node: exp.Expr, values: Sequence[exp.Expr], where: Clause, how: str) -> Kind:
        found = Kind.NULL
        for value in values:
            kind = self.kind(value, where)
            both = common(found, kind)
            if both is None or kind is Kind.MONTHS:
                raise at(node, f"{found} {how} {kind}: {alike_advice(found, kind)}")
            found = both
        return found

    def _value(self, query: exp.Query) -> Kind:
        """Return what a SELECT in brackets is: the value of its only column."""
        columns = self._columns_of(query)
        if len(columns) != 1:
            raise at(query, f"a SELECT as a value has one column, not {len(columns)}")
        return columns[0][1]

    def _column(self, node: exp.Expr, where: Clause) -> Kind:
        assert isinstance(node, exp.Column)
        if isinstance(node.this, exp.Star):
            raise at(node, "* stands alone in a SELECT, or in count(*)")
        return self._names.kind(node, of_answer=where.answer)

    def _literal(self, node: exp.Expr, _where: Clause) -> Kind:
        if node.is_string:
            return Kind.TEXT
        if not node.name.isdecimal():
            return Kind.DOUBLE
        if int(node.name) >= _INT64:
            raise at(node, f"a whole number is at most {_INT64 - 1}: say {node.name}e0")
        return Kind.INTEGER if int(node.name) < _INT32 else Kind.BIGINT

    def _sum(self, node: exp.Expr, where: Clause) -> Kind:
        left, right = self.kind(node.this, where), self.kind(node.expression, where)
        both = common(left, right)
        if both in NUMBER and {left, right} <= NUMBER | {Kind.NULL}:
            return both or Kind.BIGINT
        found, problem = times(node, left, right)
        if found is None:
            raise at(node, problem)
        return found

    def _product(self, node: exp.Expr, where: Clause) -> Kind:
        what = "*" if isinstance(node, exp.Mul) else "%"
        left = self.holds(node.this, NUMBER, where, what)
        right = self.holds(node.expression, NUMBER, where, what)
        both = common(left, right)
        return both if both in NUMBER and both else Kind.BIGINT

    def _cast(self, node: exp.Expr, where: Clause) -> Kind:
        kind, to = self.kind(node.this, where), TYPES[node.args["to"].this]
        safe, is_text = isinstance(node, exp.TryCast), isinstance(node.this, exp.Literal)
        if is_text and kind is Kind.TEXT and not safe and to in (Kind.DATE, Kind.TIME):
            if problem := time_problem(node.this.name, to):
                raise at(node.this, problem)
            return to
        if to not in (signatures.TRY_CASTS if safe else signatures.CASTS)[kind]:
            advice = signatures.INSTEAD_OF_CASTS.get((kind, to), "the engines differ there")
            raise at(node, f"{kind} is not cast to {to}: {advice}")
        return to

    def _interval(self, node: exp.Expr, _where: Clause) -> Kind:
        return Kind.MONTHS if node.args["unit"].name.upper() in _CALENDAR else Kind.LENGTH

    def _case(self, node: exp.Expr, where: Clause) -> Kind:
        subject, ifs = node.this, node.args["ifs"]
        if subject:
            self._compared(node, [subject, *(one.this for one in ifs)], where)
        else:
            for one in ifs:
                self.holds(one.this, BOOLEAN, where, "WHEN")
        branches = [one.args["true"] for one in ifs] + [node.args.get("default")]
        return self._alike(node, [one for one in branches if one], where, "stands beside")

    def _if(self, node: exp.Expr, where: Clause) -> Kind:
        self.holds(node.this, BOOLEAN, where, "if")
        values = [node.args["true"], node.args.get("false")]
        return self._alike(node, [one for one in values if one], where, "stands beside")

    def _coalesce(self, node: exp.Expr, where: Clause) -> Kind:
        return self._alike(node, [node.this, *node.expressions], where, "stands beside")

    def _nullif(self, node: exp.Expr, where: Clause) -> Kind:
        self._compared(node, [node.this, node.expression], where)
        return kind_of(node.this)

    def _in(self, node: exp.Expr, where: Clause) -> Kind:
        query = node.args.get("query")
        if not query:
            return self._compared(node, [node.this, *node.expressions], where)
        kind, found = self.kind(node.this, where), self._value(query)
        if common(kind, found) is None:
            raise at(node, f"{kind} is compared with {found}: {alike_advice(kind, found)}")
        return Kind.BOOLEAN

    def _between(self, node: exp.Expr, where: Clause) -> Kind:
        return self._compared(node, [node.this, node.args["low"], node.args["high"]], where)

    def _exists(self, node: exp.Expr, _where: Clause) -> Kind:
        self._columns_of(node.this)
        return Kind.BOOLEAN

    def _is(self, node: exp.Expr, where: Clause) -> Kind:
        self.kind(node.this, where)
        return Kind.BOOLEAN

    def _same(self, node: exp.Expr, where: Clause) -> Kind:
        return self.kind(node.this, where)

    def _filter(self, node: exp.Expr, where: Clause) -> Kind:
        self.holds(node.expression.this, BOOLEAN, Clause("an aggregate"), "FILTER")
        return self.kind(node.this, where)

    def _over(self, node: exp.Expr, where: Clause) -> Kind:
        if not where.windows:
            raise at(node, f"OVER is for SELECT and ORDER BY, not for {where.name}: use WITH")
        self.window(node, where)
        function, inside = node.this, replace(where, windows=False)
        if isinstance(function, exp.Filter) or isinstance(function.this, exp.Distinct):
            raise at(node, "before OVER there is no FILTER and no DISTINCT: say CASE")
        if type(function) not in WINDOWS:
            # Its argument may be an aggregate: sum(count(*)) OVER ().
            found = self._function(function, AGGREGATES[type(function)], inside) if (
                type(function) in AGGREGATES and not isinstance(function.this, exp.Star)
            ) else self.kind(function, inside)  # fmt: skip
            whole_sum = isinstance(function, exp.Sum) and found is Kind.INTEGER
            return Kind.BIGINT if whole_sum else found
        found = self._function(function, WINDOWS[type(function)], inside)
        if default := function.args.get("default"):
            return self._alike(node, [function.this, default], inside, "stands beside")
        return found


_Method = Callable[[Types, exp.Expr, Clause], Kind]
_SPECIAL: dict[type[exp.Expr], _Method] = {
    exp.Column: Types._column,
    exp.Literal: Types._literal,
    exp.Boolean: lambda *_: Kind.BOOLEAN,
    exp.Null: lambda *_: Kind.NULL,
    exp.Add: Types._sum,
    exp.Sub: Types._sum,
    exp.Mul: Types._product,
    exp.Mod: Types._product,
    exp.Cast: Types._cast,
    exp.TryCast: Types._cast,
    exp.Interval: Types._interval,
    exp.Case: Types._case,
    exp.If: Types._if,
    exp.Coalesce: Types._coalesce,
    exp.Nullif: Types._nullif,
    exp.In: Types._in,
    exp.Between: Types._between,
    exp.Exists: Types._exists,
    exp.Is: Types._is,
    exp.Paren: Types._same,
    exp.Escape: Types._same,
    exp.Filter: Types._filter,
    exp.Window: Types._over,
}
