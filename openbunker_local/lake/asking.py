"""A statement and its files -> what a DuckDB is asked: text, values, and from where it reads.

Runs nothing and lists nothing; the text comes from `rendering`.
"""

from sqlglot import exp

from openbunker.core.records import MAX_RECORD_BYTES
from openbunker.query import tables
from openbunker.query.engine import Statement
from openbunker.query.question.columns import Kind
from openbunker.query.scope import COLD, COLD_KEYS, KEY_HASH, OBJECT
from openbunker_local.cold import lookup_trees as cold_trees
from openbunker_local.lake import rendering
from openbunker_local.lake.databases import Asked
from openbunker_local.lake.files import Files

_TYPES = {Kind.TEXT: "VARCHAR", Kind.INTEGER: "BIGINT", Kind.NUMBER: "DOUBLE"}


def asked(statement: Statement, files: Files, *, measured: bool) -> Asked:
    """Return what to ask for the rows of a statement; `measured` as in Asked."""
    hot = (_objects if files.hot else _nothing)(statement)
    cold = [
        _cold_files(name, needs_object=OBJECT in tables.named(statement.tree))
        if named
        else tables.nothing(name, exp.DType.UBIGINT)
        for name, named in ((COLD, files.cold), (COLD_KEYS, files.known))
    ]
    text, parameters = rendering.duckdb(statement, hot, *cold)
    values: dict[str, object] = {**parameters}
    if files.hot:
        values |= {"files": files.hot, "columns": _needed(statement)}
    if files.cold:
        values[COLD] = files.paths_of(files.cold)
    if files.known:
        values[COLD_KEYS] = files.paths_of(files.known)
    copies = isinstance(statement.tree, exp.Copy)
    return Asked(text, values, objects=bool(files.hot), measured=measured and not copies)


def all_of(path: str) -> Asked:
    """Return what reads all of a cold file."""
    text = cold_trees.all_of().sql("duckdb")
    return Asked(text, {"files": [path]}, objects=False, measured=False)


def _needed(statement: Statement) -> dict[str, str]:
    """Return the columns that a statement names: each declared one costs time in every object."""
    named = tables.named(statement.tree)
    columns = tables.COLUMNS_OF[statement.table]
    return {name: _TYPES[kind] for name, kind in columns.items() if name in named}


def _objects(statement: Statement) -> exp.Subquery:
    """Return the rows of the listed objects. Unknown keys are ignored, missing ones are null.

    A line that is not JSON becomes a row without a project, which no question sees.
    """
    read = _read(
        "read_json",
        "files",
        columns=exp.Placeholder(this="columns"),
        format=exp.Literal.string("newline_delimited"),
        compression=exp.Literal.string("gzip"),
        maximum_object_size=exp.Literal.number(MAX_RECORD_BYTES),
        ignore_errors=exp.true(),
        filename=exp.true(),
    )
    named = tables.named(statement.tree)
    more: dict[str, exp.Expr] = {
        KEY_HASH: exp.func("md5_number_lower", exp.column("dedupe_key")),
        OBJECT: exp.column("filename"),
    }
    columns = [value.as_(name) for name, value in more.items() if name in named]
    return exp.select("*", *columns).from_(read).subquery(statement.table)


def _nothing(statement: Statement) -> exp.Subquery:
    return tables.nothing(statement.table, exp.DType.UBIGINT)


def _cold_files(table: str, *, needs_object: bool) -> exp.Subquery:
    """Return the rows of the cold files; a column that older ones do not have is null in them.

    They come from no object.
    """
    by_name, folders = {"union_by_name": exp.true()}, {"hive_partitioning": exp.false()}
    read = _read("read_parquet", table, **by_name, **folders)
    none = [exp.cast(exp.null(), exp.DType.TEXT).as_(OBJECT)] if needs_object else []
    return exp.select("*", *none).from_(read).subquery(table)


def _read(function: str, parameter: str, **options: exp.Expression) -> exp.Anonymous:
    named = [exp.EQ(this=exp.to_identifier(name), expression=it) for name, it in options.items()]
    return exp.Anonymous(this=function, expressions=[exp.Placeholder(this=parameter), *named])
