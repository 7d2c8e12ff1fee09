"""The tree of a statement -> DuckDB's text and named parameters. Runs nothing.

Athena's is `openbunker.query.rendering`; the golden files hold both beside each other.
"""

from sqlglot import exp

from openbunker.query.engine import Scalar, Statement
from openbunker.query.rendering import over, with_paths


def duckdb(statement: Statement, *sources: exp.Expression) -> tuple[str, dict[str, Scalar]]:
    """Return DuckDB's text and its named parameters.

    Each source stands where the tree names its alias as a table; other tables stay as they are.
    """
    tree: exp.Expr = over(statement, sources)
    for words in (_in_duckdbs_words, _octets):
        tree = tree.transform(words, copy=False)
    return tree.sql("duckdb", copy=False), with_paths(statement, _path)


def _in_duckdbs_words(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.JSONFormat) and isinstance(node.this, exp.JSONExtract):
        return exp.cast(node.this, exp.DType.TEXT)
    if isinstance(node, exp.JSONArrayContains):
        return _among_elements(node.this, node.expression)
    return node


def _octets(node: exp.Expression) -> exp.Expression:
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
