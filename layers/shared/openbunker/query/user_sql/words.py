"""What a SELECT of a user may consist of: an allow-list of syntax nodes, each with its arguments.

Data alone; `select_check` holds a tree against it. What is not listed here does not exist: a new
version of the parser may learn new words, and none of them becomes reachable by that.

Left out on purpose: whatever makes texts longer (`||`, concat, replace, lpad, array_agg, ...), for
on one machine a question shares its memory with the server; whatever makes rows out of nothing
(VALUES, UNNEST, sequences, recursion); table functions, files, settings, clocks and randomness;
functions that the two engines understand differently. What kinds of values each takes is
`signatures`'.
"""

from sqlglot import exp

_ONE, _TWO, _MANY = (
    frozenset({"this"}),
    frozenset({"this", "expression"}),
    frozenset({"expressions"}),
)
Words = dict[type[exp.Expr], frozenset[str]]

_CLAUSES: Words = {
    exp.Select: frozenset(
        {"expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset"}
        | {"distinct", "with_", "windows"}
    ),
    **dict.fromkeys(
        (exp.Union, exp.Except, exp.Intersect),
        frozenset({"this", "expression", "distinct", "order", "limit", "offset", "with_"}),
    ),
    exp.With: _MANY,
    exp.CTE: frozenset({"this", "alias"}),
    exp.Subquery: frozenset({"this", "alias"}),
    exp.Table: frozenset({"this", "alias"}),
    exp.TableAlias: frozenset({"this", "columns"}),
    exp.From: _ONE,
    exp.Join: frozenset({"this", "on", "using", "side", "kind"}),
    exp.Where: _ONE,
    exp.Group: _MANY,
    exp.Having: _ONE,
    exp.Order: _MANY,
    exp.Ordered: frozenset({"this", "desc", "nulls_first"}),
    exp.Limit: frozenset({"expression"}),
    exp.Offset: frozenset({"expression"}),
    exp.Distinct: _MANY,
    exp.Star: frozenset(),
    exp.Alias: frozenset({"this", "alias"}),
    exp.Column: frozenset({"this", "table"}),
    exp.Identifier: frozenset({"this", "quoted"}),
    exp.Window: frozenset({"this", "alias", "order", "over", "partition_by", "spec"}),
    exp.WindowSpec: frozenset({"kind", "start", "start_side", "end", "end_side"}),
    exp.Filter: _TWO,
}

_VALUES: Words = {
    exp.Literal: frozenset({"this", "is_string"}),
    exp.Boolean: _ONE,
    exp.Null: frozenset(),
    exp.Paren: _ONE,
    exp.Interval: frozenset({"this", "unit"}),
    exp.Var: _ONE,
    exp.DataType: frozenset({"this", "nested", "expressions"}),
    exp.DataTypeParam: _ONE,
    exp.Cast: frozenset({"this", "to"}),
    exp.TryCast: frozenset({"this", "to", "safe"}),
    exp.Case: frozenset({"this", "ifs", "default"}),
    exp.If: frozenset({"this", "true", "false"}),
    exp.In: frozenset({"this", "expressions", "query"}),
    exp.Between: frozenset({"this", "low", "high"}),
    exp.Exists: _ONE,
    exp.Not: _ONE,
    exp.Neg: _ONE,
    exp.Div: frozenset({"this", "expression", "typed", "safe"}),
    **dict.fromkeys((exp.And, exp.Or, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), _TWO),
    **dict.fromkeys((exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Escape), _TWO),
    exp.Like: frozenset({"this", "expression", "negate"}),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Mod), _TWO),
}

# The name by which users know a function -> its node and arguments.
_NAMED: dict[str, tuple[type[exp.Expr], frozenset[str]]] = {
    "count": (exp.Count, frozenset({"this", "big_int"})),
    "count_if": (exp.CountIf, _ONE),
    "sum": (exp.Sum, _ONE),
    "avg": (exp.Avg, _ONE),
    "min": (exp.Min, _ONE),
    "max": (exp.Max, _ONE),
    "min_by": (exp.ArgMin, _TWO),
    "max_by": (exp.ArgMax, _TWO),
    "any_value": (exp.AnyValue, _ONE),
    "approx_distinct": (exp.ApproxDistinct, _ONE),
    "stddev": (exp.Stddev, _ONE),
    "bool_and": (exp.LogicalAnd, _ONE),
    "bool_or": (exp.LogicalOr, _ONE),
    "row_number": (exp.RowNumber, frozenset()),
    "rank": (exp.Rank, frozenset()),
    "dense_rank": (exp.DenseRank, frozenset()),
    "ntile": (exp.Ntile, _ONE),
    "lag": (exp.Lag, frozenset({"this", "offset", "default"})),
    "lead": (exp.Lead, frozenset({"this", "offset", "default"})),
    "first_value": (exp.FirstValue, _ONE),
    "last_value": (exp.LastValue, _ONE),
    "abs": (exp.Abs, _ONE),
    "ceil": (exp.Ceil, _ONE),
    "floor": (exp.Floor, _ONE),
    "round": (exp.Round, frozenset({"this", "decimals"})),
    "sqrt": (exp.Sqrt, _ONE),
    "ln": (exp.Ln, _ONE),
    "exp": (exp.Exp, _ONE),
    "power": (exp.Pow, _TWO),
    "sign": (exp.Sign, _ONE),
    "coalesce": (exp.Coalesce, frozenset({"this", "expressions"})),
    "nullif": (exp.Nullif, _TWO),
    "lower": (exp.Lower, _ONE),
    "upper": (exp.Upper, _ONE),
    "trim": (exp.Trim, frozenset({"this", "position", "expression"})),
    "length": (exp.Length, _ONE),
    "substr": (exp.Substring, frozenset({"this", "start", "length"})),
    "strpos": (exp.StrPosition, frozenset({"this", "substr"})),
    "starts_with": (exp.StartsWith, _TWO),
    "split_part": (exp.SplitPart, frozenset({"this", "delimiter", "part_index"})),
    "json_extract_scalar": (exp.JSONExtractScalar, _TWO),
    "date_trunc": (exp.TimestampTrunc, frozenset({"this", "unit"})),
    "extract": (exp.Extract, _TWO),
    "year": (exp.Year, _ONE),
    "month": (exp.Month, _ONE),
    "day": (exp.Day, _ONE),
    "hour": (exp.Hour, _ONE),
    "minute": (exp.Minute, _ONE),
}
FUNCTIONS = sorted([*_NAMED, "cast", "try_cast", "if"])

_PATHS: Words = {
    exp.JSONPath: _MANY,
    exp.JSONPathRoot: frozenset(),
    exp.JSONPathKey: _ONE,
    exp.JSONPathSubscript: _ONE,
}

WORDS: Words = {**_CLAUSES, **_VALUES, **_PATHS, **dict(_NAMED.values())}

UNITS = frozenset({"SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"})
TYPES = {
    "varchar": exp.DType.VARCHAR,
    "bigint": exp.DType.BIGINT,
    "integer": exp.DType.INT,
    "double": exp.DType.DOUBLE,
    "boolean": exp.DType.BOOLEAN,
    "date": exp.DType.DATE,
    "timestamp": exp.DType.TIMESTAMP,
}
