"""Trees of the compaction on one machine: hot objects -> one row per (project, dedupe key).

Pure: says what is selected, in DuckDB's functions; who runs it, and where files lie, is
`run` and `cold`. Names of files, and erased customers, are parameters.
"""

from collections.abc import Sequence
from dataclasses import MISSING, fields

from sqlglot import exp

from openbunker.core import layout, records
from openbunker.core.event import Event
from openbunker.core.times import DAY_MS
from openbunker.erasure.hashing import CUSTOMER
from openbunker.query.question.columns import COLUMNS, PROPERTIES, Kind

# The columns of cold rows: an event's, and a hash by which a dedupe key is found among millions.
TYPES = {Kind.TEXT: "VARCHAR", Kind.INTEGER: "BIGINT", Kind.NUMBER: "DOUBLE"}
EVENT_COLUMNS = {name: TYPES[kind] for name, kind in COLUMNS.items()} | {PROPERTIES: "VARCHAR"}
HASH = "dedupe_hash"
ROW_COLUMNS = (*EVENT_COLUMNS, HASH)
# What is kept of an event that another one came before, and of one that was erased.
COPY_COLUMNS = (
    *("project_id", "event_id", "received_ms", "dedupe_key", "dialect", "customer_identifier"),
    "first_event_id",
)
ERASED_COLUMNS = ("project_id", "event_id", "received_ms")
COLUMNS_OF = {"rows": ROW_COLUMNS, "copies": COPY_COLUMNS, "erased": ERASED_COLUMNS}
ORDER_OF = {
    "rows": ("project_id", "timestamp_ms"),
    "copies": ("project_id", "received_ms"),
    "erased": ("project_id", "received_ms"),
}

# A reader holds a row group's column at once: with DuckDB's own 122,880 rows, `properties` of half
# a kilobyte take 64 MiB, and neither a page nor a merge fits into its memory. It is also what a
# reader leaves out whole by its times.
ROW_GROUP_BYTES = 32 * 1024 * 1024
# Of rows so wide, a reader holds several copies on their way into a text or a file.
WIDE_ROW_BYTES, WIDE_ROW_GROUP_BYTES = 64 * 1024, 8 * 1024 * 1024
_SAMPLE = 1_000

# Columns that hot objects have and cold files have not: the row's version.
OBJECT_COLUMNS = {"v": "BIGINT"} | EVENT_COLUMNS
_ALWAYS = [f.name for f in fields(Event) if f.default is MISSING]  # `properties` among them

# The tables of a run.
BATCH, CUSTOMERS, HASHES, KNOWN, JUDGED = "batch", "customers", "hashes", "known", "judged"
_SAME_EVENT = ("project_id", "dedupe_key")


def batch() -> exp.Create:
    """Return the table of all rows of `$objects`, whose columns are `$columns`."""
    read = _read("read_json", "objects", columns=exp.Placeholder(this="columns"), **_JSON)
    hashed = exp.func("md5_number_lower", exp.column("dedupe_key")).as_(HASH)
    return _table(BATCH, _select(*OBJECT_COLUMNS, hashed, cold_day().as_("dt")).from_(read))


def spoilt() -> exp.Select:
    """Return the count of rows that are not ours, or of a version that we do not know."""
    version = exp.Literal.number(records.SCHEMA_VERSION)
    other = exp.NullSafeNEQ(this=exp.column("v"), expression=version)
    missing = [exp.column(name).is_(exp.null()) for name in _ALWAYS]
    return exp.select(_COUNT).from_(BATCH).where(exp.or_(other, *missing))


def customers() -> exp.Create:
    """Return the table of erased persons: `$projects`, `$columns`, `$hashes`, `$untils`."""
    lists = {"project_id": "projects", "person_column": "columns", "customer_hash": "hashes"}
    kinds = {name: (values, "TEXT") for name, values in lists.items()}
    columns = [
        exp.Explode(this=exp.cast(exp.Placeholder(this=values), f"{kind}[]")).as_(name)
        for name, (values, kind) in (kinds | {"until_ms": ("untils", "BIGINT")}).items()
    ]
    return _table(CUSTOMERS, exp.select(*columns))


def hashes() -> exp.Create:
    """Return the table of the batch's hashes that are in the cold files `$cold`."""
    wanted = exp.select(HASH).from_(BATCH)
    found = exp.select(HASH).distinct().from_(_files("cold"))
    return _table(HASHES, found.where(exp.column(HASH).isin(query=wanted)))


