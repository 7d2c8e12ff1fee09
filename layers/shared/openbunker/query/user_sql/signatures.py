"""What functions take and give, where both engines give the same: the typed list. Data alone.

What is not here, or takes other kinds, is refused. `sameness` says where a tree has to be changed
before both give the same; docs/decisions/0028 says how the list was made.
"""

from dataclasses import dataclass

from sqlglot import exp

from openbunker.query.user_sql.kinds import (
    ANY,
    BOOLEAN,
    DAY,
    JSON,
    NUMBER,
    ORDERED,
    TEXT,
    TIME,
    WHOLE,
    Kind,
    Kinds,
)


@dataclass(frozen=True, slots=True)
class Signature:
    """The kinds of a function's arguments, by the parser's names, and of its result.

    Without `gives` the result is of the first argument's kind.
    """

    takes: dict[str, Kinds]
    gives: Kind | None = None
    advice: str = ""


def _one(takes: Kinds, gives: Kind | None = None, advice: str = "") -> Signature:
    return Signature({"this": takes}, gives, advice)


AGGREGATES: dict[type[exp.Expr], Signature] = {
    exp.Count: _one(ANY, Kind.BIGINT),
    exp.CountIf: _one(BOOLEAN, Kind.BIGINT),
    exp.Sum: _one(NUMBER, None, "count what is true by count_if(x)"),
    exp.Avg: _one(NUMBER, Kind.DOUBLE),
    exp.Min: _one(ORDERED),
    exp.Max: _one(ORDERED),
    exp.ArgMin: Signature({"this": ANY, "expression": ORDERED}),
    exp.ArgMax: Signature({"this": ANY, "expression": ORDERED}),
    exp.AnyValue: _one(ANY),
    exp.ApproxDistinct: _one(ORDERED, Kind.BIGINT),
    exp.Stddev: _one(NUMBER, Kind.DOUBLE),
    exp.LogicalAnd: _one(BOOLEAN, Kind.BOOLEAN),
    exp.LogicalOr: _one(BOOLEAN, Kind.BOOLEAN),
}
WINDOWS: dict[type[exp.Expr], Signature] = {
    **dict.fromkeys((exp.RowNumber, exp.Rank, exp.DenseRank), Signature({}, Kind.BIGINT)),
    exp.Ntile: _one(WHOLE, Kind.BIGINT),
    **dict.fromkeys((exp.FirstValue, exp.LastValue), _one(ANY)),
    **dict.fromkeys((exp.Lag, exp.Lead), Signature({"this": ANY, "offset": WHOLE})),
}
# Those of which DISTINCT changes the result, and both engines know it.
DISTINCT = frozenset({exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max})

SCALARS: dict[type[exp.Expr], Signature] = {
    **dict.fromkeys((exp.Abs, exp.Ceil, exp.Floor, exp.Sign), _one(NUMBER)),
    exp.Round: Signature({"this": NUMBER, "decimals": WHOLE}),
    **dict.fromkeys((exp.Sqrt, exp.Ln, exp.Exp), _one(NUMBER, Kind.DOUBLE)),
    exp.Pow: Signature({"this": NUMBER, "expression": NUMBER}, Kind.DOUBLE),
    **dict.fromkeys((exp.Lower, exp.Upper, exp.Trim), _one(TEXT, Kind.TEXT)),
    exp.Length: _one(TEXT, Kind.BIGINT),
    exp.Substring: Signature({"this": TEXT, "start": WHOLE, "length": WHOLE}, Kind.TEXT),
    exp.StrPosition: Signature({"this": TEXT, "substr": TEXT}, Kind.BIGINT),
    exp.StartsWith: Signature({"this": TEXT, "expression": TEXT}, Kind.BOOLEAN),
    exp.SplitPart: Signature({"this": TEXT, "delimiter": TEXT, "part_index": WHOLE}, Kind.TEXT),
    exp.JSONExtractScalar: _one(
        JSON, Kind.TEXT, "of other texts the engines differ where they are no JSON"
    ),
    **dict.fromkeys((exp.Year, exp.Month, exp.Day), _one(DAY, Kind.BIGINT)),
    **dict.fromkeys((exp.Hour, exp.Minute), _one(TIME, Kind.BIGINT)),
    exp.TimestampTrunc: _one(DAY),
    exp.Extract: Signature({"expression": DAY}, Kind.BIGINT),
    **dict.fromkeys((exp.Like,), Signature({"this": TEXT, "expression": TEXT}, Kind.BOOLEAN)),
    **dict.fromkeys(
        (exp.And, exp.Or), Signature({"this": BOOLEAN, "expression": BOOLEAN}, Kind.BOOLEAN)
    ),
    exp.Not: _one(BOOLEAN, Kind.BOOLEAN),
    exp.Neg: _one(NUMBER | {Kind.LENGTH, Kind.MONTHS}),
    exp.Div: Signature({"this": NUMBER, "expression": NUMBER}, Kind.DOUBLE),
}
# Units that a date has not: a timestamp has.
CLOCK = frozenset({"SECOND", "MINUTE", "HOUR"})

# From -> to: the casts that give the same. A text becomes what it is the usual form of.
CASTS: dict[Kind, Kinds] = {
    Kind.NULL: ANY,
    Kind.BOOLEAN: frozenset({Kind.BOOLEAN, Kind.TEXT, *NUMBER}),
    Kind.INTEGER: NUMBER | {Kind.TEXT},
    Kind.BIGINT: NUMBER | {Kind.TEXT},
    Kind.DOUBLE: NUMBER,
    Kind.TEXT: NUMBER | {Kind.TEXT},
    Kind.JSON: frozenset({Kind.TEXT}),
    Kind.DATE: frozenset({Kind.DATE, Kind.TIME, Kind.TEXT}),
    Kind.TIME: frozenset({Kind.DATE, Kind.TIME}),
    Kind.LENGTH: frozenset(),
    Kind.MONTHS: frozenset(),
}
# What try_cast takes beside: a text that may be a time, and is null where it is none.
TRY_CASTS: dict[Kind, Kinds] = {**CASTS, Kind.TEXT: CASTS[Kind.TEXT] | DAY}
INSTEAD_OF_CASTS: dict[tuple[Kind, Kind], str] = {
    (Kind.DOUBLE, Kind.TEXT): "make it whole first: cast(cast(x AS bigint) AS varchar)",
    (Kind.TIME, Kind.TEXT): "return the time itself, or cast(cast(x AS date) AS varchar)",
    (Kind.TEXT, Kind.BOOLEAN): "compare it: x = 'true'",
    (Kind.TEXT, Kind.DATE): "say try_cast, which is null where a text is no date",
    (Kind.TEXT, Kind.TIME): "say try_cast, which is null where a text is no timestamp",
    **dict.fromkeys(
        ((Kind.JSON, kind) for kind in (*NUMBER, *DAY, Kind.BOOLEAN)),
        "take a field of it: json_extract_scalar(properties, '$.name')",
    ),
    **dict.fromkeys(((kind, Kind.BOOLEAN) for kind in NUMBER), "compare it: x <> 0"),
}
