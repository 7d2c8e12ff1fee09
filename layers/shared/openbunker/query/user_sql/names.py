"""Which column a name means, by Trino's rules: names of the answer are no names of the rows.

Every column is given its table's name, so that no engine takes it for another one. Pure.
"""

from dataclasses import dataclass, field

from sqlglot import exp

from openbunker.query.user_sql.kinds import EVENTS, Kind, common
from openbunker.query.user_sql.refusing import at

Columns = list[tuple[str, Kind]]
OWN = "a field of your own is json_extract_scalar(properties, '$.name')"


@dataclass(slots=True)
class Names:
    """The tables of one SELECT, by name, and the SELECT around it.

    `merged` are the columns that USING made one of two; `answer` those of the SELECT's own answer,
    which ORDER BY alone may name, and `kept` the names in it that mean what they mean in the rows.
    `correlated`: something in it means a row of the SELECT around.
    """

    outer: "Names | None" = None
    tables: dict[str, Columns] = field(default_factory=dict)
    merged: dict[str, Kind] = field(default_factory=dict)
    answer: Columns = field(default_factory=list)
    kept: frozenset[str] = frozenset()
    correlated: bool = False

    def add(self, node: exp.Expr, name: str, columns: Columns) -> None:
        """Take up a table. Raises RequestRefused where another one has its name."""
        if name in self.tables:
            raise at(node, f"two tables are called {name}; give one another name with AS")
        self.tables[name] = columns

    def use(self, names: list[exp.Expr], right: str) -> None:
        """Make one of the columns that two tables have. Raises RequestRefused."""
        for one in names:
            kinds = [self._merged_or(one, list(self.tables)[:-1]), self._merged_or(one, [right])]
            kind = common(*kinds)
            if kind is None:
                raise at(one, f"USING: {one.name} is {kinds[0]} and {kinds[1]}")
            self.merged[one.name] = kind

    def _merged_or(self, node: exp.Expr, tables: list[str]) -> Kind:
        if node.name in self.merged and len(tables) > 1:
            return self.merged[node.name]
        found = [kind for table in tables for name, kind in self.tables[table] if name == node.name]
        if len(found) != 1:
            how_often = "in more than one table" if found else "not on both sides"
            raise at(node, f"USING: the column {node.name} is {how_often}")
        return found[0]

    def kind(self, column: exp.Column, *, of_answer: bool = False) -> Kind:
        """Return what a column holds; its table's name is put before it. Raises RequestRefused."""
        found = self._own(column)
        if of_answer and not column.table:
            told = [kind for name, kind in self.answer if name == column.name]
            if len(told) == 1 and (found is None or column.name in self.kept):
                return told[0] if found is None else self._qualified(column, found)
            if told:
                raise at(column, f"{column.name} has two meanings here: order by its place")
        if found is not None:
            return self._qualified(column, found)
        around = self.outer._own(column) if self.outer else None
        if self.outer and around is not None:
            self.correlated = True
            return self.outer._qualified(column, around)
        raise at(column, self._unknown(column))

    def _own(self, column: exp.Column) -> tuple[str, Kind] | None:
        if not column.table and column.name in self.merged:
            return "", self.merged[column.name]
        found = [
            (table, kind)
            for table, columns in self.tables.items()
            if column.table in ("", table)
            for name, kind in columns
            if name == column.name
        ]
        if column.table in self.tables and column.name in self.merged:
            raise at(column, f"USING made one column of two: say {column.name} alone")
        if len(found) > 1:
            known = " or ".join(f"{table}.{column.name}" for table, _ in found if table)
            raise at(column, f"the column {column.name} is there twice: say {known or 'which'}")
        return found[0] if found else None

    def _qualified(self, column: exp.Column, found: tuple[str, Kind]) -> Kind:
        table, kind = found
        if table and not column.table:
            column.set("table", exp.to_identifier(table, quoted=True))
        return kind

    def _unknown(self, column: exp.Column) -> str:
        name = column.name
        if column.table and column.table not in self.tables:
            return f"there is no table {column.table} here"
        if not column.table and any(name == told for told, _ in self.answer):
            return (
                f"{name} is a name of the answer, which ORDER BY alone can use: repeat what it "
                "stands for, or give its place, as GROUP BY 1"
            )
        return f"there is no column {column.sql('trino')}".replace('"', "") + f" here; {OWN}"


def of_events() -> Columns:
    """Return the columns of the rows that are asked for."""
    return list(EVENTS.items())
