"""The tree of a statement -> Athena's text and parameters, and what any engine's text needs.

Engines read `properties` by a path that is a parameter: the statement holds it as `parent.child`
and here it takes the engine's form. Field names hold no quote (see `columns`), so a path cannot
end before its end. DuckDB's text is a matter of one machine. Runs nothing.
"""

import re
from collections.abc import Callable, Sequence

from sqlglot import exp

from openbunker.query.engine import FENCE, Scalar, Statement

# A parameter of ours, or what is not one: the texts and names that a user's SQL holds. A quote
# within them is doubled, which reads as two of them side by side.
_NAMED = re.compile(r"""'[^']*'|"[^"]*"|:([a-z_0-9]+)""")
_BIGINTS = 2.0**63


def athena(statement: Statement, *sources: exp.Expression) -> tuple[str, list[Scalar]]:
    """Return Athena's text with `?` and the parameters in the order of the question marks."""
    values = with_paths(statement, _bracketed)
    tree = over(statement, sources).transform(_in_athenas_words, values, copy=False)
    # Athena's SELECT is Trino's; the dialect called "athena" would load Hive's as well.
    text = tree.sql("trino", copy=False)
    names = [found[1] for found in _NAMED.finditer(text) if found[1]]
    text = _NAMED.sub(lambda found: "?" if found[1] else found[0], text)
    return text, [values[name] for name in names]


def over(statement: Statement, sources: Sequence[exp.Expression]) -> exp.Expression:
    """Return a copy of the tree with its sources in place; the statement's own stays as it is."""
    by_name = {source.alias_or_name: source for source in sources}

    def replaced(node: exp.Expression) -> exp.Expression:
        found = by_name.get(node.name) if isinstance(node, exp.Table) else None
        return found.copy() if found else node

    return statement.tree.transform(replaced)


def with_paths(statement: Statement, form: Callable[[list[str]], str]) -> dict[str, Scalar]:
    """Return the statement's parameters, each path in an engine's form of its parts."""
    values: dict[str, Scalar] = dict(statement.parameters)
    for extract in statement.tree.find_all(exp.JSONExtract):
        path = extract.expression
        if isinstance(path, exp.Placeholder):
            values[path.name] = form(str(statement.parameters[path.name]).split("."))
    return values


def _in_athenas_words(node: exp.Expression, values: dict[str, Scalar]) -> exp.Expression:
    if isinstance(node, exp.Select) and node.meta.get(FENCE):
        return _spread(node)
    return _whole_elements_too(node, values)


def _spread(fence: exp.Select) -> exp.Select:
    """Return a fence that every worker keeps for its own rows: a LIMIT gathers all of them on one.

    No condition on a value goes below the SELECT that makes it by chance, though by none here.
    """
    chance = exp.Rand() < exp.Literal.number(2)
    columns = [
        exp.case().when(chance.copy(), one.unalias()).as_(one.alias_or_name, quoted=True)
        for one in fence.selects
    ]
    fence.set("expressions", columns)
    fence.set("limit", None)
    return fence


def _whole_elements_too(node: exp.Expression, values: dict[str, Scalar]) -> exp.Expression:
    """Look for a number among the whole ones of an array as well as among those with a point.

    Trino's json_array_contains of a double passes over elements that are written without one, and
    that of a bigint over the others.
    """
    if not (isinstance(node, exp.JSONArrayContains) and isinstance(node.expression, exp.Cast)):
        return node
    wanted = values[node.expression.this.name]
    if not isinstance(wanted, float) or not wanted.is_integer() or not abs(wanted) < _BIGINTS:
        return node
    whole = exp.cast(node.expression.this.copy(), exp.DType.BIGINT)
    among_whole = exp.JSONArrayContains(this=node.this.copy(), expression=whole)
    return exp.paren(exp.Or(this=node.copy(), expression=among_whole), copy=False)


def _bracketed(path: list[str]) -> str:
    return "$" + "".join(f'["{part}"]' for part in path)
