"""The tree of a statement -> the text and parameters of one engine. Runs nothing.

Both engines read `properties` by a path that is a parameter: the statement holds it as
`parent.child` and here it takes the engine's form. Field names hold no quote (see `columns`), so
a path cannot end before its end.
"""

import re
from collections.abc import Callable, Sequence

from sqlglot import exp

from openbunker.query.engine import Scalar, Statement

# A parameter of ours, or what is not one: the texts and names that a user's SQL holds. A quote
# within them is doubled, which reads as two of them side by side.
_NAMED = re.compile(r"""'[^']*'|"[^"]*"|:([a-z_0-9]+)""")


def duckdb(statement: Statement, *sources: exp.Expression) -> tuple[str, dict[str, Scalar]]:
    """Return DuckDB's text and its named parameters.

    Each source stands where the tree names its alias as a table; other tables stay as they are.
    """
    tree: exp.Expr = _over(statement, sources)
    for words in (_in_duckdbs_words, _octets):
        tree = tree.transform(words, copy=False)
    return tree.sql("duckdb", copy=False), _with_paths(statement, _dotted)


def athena(statement: Statement, *sources: exp.Expression) -> tuple[str, list[Scalar]]:
    """Return Athena's text with `?` and the parameters in the order of the question marks."""
    text = _over(statement, sources).sql("athena", copy=False)
    values = _with_paths(statement, _bracketed)
    names = [found[1] for found in _NAMED.finditer(text) if found[1]]
    text = _NAMED.sub(lambda found: "?" if found[1] else found[0], text)
    return text, [values[name] for name in names]


def _over(statement: Statement, sources: Sequence[exp.Expression]) -> exp.Expression:
    """Return a copy of the tree with its sources in place; the statement's own stays as it is."""
    by_name = {source.alias_or_name: source for source in sources}

    def replaced(node: exp.Expression) -> exp.Expression:
        found = by_name.get(node.name) if isinstance(node, exp.Table) else None
        return found.copy() if found else node

    return statement.tree.transform(replaced)


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


def _with_paths(statement: Statement, form: Callable[[list[str]], str]) -> dict[str, Scalar]:
    values: dict[str, Scalar] = dict(statement.parameters)
    for extract in statement.tree.find_all(exp.JSONExtract):
        path = extract.expression
        if isinstance(path, exp.Placeholder):
            values[path.name] = form(str(statement.parameters[path.name]).split("."))
    return values


def _dotted(path: list[str]) -> str:
    return "$" + "".join(f'."{part}"' for part in path)


def _bracketed(path: list[str]) -> str:
    return "$" + "".join(f'["{part}"]' for part in path)