def known() -> exp.Create:
    """Return the table of cold events of those hashes, by key: a hash alone proves nothing."""
    wanted = exp.select(HASH).from_(HASHES)
    rows = exp.select(*_SAME_EVENT, "event_id").from_(_files("cold"))
    return _table(KNOWN, rows.where(exp.column(HASH).isin(query=wanted)))


def nothing_known() -> exp.Create:
    """Return the same table where there are no such hashes."""
    return _table(KNOWN, exp.select(*_SAME_EVENT, "event_id").from_(BATCH).where(exp.false()))


def judged(person_columns: Sequence[str]) -> exp.Create:
    """Return the table of each row's fate: first, copy (of another event), again, or erased.

    Erased are rows of the persons in CUSTOMERS, who stand in one of these columns.
    What is cold came first, for ever; else the first received did, then the lowest event id.
    """
    gone, copy = exp.column("gone"), exp.column("copy")
    event, first = exp.column("event_id", "ranked"), exp.column("event_id", KNOWN)
    winner = exp.func("COALESCE", first, exp.column("first_event_id"))
    is_first = exp.and_(first.is_(exp.null()), copy.eq(exp.Literal.number(1)))
    fate = (
        exp.case()
        .when(gone, exp.Literal.string("erased"))
        .when(is_first, exp.Literal.string("first"))
        .when(event.eq(winner), exp.Literal.string("again"))
        .else_(exp.Literal.string("copy"))
    )
    rows = exp.select("row_id", fate.as_("fate"), winner.as_("first_event_id"))
    joined = rows.from_(_ranked(person_columns).subquery("ranked"))
    return _table(JUDGED, joined.join(KNOWN, using=list(_SAME_EVENT), join_type="left"))


def fates() -> exp.Select:
    """Return how many rows met each fate."""
    return exp.select("fate", _COUNT).from_(JUDGED).group_by("fate")


def partitions() -> exp.Select:
    """Return the days of the rows that become cold, in their order."""
    return _of_fate("first", "dt").distinct().order_by("dt")


def received_days() -> exp.Select:
    """Return the days, counted from the epoch, in which the rows that become cold were received."""
    length = exp.Literal.number(DAY_MS)
    day = exp.Alias(this=exp.IntDiv(this=exp.column("received_ms"), expression=length), alias="day")
    return _of_fate("first", day).distinct()


def firsts() -> exp.Select:
    """Return the rows of the day `$day` that become cold."""
    of_day = exp.column("dt").eq(exp.Placeholder(this="day"))
    return _of_fate("first", *ROW_COLUMNS).where(of_day, copy=False)


def copies() -> exp.Select:
    """Return what is kept of events that another one came before."""
    return _of_fate("copy", *COPY_COLUMNS)


def erased() -> exp.Select:
    """Return what is kept of events whose customer was erased."""
    return _of_fate("erased", *ERASED_COLUMNS)


def content(kind: str) -> exp.Select:
    """Return all rows of the cold files `$files`, which are of one kind."""
    return _select(*COLUMNS_OF[kind]).from_(_files("files"))


def width(rows: exp.Select) -> exp.Select:
    """Return how many bytes the properties of some of the rows have, on average."""
    some = rows.limit(_SAMPLE).subquery("some")
    return exp.select(exp.Avg(this=exp.func("strlen", exp.column(PROPERTIES)))).from_(some)


def to_file(kind: str, rows: exp.Select, path: str, *, wide: bool = False) -> exp.Copy:
    """Return the statement that writes rows of a kind to a Parquet file, in the kind's order."""
    most = WIDE_ROW_GROUP_BYTES if wide else ROW_GROUP_BYTES
    options: dict[str, exp.Expr] = {
        "FORMAT": exp.var("PARQUET"),
        "COMPRESSION": exp.var("ZSTD"),
        "ROW_GROUP_SIZE_BYTES": exp.Literal.number(most),
    }
    return exp.Copy(
        this=rows.order_by(*ORDER_OF[kind], copy=False).subquery(copy=False),
        kind=False,
        files=[exp.Literal.string(path)],
        params=[
            exp.CopyParameter(this=exp.var(name), expression=value)
            for name, value in options.items()
        ],
    )


def totals(kind: str) -> exp.Select:
    """Return count, bounds of the timestamps, and of the receipts, of the files `$files`."""
    times = ["timestamp_ms" if kind == "rows" else "received_ms", "received_ms"]
    bounds = [fn(this=exp.column(name)) for name in times for fn in (exp.Min, exp.Max)]
    return exp.select(_COUNT, *bounds).from_(_files("files"))


