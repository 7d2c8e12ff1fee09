"""Rows of one machine's cold files, by id or all of them: what receipts and the books ask.

Builds trees in DuckDB's functions. `$files` are the files to read, `$low` and `$high` bound the
time of receipt; which files those are, and running it, is `cold.rows`.
"""

from sqlglot import exp

from openbunker.query.scope import KEY_HASH

# What is told of a row, by the kind of its file (docs/storage.md).
ROW = (
    *("event_id", "dedupe_key", "received_ms", "customer_identifier"),
    *("project_id", "dialect", "key_id", "event_name"),
    *("user_id", "anonymous_id", "session_id"),
)
COPY = (*ROW[:6], "first_event_id")
COLUMNS = {"rows": ROW, "copies": COPY}
FILE = "filename"


def by_event_id(kind: str) -> exp.Select:
    """Return the rows of a project's event `$text`."""
    return _of_project(kind).where(exp.column("event_id").eq(_bound("text")))


def by_key(kind: str) -> exp.Select:
    """Return a project's rows with the dedupe key `$text`; by its hash, where there is one."""
    found = _of_project(kind).where(exp.column("dedupe_key").eq(_bound("text")))
    if kind != "rows":
        return found
    return found.where(exp.column(KEY_HASH).eq(exp.func("md5_number_lower", _bound("text"))))


def by_client_id(kind: str) -> exp.Select:
    """Return a project's rows whose dedupe key is `$text`, or ends in it after a scope."""
    key = exp.column("dedupe_key")
    scoped = exp.DPipe(this=exp.Literal.string(":"), expression=_bound("text"))
    return _of_project(kind).where(exp.or_(key.eq(_bound("text")), exp.func("suffix", key, scoped)))


def ids(kind: str) -> exp.Select:
    """Return project, event id, time of receipt and dedupe key of all rows of a kind.

    Erased rows have no key left, so theirs is the id.
    """
    key = exp.column("event_id" if kind == "erased" else "dedupe_key")
    columns = ("project_id", "event_id", "received_ms")
    return exp.select(*columns, key).from_(_files()).where(_received())


def all_of() -> exp.Select:
    """Return a number that all values of some files have a part in, and the count of rows."""
    rows = exp.select("*").from_(_files()).subquery("content")
    values = exp.func("bit_xor", exp.func("hash", exp.column("content")))
    return exp.select(values, exp.Count(this=exp.Star())).from_(rows)


def _of_project(kind: str) -> exp.Select:
    project = exp.column("project_id").eq(_bound("project"))
    named = exp.select(*COLUMNS[kind], FILE).from_(_files(filename=exp.true()))
    return named.where(project, _received())


def _received() -> exp.Between:
    return exp.Between(this=exp.column("received_ms"), low=_bound("low"), high=_bound("high"))


def _files(**options: exp.Expression) -> exp.Anonymous:
    options |= {"union_by_name": exp.true(), "hive_partitioning": exp.false()}
    named = [exp.EQ(this=exp.to_identifier(name), expression=it) for name, it in options.items()]
    return exp.Anonymous(this="read_parquet", expressions=[_bound("files"), *named])


def _bound(name: str) -> exp.Placeholder:
    return exp.Placeholder(this=name)
