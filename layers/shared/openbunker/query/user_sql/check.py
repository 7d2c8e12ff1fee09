"""The text of a user's SELECT -> a syntax tree that holds nothing but what `select_words` lists.

The dialect is Trino's, which is Athena's. Every mistake is a RequestRefused with INVALID_QUERY that
names line and column. Whose rows are read is not decided here, but where the tree is put on top of
the rows of a scope (`select_sql`).
"""

import re

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import ParseError, SqlglotError

from openbunker.core.errors import RequestRefused
from openbunker.query.question.columns import COLUMNS, PROPERTIES
from openbunker.query.scope import EVENTS
from openbunker.query.user_sql.names import OWN
from openbunker.query.user_sql.queries import columns_of
from openbunker.query.user_sql.refusing import TYPED, at, instead, note_typed, typed, wrong
from openbunker.query.user_sql.values import TEXT, problem
from openbunker.query.user_sql.words import FUNCTIONS, WORDS

DIALECT = "trino"
MAX_TEXT, MAX_NODES, MAX_DEPTH, MAX_NESTING = 10_000, 1500, 60, 20
# How often events may be read in one statement, and how many names WITH may give.
MAX_TABLES, MAX_CTES = 8, 10
# Times as the engine's own kind, beside the columns of a row, which are milliseconds.
TIMES = {"event_time": "timestamp_ms", "received_time": "received_ms"}
NAMES = frozenset({*COLUMNS, PROPERTIES, *TIMES})

_TABLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
# A number with an exponent before a sign, or what holds none: texts, names, comments. The parser
# takes the sign of 1e0+1 for the exponent's.
_EXPONENT = re.compile(
    r"""'[^']*'|"[^"]*"|--[^\n]*|/[*].*?[*]/|\b([0-9]+(?:[.][0-9]*)?e[+-]?[0-9]+)(?=[+-])""",
    re.DOTALL | re.IGNORECASE | re.ASCII,
)
_OPEN = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.CASE})
_CLOSE = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.END})


def read(text: str) -> exp.Query:
    """Return the tree of a text, names in lower case and quoted. Raises RequestRefused."""
    if not text.strip() or len(text) > MAX_TEXT or not TEXT.fullmatch(text):
        raise wrong(f"is a SELECT of 1 to {MAX_TEXT} characters, without NUL and lone surrogates")
    text = _EXPONENT.sub(lambda found: f"{found[0]} " if found[1] else found[0], text)
    tree = _parsed(text)
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise wrong("is one SELECT; nothing else is run")
    _plain(tree)
    nodes = list(tree.walk())
    if len(nodes) > MAX_NODES or _deep(tree):
        raise wrong(f"is too long: at most {MAX_NODES} parts, {MAX_DEPTH} levels deep")
    for node in nodes:
        node.comments = None
        note_typed(node, text)
        _known(node)
    _named(tree)
    columns_of(tree)
    return tree


def _parsed(text: str) -> exp.Expr | None:
    try:
        _flat(text)
        found = sqlglot.parse(text, dialect=DIALECT)
    except ParseError as error:
        raise _unreadable(error) from None
    except RecursionError:
        raise wrong("is nested too deeply") from None
    except SqlglotError:
        raise wrong("cannot be read: a quote or a comment is not closed") from None
    # What follows the last semicolon may be a comment.
    statements = [one for one in found if one and not isinstance(one, exp.Semicolon)]
    if len(statements) != 1:
        raise wrong("is one SELECT, not several statements")
    return statements[0]


def _flat(text: str) -> None:
    """Refuse deep nesting before it is parsed: the parser goes down by calling itself."""
    level = 0
    for token in sqlglot.tokenize(text, dialect=DIALECT):
        level += (token.token_type in _OPEN) - (token.token_type in _CLOSE)
        if level > MAX_NESTING:
            raise wrong(f"is nested more than {MAX_NESTING} levels deep", (token.line, token.col))


def _deep(tree: exp.Expr) -> bool:
    level: list[exp.Expr] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node.iter_expressions()]
    return bool(level)


def _plain(tree: exp.Expr) -> None:
    """Have one node for one function: of what looks like a date the parser makes another."""
    for node in list(tree.find_all(exp.DateTrunc)):
        cut = exp.TimestampTrunc(this=node.this, unit=exp.var(node.args["unit"].name))
        cut.meta.update(node.meta)
        node.replace(cut)


def _known(node: exp.Expr) -> None:
    """Refuse a node, or an argument of one, that is not listed; then what its value may be."""
    allowed = WORDS.get(type(node))
    more = f"; {instead(node)}" if instead(node) else ""
    if isinstance(node, exp.Func) and allowed is None and TYPED in node.meta:
        listed = more or f"; there are {', '.join(FUNCTIONS)}"
        raise at(node, f"there is no function {typed(node)}{listed}")
    given = {name for name, value in node.args.items() if value not in (None, False, [])}
    if allowed is None or given - allowed:
        extra = ", ".join(sorted(given - allowed)) if allowed else ""
        raise at(node, f"{typed(node)} {extra}".strip() + f" is not available{more}")
    if found := problem(node):
        raise at(node, found)


def _named(tree: exp.Expr) -> None:
    """Put all names into lower case and quote them; refuse names of what does not exist."""
    for node in tree.find_all(exp.Identifier):
        node.set("this", node.name.lower())
        node.set("quoted", True)
    tables, ctes = list(tree.find_all(exp.Table)), list(tree.find_all(exp.CTE))
    if len(tables) > MAX_TABLES or len(ctes) > MAX_CTES:
        raise wrong(f"has at most {MAX_TABLES} tables and {MAX_CTES} names given by WITH")
    aliases = [alias for alias in tree.find_all(exp.TableAlias) if alias.this]
    for alias in aliases:
        if not _TABLE_NAME.fullmatch(alias.name):
            raise at(alias, "a table's name has letters, digits and _ alone")
    for cte in ctes:
        if cte.alias == EVENTS:
            raise at(cte, f"WITH gives another name than {EVENTS}")
    for table in tables:
        if table.name != EVENTS and table.name not in _visible(table):
            raise at(table, f"there is no table {table.name}, only {EVENTS}")
    known = NAMES | {one.alias for one in tree.find_all(exp.Alias)}
    known |= {column.name for alias in aliases for column in alias.args.get("columns") or ()}
    for column in tree.find_all(exp.Column):
        if column.name not in known and not isinstance(column.this, exp.Star):
            raise at(column, f"there is no column {column.name}; {OWN}")


def _visible(table: exp.Table) -> set[str]:
    """Return the names that WITH gives around a table, and before it where it stands in one."""
    found: set[str] = set()
    node: exp.Expr = table
    while node.parent:
        inside, node = node, node.parent
        if isinstance(node, exp.With):
            found |= {c.alias for c in node.expressions if (c.index or 0) < (inside.index or 0)}
        elif isinstance(node, exp.Query) and inside is not node.args.get("with_"):
            found |= {cte.alias for cte in node.ctes}
    return found


def _unreadable(error: ParseError) -> RequestRefused:
    first = error.errors[0]
    near = str(first.get("highlight") or "")[:40]
    text = f"cannot be read near {near!r}" if near else "cannot be read to its end"
    return wrong(text, (first["line"], max(first["col"] - len(near) + 1, 1)))
