"""The clauses of a user's SELECT: which tables and names each of them sees, and what it may hold.

Walks the tree once, from WITH outwards to ORDER BY. What Athena would refuse is refused. Pure.
"""

from collections.abc import Sequence

from sqlglot import exp

from openbunker.query.scope import EVENTS
from openbunker.query.user_sql.kinds import BOOLEAN, Kind, common
from openbunker.query.user_sql.names import Columns, Names, of_events
from openbunker.query.user_sql.refusing import at
from openbunker.query.user_sql.types import Clause, Types

Given = dict[str, Columns]
_BARE = ("having", "group", "windows", "order", "limit", "offset", "distinct")


def columns_of(tree: exp.Query, given: Given | None = None, outer: Names | None = None) -> Columns:
    """Return the columns of a query's answer and what they hold. Raises RequestRefused."""
    seen = dict(given or {})
    for cte in tree.ctes:
        seen[cte.alias] = _renamed(cte, columns_of(cte.this, seen))
    if isinstance(tree, exp.Subquery):
        return columns_of(tree.this, seen, outer)
    if isinstance(tree, exp.SetOperation):
        return _both(tree, seen, outer)
    assert isinstance(tree, exp.Select)
    return _select(tree, seen, outer)


def _both(tree: exp.SetOperation, seen: Given, outer: Names | None) -> Columns:
    left, right = columns_of(tree.left, seen, outer), columns_of(tree.right, seen, outer)
    if len(left) != len(right):
        raise at(tree.right, f"{tree.key.upper()}: {len(left)} columns beside {len(right)}")
    found = []
    for (name, one), (_, other) in zip(left, right, strict=True):
        kind = common(one, other)
        if kind is None:
            raise at(tree.right, f"{tree.key.upper()}: the column {name} is {one}, then {other}")
        found.append((name, kind))
    for key in _orders(tree):
        if not _place_or_name(key, found):
            raise at(key, f"ORDER BY after {tree.key.upper()} takes a column's name or its place")
    return found


def _select(tree: exp.Select, seen: Given, outer: Names | None) -> Columns:
    names = Names(outer)
    types = Types(names, lambda query: columns_of(query, seen, names))
    _from(tree, names, types, seen)
    names.answer = [(one.alias, Kind.NULL) for one in tree.selects if isinstance(one, exp.Alias)]
    for clause in ("where", "group", "having"):
        part = tree.args.get(clause)
        for one in (part.expressions if clause == "group" else [part.this]) if part else ():
            _clause(tree, types, clause, one)
    answer = _answer(tree, names, types)
    names.answer = answer
    kept = (one for one in tree.selects if isinstance(one.unalias(), exp.Column))
    names.kept = frozenset(one.output_name for one in kept if one.output_name == one.unalias().name)
    for window in tree.args.get("windows") or ():
        types.window(window, Clause("WINDOW", aggregates=True))
    _order(tree, names, types)
    if names.correlated:
        _check_correlated(tree)
        if outer and outer.outer and outer.correlated:
            raise at(tree, "a SELECT within looks at the one around it, not at two")
    return answer


def _from(tree: exp.Select, names: Names, types: Types, seen: Given) -> None:
    from_ = tree.args.get("from_")
    if not from_:
        return
    _take(from_.this, names, seen)
    for join in tree.args.get("joins") or ():
        right = _take(join.this, names, seen)
        if on := join.args.get("on"):
            types.holds(on, BOOLEAN, Clause("ON"), "ON")
            _check_on(join, on)
        if using := join.args.get("using"):
            names.use(using, right)


def _check_on(join: exp.Join, on: exp.Expr) -> None:
    if on.find(exp.Query):
        raise at(on, "ON holds no SELECT: put it into WITH or WHERE")
    parts = list(on.flatten()) if isinstance(on, exp.And) else [on]
    if join.side == "FULL" and not all(isinstance(one.unnest(), exp.EQ) for one in parts):
        raise at(on, "FULL JOIN takes equations alone: ON a.x = b.x AND a.y = b.y")


