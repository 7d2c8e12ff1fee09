"""A typed tree -> a tree of which both engines give the same values. Decides nothing.

Each function here is one difference between Trino and DuckDB, and says which. Where the difference
can be said in words that both know, the tree says it; where DuckDB needs other words, it is told
by a mark (`HALVES_AWAY`) and said by the machine's own rendering.
"""

import re
from collections.abc import Callable

from sqlglot import exp

from openbunker.query.user_sql.kinds import WHOLE, Kind
from openbunker.query.user_sql.times import CLOCK_TEXT, DATE_TEXT
from openbunker.query.user_sql.types import kind_of, note_kind

# A mark in `meta` of a cast to whole numbers: halves go away from zero, as Trino's do.
HALVES_AWAY = "halves_away"
_WHOLE_TYPES = (exp.DType.BIGINT, exp.DType.INT)
# What no usual form of a number holds; each engine knows others (1_000, 0x1F, 1d, NaN, blanks).
_NOT_OF_A_NUMBER = "[^0-9.eE+-]|^[+]-"
_NOT_OF_A_WHOLE = "[^0-9+-]"
_NO_TEXT = exp.Literal.string("!")


def make_same(tree: exp.Query) -> None:
    """Change a tree that was checked, from its leaves up."""
    for node in reversed(list(tree.walk(bfs=False))):
        if change := _CHANGES.get(type(node)):
            changed = change(node)
            if changed is not node:
                note_kind(changed, kind_of(node))
                node.replace(changed)


def _literal(node: exp.Expr) -> exp.Expr:
    """Numbers with a point are doubles: decimals have other digits on each engine."""
    if not node.is_string and not re.search("^[0-9]+$|[eE]", node.name):
        node.set("this", f"{node.name}e0")
    return node


def _cast(node: exp.Expr) -> exp.Expr:
    """Cast texts of the usual forms alone, and numbers to whole ones alike."""
    inside, to, kind = node.this, node.args["to"].this, kind_of(node.this)
    if to is exp.DType.TIMESTAMP:
        node.args["to"].set("expressions", None)  # of milliseconds, however many a text shows
    if kind is Kind.DOUBLE and to in _WHOLE_TYPES:
        node.meta[HALVES_AWAY] = True
    elif kind is Kind.TEXT and to in (*_WHOLE_TYPES, exp.DType.DOUBLE):
        strange = _NOT_OF_A_NUMBER if to is exp.DType.DOUBLE else _NOT_OF_A_WHOLE
        node.set("this", _replaced(inside, strange))
    elif kind is Kind.TEXT and isinstance(node, exp.TryCast):
        if to is exp.DType.DATE:
            node.set("this", _matching(inside, f"^{DATE_TEXT}$"))
        elif to is exp.DType.TIMESTAMP:
            node.set("this", _matching(inside, f"^{DATE_TEXT}( {CLOCK_TEXT})?$"))
    return node


def _replaced(text: exp.Expr, strange: str) -> exp.Expr:
    return exp.RegexpReplace(
        this=text.copy(), expression=exp.Literal.string(strange), replacement=_NO_TEXT.copy()
    )


def _matching(text: exp.Expr, pattern: str) -> exp.Expr:
    """Return a text where it matches; else what is no time, to either engine."""
    return exp.RegexpExtract(this=text.copy(), expression=exp.Literal.string(pattern))


def _already_whole(node: exp.Expr) -> exp.Expr:
    """Of whole numbers Trino's ceil, floor and round are whole, DuckDB's are doubles."""
    return node.this if kind_of(node.this) in WHOLE else node


def _sign(node: exp.Expr) -> exp.Expr:
    """The sign is of its number's type; DuckDB's is of 8 bits."""
    types = {Kind.INTEGER: exp.DType.INT, Kind.BIGINT: exp.DType.BIGINT}
    return exp.cast(node.copy(), types.get(kind_of(node.this), exp.DType.DOUBLE))


def _trim(node: exp.Expr) -> exp.Expr:
    """Blanks are trimmed; alone, Trino's trim takes tabs and lines away too."""
    node.set("expression", exp.Literal.string(" "))
    node.set("position", "BOTH")
    return node


def _upper(node: exp.Expr) -> exp.Expr:
    """The sharp s has no capital to Trino, and one to DuckDB."""
    letters = exp.Literal.string("\u1e9e"), exp.Literal.string("\u00df")
    return exp.Replace(this=node.copy(), expression=letters[0], replacement=letters[1])


def _substring(node: exp.Expr) -> exp.Expr:
    """Characters are counted from 1, and as many as there are: else null.

    Of null and a number DuckDB's greatest is the number, which then is null as well. It is called
    by its name: sqlglot would write the argument twice for that, and twice again in each other.
    """
    for name, below in (("start", 0), ("length", -1)):
        given = node.args.get(name)
        if given is not None and not isinstance(given, exp.Literal):
            least = exp.Literal.number(below)
            bounded = exp.Anonymous(this="GREATEST", expressions=[given.copy(), least])
            node.set(name, exp.Nullif(this=bounded, expression=least.copy()))
    return node


def _difference(node: exp.Expr) -> exp.Expr:
    """The difference of dates is a length of time, which DuckDB has of timestamps alone."""
    if isinstance(node, exp.Sub) and kind_of(node) is Kind.LENGTH:
        for name in ("this", "expression"):
            if kind_of(node.args[name]) is Kind.DATE:
                node.set(name, exp.cast(node.args[name].copy(), exp.DType.TIMESTAMP))
    elif kind_of(node) is Kind.DATE:
        return _as_date(node)
    return node


def _as_date(node: exp.Expr) -> exp.Expr:
    """A date that is moved or cut stays a date; DuckDB's becomes a timestamp."""
    return exp.cast(exp.paren(node.copy()), exp.DType.DATE)


def _trunc(node: exp.Expr) -> exp.Expr:
    if kind_of(node.this) is not Kind.DATE:
        return node
    node.set("this", exp.cast(node.this.copy(), exp.DType.TIMESTAMP))
    return _as_date(node)


def _quotient(node: exp.Expr) -> exp.Expr:
    """Divide as doubles, null by zero: engines differ in whole numbers and in what zero does."""
    left, right = node.this.copy(), node.expression.copy()
    right = exp.Nullif(this=right, expression=exp.Literal.number(0))
    if isinstance(node, exp.Div):
        left, right = exp.cast(left, exp.DType.DOUBLE), exp.cast(right, exp.DType.DOUBLE)
    node.set("this", left)
    node.set("expression", right)
    return node


_CHANGES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Literal: _literal,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    **dict.fromkeys((exp.Ceil, exp.Floor, exp.Round), _already_whole),
    exp.Sign: _sign,
    exp.Trim: _trim,
    exp.Upper: _upper,
    exp.Substring: _substring,
    exp.Add: _difference,
    exp.Sub: _difference,
    exp.TimestampTrunc: _trunc,
    exp.Div: _quotient,
    exp.Mod: _quotient,
}
