"""The tables that statements read: their columns, and tables of no rows that stand for them.

Builds trees for any engine; which objects or files a table is made of is the engine's matter.
"""

from collections.abc import Mapping
from functools import cache

from sqlglot import exp

from openbunker.query.question.columns import COLUMNS, PROPERTIES, REFUSED_COLUMNS, Kind
from openbunker.query.scope import COLD, COLD_KEYS, EVENTS, KEY_HASH, OBJECT, REFUSED

_EVENT_COLUMNS: dict[str, Kind] = {**COLUMNS, PROPERTIES: Kind.TEXT}
COLUMNS_OF: Mapping[str, Mapping[str, Kind]] = {
    EVENTS: _EVENT_COLUMNS,
    COLD: _EVENT_COLUMNS,
    COLD_KEYS: _EVENT_COLUMNS,
    REFUSED: REFUSED_COLUMNS,
}
_TYPES = {
    Kind.TEXT: exp.DType.TEXT,
    Kind.INTEGER: exp.DType.BIGINT,
    Kind.NUMBER: exp.DType.DOUBLE,
}


@cache
def nothing(table: str, hash_type: exp.DType = exp.DType.TEXT) -> exp.Subquery:
    """Return a table of no rows, with the columns of a table, KEY_HASH and OBJECT.

    Made once, since every question names one: who puts it into a tree copies it.
    """
    types = {name: _TYPES[kind] for name, kind in COLUMNS_OF[table].items()}
    types |= {KEY_HASH: hash_type, OBJECT: exp.DType.TEXT}
    columns = [exp.cast(exp.null(), to).as_(name) for name, to in types.items()]
    return exp.select(*columns).where(exp.false()).subquery(table)


def named(tree: exp.Query) -> set[str]:
    """Return the names of the columns that a tree reads."""
    return {column.name for column in tree.find_all(exp.Column)}
