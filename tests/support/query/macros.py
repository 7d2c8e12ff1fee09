"""Trino's functions as macros of DuckDB, where its own differ. What calls which is in `athena`.

DuckDB writes the text of an argument wherever a macro names it, and reads each anew: macros within
macros grew to a hundred times the statement. So a macro that needs an argument twice holds its
value by a lambda, `list_transform([x], lambda value: ...)[1]`; `_once` writes that.

io.trino.operator.scalar.JsonFunctions.jsonArrayContains has an overload for each of these types
that passes over tokens of another: of a double over whole numbers, of a bigint over those with a
point or beyond 64 bits.

json_extract copies tokens (JsonExtract.JsonValueJsonExtractor): texts and whole numbers as they
are, numbers with a point or an exponent as Java's Double.toString, which has an exponent from
10^7 on and below 10^-3.

Casts of texts: VarcharOperators (Long.parseLong, Double.parseDouble, which takes blanks around, a
d or f behind, NaN and Infinity); of doubles: DoubleOperators (halves go up, away from zero).
SplitToMapFunction (sqlglot: str_to_map): texts to texts, each key once; MapElementAtFunction:
null for another key.
StringFunctions: substr of 0 and of what is before the beginning is empty, split_part is null
beyond the last part; upper is Character.toUpperCase, which leaves the sharp s.
MathFunctions.round is Math.round(abs(x) * 10^n) / 10^n with the sign put back.
"""


def _once(argument: str, name: str, body: str) -> str:
    """Return an expression in which `body` may use the value of an argument by a name."""
    return f"list_transform([{argument}], lambda {name}: {body})[1]"


def _or_error(tried: str) -> str:
    """Return a cast that fails where the one that tries is null."""
    told = "error('INVALID_CAST_ARGUMENT: ' || given::VARCHAR)"
    body = f"CASE WHEN given IS NOT NULL AND got IS NULL THEN {told} ELSE got END"
    return _once("x", "given", _once(f"{tried}(given)", "got", body))


_MACROS = {
    "is_whole_text(x)": "regexp_full_match(x::VARCHAR, '[+-]?[0-9]+')",
    "java_text(x)": r"regexp_replace(trim(x::VARCHAR, e' \t\n\r'), '([0-9.])[dDfF]$', '\1')",
    "is_double_text(x)": """regexp_full_match(java_text(x),
        '[+-]?(NaN|Infinity|([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?)')""",
    "try_cast_whole(x)": _once("x", "whole", """CASE typeof(whole)
        WHEN 'VARCHAR' THEN CASE WHEN is_whole_text(whole) THEN TRY_CAST(whole AS BIGINT) END
        WHEN 'DOUBLE' THEN TRY_CAST(round(TRY_CAST(whole AS DOUBLE)) AS BIGINT)
        ELSE TRY_CAST(whole AS BIGINT) END"""),
    "cast_whole(x)": _or_error("try_cast_whole"),
    "try_cast_double(x)": _once("x", "broken", """CASE
        WHEN typeof(broken) <> 'VARCHAR' THEN TRY_CAST(broken AS DOUBLE)
        WHEN is_double_text(broken) THEN TRY_CAST(java_text(broken) AS DOUBLE) END"""),
    "cast_double(x)": _or_error("try_cast_double"),
    "regexp_extract_(x, p)": "CASE WHEN regexp_matches(x, p) THEN regexp_extract(x, p) END",
    "str_to_map(x, d, e)": """map_from_entries(list_transform(string_split(x, d),
        lambda one: row(split_part(one, e, 1), split_part(one, e, 2))))""",
    "split_part_(x, d, n)": "list_extract(string_split(x, d), n)",
    "substr_(x, start)": """CASE WHEN start = 0 OR -start > length(x) THEN left(x, 0)
        ELSE substr(x, start) END, (x, start, size) AS
        CASE WHEN start IS NULL THEN NULL
        WHEN start = 0 OR -start > length(x) OR size <= 0 THEN left(x, 0)
        ELSE substr(x, start, size) END""",
    "round_(x)": """CASE WHEN typeof(x) = 'DOUBLE'
        THEN sign(x) * floor(abs(x) + 0.5::DOUBLE) ELSE x END, (x, n) AS
        CASE WHEN typeof(x) = 'DOUBLE'
        THEN sign(x) * floor(abs(x) * power(10, n) + 0.5::DOUBLE) / power(10, n) ELSE x END""",
    "upper_(x)": """array_to_string(
        list_transform(string_split(x, 'ß'), lambda part: upper(part)), 'ß')""",
    "in_exponents(all_digits, place, sign)": _once("all_digits", "digits", _once(
        "ltrim(digits, '0')", "kept", """sign || kept[1] || '.' ||
        coalesce(nullif(rtrim(kept[2:], '0'), ''), '0') || 'E' ||
        (place - (len(digits) - len(kept)))""")),
    "double_to_string(d)": _once("d", "number", f"""CASE
        WHEN number = 0 OR isnan(number) OR isinf(number)
            OR abs(number) BETWEEN 0.001 AND 9999999.999999999 THEN number::VARCHAR
        ELSE {_once("string_split(abs(number)::VARCHAR, 'e')", "parts", '''in_exponents(
            replace(parts[1], '.', ''),
            coalesce(try_cast(parts[2] AS INTEGER), 0) + strpos(parts[1] || '.', '.') - 2,
            CASE WHEN number < 0 THEN '-' ELSE '' END)''')} END"""),
    "cast_text(x)": _once("x", "told", """CASE WHEN typeof(told) = 'DOUBLE'
        THEN double_to_string(TRY_CAST(told AS DOUBLE)) ELSE told::VARCHAR END"""),
    "try_cast_text(x)": "cast_text(x)",
    "json_extract_scalar(text, path)": "json_extract_string(json_value(text, path), '$')",
    "json_extract_(text, path)": _once("json_extract(text, path)", "found", """CASE
        json_type(found)
        WHEN 'DOUBLE' THEN double_to_string(try_cast(found AS DOUBLE))::JSON ELSE found END"""),
    "elements_of(text, types)":
        "list_filter(json_extract(text, '$[*]'), lambda e: list_contains(types, json_type(e)))",
    "array_has_text(text, wanted)": """list_contains(
        list_transform(elements_of(text, ['VARCHAR']), lambda e: e ->> '$'), wanted)""",
    "array_has_truth(text, wanted)": """list_contains(
        list_transform(elements_of(text, ['BOOLEAN']), lambda e: e::BOOLEAN), wanted)""",
    "array_has_float(text, wanted)": """list_contains(
        list_transform(elements_of(text, ['DOUBLE']), lambda e: e::DOUBLE), wanted)""",
    "array_has_whole(text, wanted)": """list_contains(list_transform(
        elements_of(text, ['BIGINT', 'UBIGINT']), lambda e: try_cast(e AS BIGINT)), wanted)""",
}  # fmt: skip
MACROS = "".join(f"CREATE MACRO {called} AS {body};\n" for called, body in _MACROS.items())