def cold_day() -> exp.Expression:
    """Return the partition of a cold row: `layout.cold_day`, which a test compares."""
    happened, received = exp.column("timestamp_ms"), exp.column("received_ms")
    low = exp.Sub(this=received, expression=exp.Literal.number(layout.COLD_BEFORE_MS))
    high = exp.Add(this=received, expression=exp.Literal.number(layout.COLD_AFTER_MS))
    form = exp.Literal.string("%Y-%m-%d")
    day = exp.Anonymous(
        this="strftime", expressions=[exp.func("make_timestamp_ms", happened), form]
    )
    near = exp.Between(this=happened, low=low, high=high)
    return exp.case().when(near, day).else_(exp.Literal.string(layout.OTHER_DAYS))


def digits(column: str = CUSTOMER, table: str | None = None) -> exp.Expression:
    """Return the digits of `erasure.hashing.hash_of` of a row; null without a value there."""
    project, customer = (exp.column(name, table) for name in ("project_id", column))
    colon = exp.Literal.string(":")
    text = exp.DPipe(this=exp.DPipe(this=project, expression=colon), expression=customer)
    return exp.Anonymous(this="sha256", expressions=[text])


_COUNT = exp.Count(this=exp.Star())
_JSON: dict[str, exp.Expression] = {
    "format": exp.Literal.string("newline_delimited"),
    "compression": exp.Literal.string("gzip"),
    "maximum_object_size": exp.Literal.number(records.MAX_RECORD_BYTES),
}


def _ranked(person_columns: Sequence[str]) -> exp.Select:
    """Return the batch's rows by number, with their place among the copies of their event."""
    found = [
        exp.column("until_ms", f"erased_{one}").is_(exp.null()).not_() for one in person_columns
    ]
    gone = exp.paren(exp.or_(*found)) if found else exp.false()
    keys = [exp.column(name, BATCH) for name in _SAME_EVENT]
    event = exp.column("event_id", BATCH)
    partition = [gone, *keys]
    order = exp.Order(expressions=[exp.column("received_ms", BATCH), event])
    place = exp.Window(this=exp.RowNumber(), partition_by=partition, order=order)
    first = exp.Window(this=exp.FirstValue(this=event), partition_by=partition, order=order)
    rows = (
        exp.select(exp.column("rowid", BATCH).as_("row_id"), *keys, event, gone.as_("gone"))
        .select(place.as_("copy"), first.as_("first_event_id"))
        .from_(BATCH)
    )
    for column in person_columns:
        rows = _with_erased(rows, column)
    return rows


def _with_erased(rows: exp.Select, column: str) -> exp.Select:
    """Return rows with the one in `erased_<column>` that says until when theirs are erased."""
    until = exp.Max(this=exp.column("until_ms")).as_("until_ms")
    customer, name = ("project_id", "customer_hash"), f"erased_{column}"
    of_column = exp.column("person_column").eq(exp.Literal.string(column))
    erased = exp.select(*customer, until).from_(CUSTOMERS).where(of_column).group_by(*customer)
    hers = [
        exp.column("project_id", BATCH).eq(exp.column("project_id", name)),
        digits(column, BATCH).eq(exp.column("customer_hash", name)),
        exp.column("received_ms", BATCH) <= exp.column("until_ms", name),
    ]
    return rows.join(erased.subquery(name), on=exp.and_(*hers), join_type="left")


def _of_fate(fate: str, *columns: str | exp.Expression) -> exp.Select:
    same = exp.column("rowid", BATCH).eq(exp.column("row_id", JUDGED))
    rows = _select(*columns).from_(BATCH, copy=False).join(JUDGED, on=same, copy=False)
    return rows.where(exp.column("fate").eq(exp.Literal.string(fate)), copy=False)


def _select(*columns: str | exp.Expr) -> exp.Select:
    """Return a select of columns; a name is a column's as it stands, not SQL to be read."""
    return exp.select(*(exp.column(one) if isinstance(one, str) else one for one in columns))


def _files(parameter: str) -> exp.Expression:
    """Return the rows of cold files; a column that older ones do not have is null in them."""
    return _read("read_parquet", parameter, union_by_name=exp.true())


def _read(function: str, parameter: str, **options: exp.Expression) -> exp.Expression:
    named = [exp.EQ(this=exp.to_identifier(name), expression=it) for name, it in options.items()]
    return exp.Anonymous(this=function, expressions=[exp.Placeholder(this=parameter), *named])


def _table(name: str, rows: exp.Select) -> exp.Create:
    return exp.Create(this=exp.to_table(name), kind="TABLE", replace=True, expression=rows)
