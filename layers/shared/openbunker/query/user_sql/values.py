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
_OF_CALENDAR = frozenset({"MONTH", "QUARTER", "YEAR"})
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
    return node.args["unit"].name.upper() not in _OF_CALENDAR or _beside_a_time(node)


def _beside_a_time(node: exp.Expr) -> bool:
    """Return whether an interval of months is added to something: alone it has no length."""
    sum_ = node.parent
    while isinstance(sum_, exp.Paren | exp.Neg):
        sum_ = sum_.parent
    sides = (sum_.this, sum_.expression) if isinstance(sum_, exp.Add | exp.Sub) else ()
    return bool(sides) and not all(side.find(exp.Interval) for side in sides)


def _count(node: exp.Expr) -> bool:
    count = node.expression
    return bool(_WHOLE.fullmatch(count.name)) and isinstance(count, exp.Literal) and count.is_int


def _path_key(node: exp.Expr) -> bool:
    return isinstance(node.this, str) and bool(_PATH_KEY.fullmatch(node.this))


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
        "to a time: event_time + INTERVAL '1' MONTH",
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
        "a path is a text like '$.cart.price'",
    ),
    exp.JSONPathKey: (_path_key, "a path holds no quotes, no backslash and no *"),
    exp.JSONPathSubscript: (
        lambda node: isinstance(node.this, int),
        "an index in a path is a whole number",
    ),
}
