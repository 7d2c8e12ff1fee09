"""Random typed expressions of a user's SQL, as text: every function of the list is drawn."""

import re
from random import Random

from sqlglot import exp

from openbunker.query.user_sql.kinds import Kind

_TEXT, _WHOLE, _DOUBLE = Kind.TEXT, Kind.BIGINT, Kind.DOUBLE
_TIME, _DATE, _TRUTH, _LENGTH = Kind.TIME, Kind.DATE, Kind.BOOLEAN, Kind.LENGTH

_LEAVES: dict[Kind, tuple[str, ...]] = {
    _TEXT: (
        "url",
        "os",
        "event_name",
        "''",
        "'a/b'",
        "'5'",
        "'Ä ß'",
        "json_extract_scalar(properties, '$.n')",
    ),
    _WHOLE: ("7", "-3", "0", "length(url)", "timestamp_ms % 1000", "3000000000"),
    _DOUBLE: ("metric_value", "2.5", "-0.5", "1e3", "0.1"),
    _TIME: ("event_time", "received_time", "TIMESTAMP '2026-11-20 23:59:59.999'"),
    _DATE: ("DATE '2026-01-31'", "cast(event_time AS date)"),
    _TRUTH: ("true", "url IS NULL", "metric_value > 0"),
    _LENGTH: ("INTERVAL '5' MINUTE", "(event_time - received_time)"),
}

# Node -> what it gives, and its text with a place for each argument.
BY_SIGNATURE: dict[type[exp.Expr], tuple[Kind, str]] = {
    exp.Abs: (_WHOLE, "abs({BIGINT})"),
    exp.Ceil: (_DOUBLE, "ceil({DOUBLE})"),
    exp.Floor: (_WHOLE, "floor({BIGINT})"),
    exp.Sign: (_DOUBLE, "sign({DOUBLE})"),
    exp.Round: (_DOUBLE, "round({DOUBLE}, 1)"),
    exp.Sqrt: (_DOUBLE, "sqrt({DOUBLE})"),
    exp.Ln: (_DOUBLE, "ln({DOUBLE})"),
    exp.Exp: (_DOUBLE, "exp({DOUBLE})"),
    exp.Pow: (_DOUBLE, "power({DOUBLE}, 2)"),
    exp.Lower: (_TEXT, "lower({TEXT})"),
    exp.Upper: (_TEXT, "upper({TEXT})"),
    exp.Trim: (_TEXT, "trim({TEXT})"),
    exp.Length: (_WHOLE, "length({TEXT})"),
    exp.Substring: (_TEXT, "substr({TEXT}, 1 + {BIGINT}, length({TEXT}))"),
    exp.StrPosition: (_WHOLE, "strpos({TEXT}, {TEXT})"),
    exp.StartsWith: (_TRUTH, "starts_with({TEXT}, {TEXT})"),
    exp.SplitPart: (_TEXT, "split_part({TEXT}, '/', 2)"),
    exp.JSONExtractScalar: (_TEXT, "json_extract_scalar(properties, '$.tags[1].x')"),
    exp.Year: (_WHOLE, "year({DATE})"),
    exp.Month: (_WHOLE, "month({TIME})"),
    exp.Day: (_WHOLE, "day({TIME})"),
    exp.Hour: (_WHOLE, "hour({TIME})"),
    exp.Minute: (_WHOLE, "minute({TIME})"),
    exp.TimestampTrunc: (_TIME, "date_trunc('week', {TIME})"),
    exp.Extract: (_WHOLE, "extract(SECOND FROM {TIME})"),
    exp.Like: (_TRUTH, "{TEXT} LIKE {TEXT}"),
    exp.And: (_TRUTH, "({BOOLEAN} AND {BOOLEAN})"),
    exp.Or: (_TRUTH, "({BOOLEAN} OR {BOOLEAN})"),
    exp.Not: (_TRUTH, "(NOT {BOOLEAN})"),
    exp.Neg: (_DOUBLE, "(- {DOUBLE})"),
    exp.Div: (_DOUBLE, "({BIGINT} / {DOUBLE})"),
}
OTHERS: tuple[tuple[Kind, str], ...] = (
    (_WHOLE, "({BIGINT} + {BIGINT})"),
    (_WHOLE, "({BIGINT} % {BIGINT})"),
    (_DOUBLE, "({DOUBLE} * {BIGINT})"),
    (_DOUBLE, "({DOUBLE} % {DOUBLE})"),
    (_WHOLE, "cast({DOUBLE} AS bigint)"),
    (_WHOLE, "try_cast({TEXT} AS bigint)"),
    (_DOUBLE, "try_cast({TEXT} AS double)"),
    (_DOUBLE, "cast({BIGINT} AS double)"),
    (_TEXT, "cast({BIGINT} AS varchar)"),
    (_TEXT, "cast({BOOLEAN} AS varchar)"),
    (_TEXT, "cast({DATE} AS varchar)"),
    (_WHOLE, "cast({BOOLEAN} AS bigint)"),
    (_DATE, "try_cast(lower({TEXT}) AS date)"),
    (_TIME, "try_cast(trim({TEXT}) AS timestamp)"),
    (_DATE, "cast({TIME} AS date)"),
    (_TIME, "cast({DATE} AS timestamp)"),
    (_DATE, "({DATE} + INTERVAL '1' MONTH)"),
    (_DATE, "date_trunc('quarter', {DATE})"),
    (_TIME, "({TIME} - {LENGTH})"),
    (_LENGTH, "({TIME} - {DATE})"),
    (_LENGTH, "({LENGTH} + {LENGTH})"),
    (_TEXT, "CASE WHEN {BOOLEAN} THEN {TEXT} ELSE {TEXT} END"),
    (_DOUBLE, "if({BOOLEAN}, {DOUBLE}, {BIGINT})"),
    (_TEXT, "coalesce({TEXT}, {TEXT})"),
    (_WHOLE, "nullif({BIGINT}, {BIGINT})"),
    (_TRUTH, "({TEXT} = {TEXT})"),
    (_TRUTH, "({DOUBLE} < {BIGINT})"),
    (_TRUTH, "({TIME} >= {DATE})"),
    (_TRUTH, "({LENGTH} > {LENGTH})"),
    (_TRUTH, "({TEXT} IS DISTINCT FROM {TEXT})"),
    (_TRUTH, "({BIGINT} IN (1, {BIGINT}))"),
    (_TRUTH, "({DOUBLE} BETWEEN {BIGINT} AND {DOUBLE})"),
)
_FORMS = (*BY_SIGNATURE.values(), *OTHERS)
_PLACE = re.compile("{([A-Z]+)}")


def expression(chance: Random, kind: Kind | None = None, depth: int = 3) -> str:
    """Return an expression of a kind, or of any, as text."""
    kind = kind or chance.choice(list(_LEAVES))
    forms = [form for gives, form in _FORMS if gives is kind]
    if depth == 0 or chance.random() < 0.1:
        return chance.choice(_LEAVES[kind])
    return _PLACE.sub(
        lambda found: expression(chance, Kind[found[1]], depth - 1), chance.choice(forms)
    )