def _take(node: exp.Expr, names: Names, seen: Given) -> str:
    """Add what FROM or JOIN reads from; return its name."""
    if isinstance(node, exp.Table):
        columns = of_events() if node.name == EVENTS else seen[node.name]
        alias = node.args.get("alias")
        if node.name == EVENTS and alias and alias.args.get("columns"):
            raise at(alias, f"the columns of {EVENTS} are named where they are selected, with AS")
        columns = _renamed(node, columns)
    else:
        columns = _renamed(node, columns_of(node.this, seen))
    name = node.alias_or_name
    names.add(node, name, columns)
    return str(name)


def _renamed(node: exp.Expr, columns: Columns) -> Columns:
    alias = node.args.get("alias")
    given = alias.args.get("columns") if alias else None
    if not alias or not given:
        return columns
    if len(given) != len(columns):
        raise at(alias, f"{alias.name} is given {len(given)} names for {len(columns)} columns")
    return [(one.name, kind) for one, (_, kind) in zip(given, columns, strict=True)]


def _clause(tree: exp.Select, types: Types, clause: str, one: exp.Expr) -> None:
    where = Clause(clause.upper() if clause != "group" else "GROUP BY", clause == "having")
    if clause != "group":
        types.holds(one, BOOLEAN, where, where.name)
    elif isinstance(one, exp.Literal) and not one.is_string:
        item = _item(tree, one)
        if isinstance(item, exp.Star) or item.find(exp.AggFunc):
            raise at(one, f"GROUP BY {one.name}: that column is computed of the groups")
    else:
        types.kind(one, where)


def _item(tree: exp.Select, place: exp.Expr) -> exp.Expr:
    number = int(place.name) if place.name.isdecimal() else 0
    if not 1 <= number <= len(tree.selects):
        raise at(place, f"there is no column {place.name}: the SELECT has {len(tree.selects)}")
    return tree.selects[number - 1].unalias()


def _answer(tree: exp.Select, names: Names, types: Types) -> Columns:
    found: Columns = []
    where = Clause("SELECT", aggregates=True, windows=True)
    for one in tree.selects:
        if one.is_star and isinstance(one, exp.Star | exp.Column):
            found += _all_of(one, names)
        else:
            found.append((one.output_name, types.kind(one.unalias(), where)))
    return found


def _all_of(star: exp.Expr, names: Names) -> Columns:
    table = star.text("table")
    if names.merged:
        raise at(star, "beside USING a * is not available: name the columns")
    if table and table not in names.tables:
        raise at(star, f"there is no table {table} here")
    tables = [table] if table else list(names.tables)
    return [column for one in tables for column in names.tables[one]]


def _orders(tree: exp.Query) -> Sequence[exp.Expr]:
    order = tree.args.get("order")
    return [one.this for one in order.expressions] if order else []


def _place_or_name(key: exp.Expr, answer: Columns) -> bool:
    if isinstance(key, exp.Literal) and not key.is_string:
        if not (key.name.isdecimal() and 1 <= int(key.name) <= len(answer)):
            raise at(key, f"there is no column {key.name}: the SELECT has {len(answer)}")
        return True
    if not isinstance(key, exp.Column) or key.table:
        return False
    return [name for name, _ in answer].count(key.name) == 1


def _order(tree: exp.Select, names: Names, types: Types) -> None:
    where = Clause("ORDER BY", aggregates=True, windows=True, answer=True)
    selected = [one.unalias() for one in tree.selects]
    for key in _orders(tree):
        if _place_or_name(key, names.answer):
            continue
        types.kind(key, where)
        if tree.args.get("distinct") and key not in selected:
            raise at(key, "SELECT DISTINCT is ordered by columns of its answer alone")


def _check_correlated(tree: exp.Select) -> None:
    """Refuse what Trino cannot compute for each row of the SELECT around."""
    held = tree.parent.parent if isinstance(tree.parent, exp.Subquery) else tree.parent
    if any(tree.args.get(clause) for clause in _BARE):
        text = "a SELECT that looks at the row around it has WHERE alone, no GROUP BY, no LIMIT"
        raise at(tree, f"{text}: join instead")
    if not isinstance(held, exp.Exists | exp.In) and not all(
        one.find(exp.AggFunc) for one in tree.selects
    ):
        raise at(tree, "a value of the row around it is an aggregate, as max(x): join instead")
