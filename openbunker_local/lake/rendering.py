"""The tree of a statement -> DuckDB's text and named parameters. Runs nothing.

Athena's is `openbunker.query.rendering`; the golden files hold both beside each other.
"""

from collections.abc import Callable

from sqlglot import exp

from openbunker.query.engine import Scalar, Statement
from openbunker.query.rendering import over, with_paths
from openbunker.query.user_sql.sameness import HALVES_AWAY


def duckdb(statement: Statement, *sources: exp.Expression) -> tuple[str, dict[str, Scalar]]:
    """Return DuckDB's text and its named parameters.

    Each source stands where the tree names its alias as a table; other tables stay as they are.
    """
    tree: exp.Expr = over(statement, sources)
    for node in reversed(list(tree.walk(bfs=False))):  # what is within a function first
        if (said := _in_duckdbs_words(_octets(node))) is not node:
            node.replace(said)
    return tree.sql("duckdb", copy=False), with_paths(statement, _path)


def _in_duckdbs_words(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.JSONFormat) and isinstance(node.this, exp.JSONExtract):
        return exp.cast(node.this, exp.DType.TEXT)
    if isinstance(node, exp.JSONArrayContains):
        return _among_elements(node.this, node.expression)
    say = _SELECTS.get(type(node))
    return say(node) if say else node


def _scalar(node: exp.Expr) -> exp.Expr:
    """Return what a path leads to as text; null where it is an object or an array, as in Trino."""
    if not isinstance(node.expression, exp.JSONPath):
        return node
    _root, *parts = node.expression.expressions
    path = exp.Literal.string(_path([str(part.this) for part in parts]))
    value = exp.Anonymous(this="json_value", expressions=[node.this, path])
    return exp.Anonymous(this="json_extract_string", expressions=[value, exp.Literal.string("$")])


def _split(node: exp.Expr) -> exp.Expr:
    """Return a part of a text, null beyond the last one: DuckDB's split_part has an empty text."""
    parts = exp.Anonymous(this="string_split", expressions=[node.this, node.args["delimiter"]])
    return exp.Anonymous(this="list_extract", expressions=[parts, node.args["part_index"]])


def _everywhere(node: exp.Expr) -> exp.Expr:
    """Replace all that matches, as in Trino: DuckDB's own way is the first of them."""
    node.set("modifiers", exp.Literal.string("g"))
    return node


def _extreme(node: exp.Expr) -> exp.Expr:
    """Take rows of which the value is null too: DuckDB's max_by passes over them."""
    name = "arg_max_null" if isinstance(node, exp.ArgMax) else "arg_min_null"
    return exp.Anonymous(this=name, expressions=[node.this, node.expression])


def _whole(node: exp.Expr) -> exp.Expr:
    """Round halves away from zero before a cast; DuckDB's own rounds them to even numbers."""
    if node.meta.get(HALVES_AWAY):
        node.set("this", exp.Round(this=node.this))
    return node


_SELECTS: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.JSONExtractScalar: _scalar,
    exp.SplitPart: _split,
    exp.RegexpReplace: _everywhere,
    exp.ArgMax: _extreme,
    exp.ArgMin: _extreme,
    exp.Cast: _whole,
    exp.TryCast: _whole,
}


def _octets(node: exp.Expr) -> exp.Expr:
    """Write the length of a text's UTF-8 as DuckDB has it: its `length` takes no bytes."""
    if isinstance(node, exp.Length) and isinstance(node.this, exp.Encode):
        return exp.Anonymous(this="strlen", expressions=[node.this.this])
    return node


def _among_elements(text: exp.Expr, wanted: exp.Expr) -> exp.Expr:
    """Return whether JSON text is an array that has an element; null where it is no array."""
    elements: exp.Expr = exp.TryCast(this=text, to=exp.DataType.build("json[]", "duckdb"))
    elements = exp.Cast(this=elements, to=exp.DataType.build("text[]", "duckdb"))
    if isinstance(wanted, exp.Cast):
        elements = exp.TryCast(this=elements, to=exp.DataType.build("double[]", "duckdb"))
    elif isinstance(wanted, exp.Boolean):
        wanted = exp.Literal.string("true" if wanted.this else "false")
    else:
        wanted = exp.JSONFormat(this=wanted)
    return exp.func("LIST_CONTAINS", elements, wanted)


def _path(path: list[str]) -> str:
    """Return a path whose numbers are keys of objects and places in arrays, as Athena's are.

    A pointer (RFC 6901) has them so; where there are none, the path is told as usual.
    """
    if any(part.isdecimal() for part in path):
        return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
    return "$" + "".join(f'."{part}"' for part in path)
