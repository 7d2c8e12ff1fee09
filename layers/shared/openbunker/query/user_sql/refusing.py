"""How a user's SELECT is refused: by line and column, in the words that the user typed. Pure."""

from collections.abc import Iterator

from sqlglot import exp

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason

Place = tuple[int, int]
TYPED = "typed"
# Nodes that no name in the text stands for -> what the user wrote, and what does the same here.
_WRITTEN: dict[type[exp.Expr], tuple[str, str]] = {
    exp.DPipe: ("||", "nothing makes texts longer"),
    exp.Bracket: ("[ ]", "a field of your own is json_extract_scalar(properties, '$.name')"),
    exp.Array: ("ARRAY", "say IN (1, 2)"),
    exp.Tuple: ("a row in brackets", "name its parts one by one"),
    exp.ILike: ("ILIKE", "say lower(x) LIKE 'a%'"),
    exp.RegexpLike: ("~", "say LIKE, or strpos"),
    exp.AtTimeZone: ("AT TIME ZONE", "times are in UTC; add an INTERVAL"),
    exp.CurrentTimestamp: ("current_timestamp", "the period says what is recent"),
    exp.CurrentDate: ("current_date", "the period says what is recent"),
    exp.CurrentTime: ("current_time", "the period says what is recent"),
    exp.Localtimestamp: ("localtimestamp", "the period says what is recent"),
    exp.Localtime: ("localtime", "the period says what is recent"),
    exp.JSONExtract: ("->", "say json_extract_scalar(properties, '$.name')"),
    exp.BitwiseAnd: ("&", "there is no arithmetic of bits"),
    exp.BitwiseOr: ("|", "there is no arithmetic of bits"),
    exp.BitwiseXor: ("^", "say power(x, y)"),
    exp.Any: ("ANY", "say IN (SELECT ...)"),
    exp.All: ("ALL", "say a comparison with (SELECT max(x) ...)"),
    exp.GroupConcat: ("listagg", "nothing makes texts longer"),
    exp.Values: ("VALUES", "rows come from events"),
    exp.Unnest: ("UNNEST", "rows come from events"),
    exp.Lateral: ("LATERAL", "join a subquery"),
    exp.Fetch: ("FETCH", "say LIMIT"),
    exp.Placeholder: ("?", "write the value into the text"),
    exp.Parameter: ("@", "write the value into the text"),
}
# Functions by the name that was typed -> what does the same.
_INSTEAD = {
    **dict.fromkeys(("now", "current_timestamp"), "the period says what is recent"),
    **dict.fromkeys(("date_diff",), "subtract: event_time - received_time"),
    **dict.fromkeys(("date_add",), "add: event_time + INTERVAL '1' DAY"),
    **dict.fromkeys(("date",), "say cast(x AS date)"),
    **dict.fromkeys(("json_extract", "json_query", "json_value"), "say json_extract_scalar"),
    **dict.fromkeys(("regexp_like", "contains"), "say LIKE, or strpos"),
    **dict.fromkeys(("concat", "replace", "lpad", "rpad", "array_agg"), "texts stay as they are"),
    **dict.fromkeys(("greatest", "least"), "say CASE: the engines differ for null"),
    **dict.fromkeys(("variance", "var_samp"), "say power(stddev(x), 2)"),
    **dict.fromkeys(("week", "quarter", "second"), "say extract(WEEK FROM event_time)"),
    **dict.fromkeys(("median", "approx_percentile"), "ask a question with median, p90, p95 or p99"),
    **dict.fromkeys(("mode", "stddev_pop"), "there is stddev"),
    **dict.fromkeys(("every",), "say bool_and"),
}


def wrong(text: str, place: Place | None = None) -> RequestRefused:
    """Return the refusal of a text."""
    where = f" line {place[0]}, column {place[1]}:" if place else ""
    return RequestRefused(Reason.INVALID_QUERY, f"sql:{where} {text}")


def at(node: exp.Expr, text: str) -> RequestRefused:
    """Return the refusal of a node, by its place."""
    return wrong(text, place(node))


def place(node: exp.Expr) -> Place | None:
    """Return line and column of a node, or of the first part of it that has them."""
    return next(_places(node), None)


def _places(node: exp.Expr) -> Iterator[Place]:
    for part in node.walk(bfs=False):
        if "line" in part.meta:
            # The parser counts to a word's last character.
            width = part.meta["end"] - part.meta["start"]
            yield part.meta["line"], max(part.meta["col"] - width, 1)


def note_typed(node: exp.Expr, text: str) -> None:
    """Keep the name by which a function was called, for what may be said of it."""
    if isinstance(node, exp.Func) and "start" in node.meta:
        node.meta[TYPED] = text[node.meta["start"] : node.meta["end"] + 1].lower()[:60]


def typed(node: exp.Expr) -> str:
    """Return what the user typed for a node."""
    if found := node.meta.get(TYPED):
        return str(found)
    if type(node) in _WRITTEN:
        return _WRITTEN[type(node)][0]
    if isinstance(node, exp.Func):
        return (node.name if isinstance(node, exp.Anonymous) else node.sql_name().lower())[:60]
    return node.key.upper()


def instead(node: exp.Expr) -> str:
    """Return what a user may write instead; empty where nothing comes near."""
    return _INSTEAD.get(typed(node)) or _WRITTEN.get(type(node), ("", ""))[1]
