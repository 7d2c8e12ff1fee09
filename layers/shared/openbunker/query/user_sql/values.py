"""What the values in a user's SELECT may be: texts, numbers, names, types, units, paths. Pure.

The kinds of nodes are `select_words`'; here is what may stand in one that is allowed.
"""

import re
from collections.abc import Callable

from sqlglot import exp

from openbunker.query.user_sql.words import TYPES, UNITS

MAX_LITERAL = 1000
TEXT = re.compile("[^\x00\ud800-\udfff]*")

_NAME = re.compile(r'[^"\\\x00-\x1f\x7f\ud800-\udfff]{1,100}')
_PATH_KEY = re.compile(r"[^\"'\\*\x00-\x1f\x7f]{1,200}")
_NUMBER = re.compile(r"[0-9]{1,30}([.][0-9]{0,30})?([eE][+-]?[0-9]{1,3})?|[.][0-9]{1,30}")
_WHOLE = re.compile("[0-9]{1,9}")
_OF_CALENDAR = frozenset({"MONTH", "YEAR"})
_JOINS = frozenset({"", "INNER", "CROSS", "OUTER", "LEFT", "RIGHT", "FULL"})
_TYPES = (exp.DType.TEXT, *TYPES.values())
_Check = Callable[[exp.Expr], bool]


def problem(node: exp.Expr) -> str | None:
    """Return what is wrong with the value of a node, None when nothing is."""
    good, told = _CHECKS.get(type(node), (_any, ""))
    return None if good(node) else told


def _any(_: exp.Expr) -> bool:
    return True


def _literal(node: exp.Expr) -> bool:
    pattern = TEXT if node.is_string else _NUMBER
    return len(node.name) <= MAX_LITERAL and bool(pattern.fullmatch(node.name))


def _type(node: exp.Expr) -> bool:
    # TIMESTAMP '...' has the precision of its text.
    return node.this in _TYPES and (node.this is exp.DType.TIMESTAMP or not node.expressions)


def _interval(node: exp.Expr) -> bool:
    if not (node.this and _WHOLE.fullmatch(node.this.name) and node.args.get("unit")):
        return False
    unit = node.args["unit"].name.upper()
    if unit in {"WEEK", "QUARTER"}:
        return False
    return unit not in _OF_CALENDAR or _beside_a_time(node)


def _beside_a_time(node: exp.Expr) -> bool:
    """Return whether an interval of months is added to something: alone it has no length."""
    sum_ = node.parent
    while isinstance(sum_, exp.Paren | exp.Neg):
        sum_ = sum_.parent
    return isinstance(sum_, exp.Add | exp.Sub)


def _count(node: exp.Expr) -> bool:
    return _from(node.expression, 0)


def _from(node: exp.Expr | None, least: int, most: int = 10**9) -> bool:
    """Return whether a node is a whole number that is written out."""
    if not isinstance(node, exp.Literal) or node.is_string or not _WHOLE.fullmatch(node.name):
        return False
    return least <= int(node.name) <= most


def _rounded(node: exp.Expr) -> bool:
    return node.args.get("decimals") is None or _from(node.args["decimals"], 0, 15)


def _substring(node: exp.Expr) -> bool:
    start, length = node.args.get("start"), node.args.get("length")
    written = not isinstance(start, exp.Literal | exp.Neg) or _from(start, 1)
    return written and (not isinstance(length, exp.Literal | exp.Neg) or _from(length, 0))


def _split(node: exp.Expr) -> bool:
    delimiter = node.args["delimiter"]
    is_text = isinstance(delimiter, exp.Literal) and delimiter.is_string and delimiter.name != ""
    return is_text and _from(node.args.get("part_index"), 1)


def _escape(node: exp.Expr) -> bool:
    """Trino wants a character that stands before %, _ or itself alone; DuckDB takes others too."""
    mark, like = node.expression, node.this
    if not isinstance(like, exp.Like) or not isinstance(like.expression, exp.Literal):
        return False
    if not isinstance(mark, exp.Literal) or len(mark.name) != 1 or mark.name in "%_":
        return False
    rest = like.expression.name
    for pair in (mark.name * 2, f"{mark.name}%", f"{mark.name}_"):
        rest = rest.replace(pair, "")
    return mark.name not in rest


def _bound(node: exp.Expr, side: str) -> bool:
    bound = node.args.get(side)
    if not isinstance(bound, exp.Expr):
        return True
    return node.text("kind").upper() == "ROWS" and _from(bound, 0)


def _offset(node: exp.Expr) -> bool:
    return node.args.get("offset") is None or _from(node.args["offset"], 0)


def _path_key(node: exp.Expr) -> bool:
    return isinstance(node.this, str) and bool(_PATH_KEY.fullmatch(node.this))


def _path_index(node: exp.Expr) -> bool:
    return isinstance(node.this, int) and node.this >= 0


_CHECKS: dict[type[exp.Expr], tuple[_Check, str]] = {
    exp.Literal: (_literal, f"a text has at most {MAX_LITERAL} characters, a number 30 digits"),
    exp.Identifier: (
        lambda node: bool(_NAME.fullmatch(node.name)),
        'a name has 1 to 100 characters, no " and no \\',
    ),
    exp.Var: (
        lambda node: node.name.upper() in UNITS,
        f"there is no such unit; there are {', '.join(sorted(UNITS))}",
    ),
    exp.DataType: (_type, f"there is no such type here; there are {', '.join(TYPES)}"),
    exp.Interval: (
        _interval,
        "an interval is a whole number and a unit, INTERVAL '5' MINUTE; months and years are added "
        "to a time: event_time + INTERVAL '1' MONTH; a week is '7' DAY",
    ),
    exp.Limit: (_count, "LIMIT is a whole number"),
    exp.Offset: (_count, "OFFSET is a whole number"),
    exp.Select: (lambda node: bool(node.expressions), "a SELECT has at least one column"),
    exp.Join: (
        lambda node: {node.text("kind"), node.text("side")} <= _JOINS,
        "there is no such join; there are INNER, LEFT, RIGHT, FULL and CROSS",
    ),
    exp.JSONExtractScalar: (
        lambda node: isinstance(node.expression, exp.JSONPath),
        "a path is a text like '$.cart.price', or '$.tags[0]'",
    ),
    exp.JSONPathKey: (_path_key, "a path holds no quotes, no backslash and no *"),
    exp.JSONPathSubscript: (_path_index, "an index in a path is a whole number from 0 on"),
    exp.Round: (_rounded, "round takes the number of digits behind the point, 0 to 15"),
    exp.Substring: (_substring, "substr(x, start, length) counts from 1: substr(x, 1, 5)"),
    exp.SplitPart: (_split, "split_part takes a text and a place from 1 on: split_part(x, '/', 2)"),
    exp.Escape: (_escape, "ESCAPE names one character, which stands before %, _ or itself alone"),
    exp.Ntile: (lambda node: _from(node.this, 1), "ntile takes a whole number from 1 on"),
    **dict.fromkeys((exp.Lag, exp.Lead), (_offset, "lag and lead take how many rows, from 0 on")),
    exp.Trim: (
        lambda node: not node.args.get("position") and not node.expression,
        "trim takes blanks from both ends: trim(x)",
    ),
    exp.Is: (
        lambda node: isinstance(node.expression, exp.Null),
        "IS is for null: a truth value stands alone, or as NOT x",
    ),
    exp.WindowSpec: (
        lambda node: all(_bound(node, side) for side in ("start", "end")),
        "a frame is counted in rows: ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
    ),
    exp.Count: (lambda node: node.this is not None, "count(*), or count(x)"),
}
