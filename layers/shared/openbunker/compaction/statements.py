"""The statements of a compaction on AWS: hot partitions into the Iceberg table, and its upkeep.

Builds trees and returns Athena's text. They stand in a plan that a later run may have to run again
word for word, and DELETE takes no parameters on Athena; so values stand in the text. All of them
are ours: days, minutes, hashes; and ids of projects, whose quotes the renderer doubles.
Sources: Athena user guide, "Create Iceberg tables", "INSERT INTO", "OPTIMIZE" and "VACUUM".
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from openbunker.core import layout
from openbunker.erasure.hashing import PERSON_COLUMNS, column_of, digits_of
from openbunker.query.engine import Table
from openbunker.query.question.columns import COLUMNS, PROPERTIES, Kind
from openbunker.query.scope import COLD, EVENTS

BUCKETS = 8
# Athena writes to 100 partitions in one statement at most; a day has one a bucket.
MAX_DAYS = 100 // BUCKETS
# So long are the files of an older snapshot kept for readers; longer than any statement takes.
SNAPSHOT_AGE_SECONDS = 3_600
ROW_COLUMNS = (*COLUMNS, PROPERTIES)
_TYPES = {Kind.TEXT: "string", Kind.INTEGER: "bigint", Kind.NUMBER: "double"}
# A statement has 262,144 bytes; of more projects than these, all rows are looked through.
MAX_PROJECTS = 500
# Digits of a hash that a statement names, 128 bits: with the time, a person takes 47 of its bytes.
DIGITS = 32
_PROPERTIES = {
    "table_type": "ICEBERG",
    "format": "parquet",
    "write_compression": "zstd",
    "optimize_rewrite_delete_file_threshold": "1",  # one erased row is reason enough
    "vacuum_max_snapshot_age_seconds": str(SNAPSHOT_AGE_SECONDS),
    "vacuum_min_snapshots_to_keep": "1",
    "vacuum_max_metadata_files_to_keep": "10",
}


@dataclass(frozen=True, slots=True)
class Minutes:
    """Partitions of one day, from one minute to another (both are among them), as in `hm`."""

    day: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A person to leave out, by the hash that an erasure keeps; rows received up to a time."""

    customer_hash: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What hot partitions hold: rows, days of cold partitions, projects; which give own ids."""

    days: tuple[str, ...]
    projects: tuple[str, ...]
    projects_with_ids: tuple[str, ...]
    rows: int

    @classmethod
    def of(cls, table: Table) -> "Contents":
        """Return what the answer of `contents` says."""
        days = sorted({str(day) for day, *_ in table.rows})
        projects = sorted({str(project) for _, project, *_ in table.rows})
        named = sorted({str(project) for _, project, _, ids in table.rows if ids})
        rows = sum(int(rows) for _, _, rows, _ in table.rows)
        return cls(tuple(days), tuple(projects), tuple(named), rows)


def create_table(bucket: str) -> str:
    """Return the text that makes the table where there is none."""
    kinds = {**COLUMNS, PROPERTIES: Kind.TEXT, "dt": Kind.TEXT}
    columns = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in kinds.items())
    properties = ", ".join(f"'{name}'='{value}'" for name, value in _PROPERTIES.items())
    return (
        f"CREATE TABLE IF NOT EXISTS {COLD} ({columns}) "
        f"PARTITIONED BY (dt, bucket({BUCKETS}, project_id)) "
        f"LOCATION 's3://{bucket}/{layout.COLD}' TBLPROPERTIES ({properties})"
    )


def contents(minutes: Sequence[Minutes]) -> str:
    """Return the text that asks what `Contents.of` reads."""
    own = exp.column("dedupe_key").neq(exp.column("event_id"))
    count = exp.Count(this=exp.Star())
    sent = exp.Sum(this=exp.case().when(own, exp.Literal.number(1)).else_(exp.Literal.number(0)))
    tree = (
        exp.select(_day().as_("day"), "project_id", count.as_("events"), sent.as_("ids"))
        .from_(exp.to_table(EVENTS), copy=False)
        .where(_within(minutes), copy=False)
        .group_by(exp.Literal.number(1), exp.Literal.number(2), copy=False)
    )
    return tree.sql("athena", copy=False)


def insert(
    minutes: Sequence[Minutes],
    days: Sequence[str],
    projects_with_ids: Sequence[str] = (),
    since: str | None = None,
    gone: Sequence[Gone] = (),
) -> str:
    """Return the text that adds the first copies of some days that are not cold yet.

    Running it again adds nothing. `projects_with_ids` are those whose senders give their own ids;
    a row with one of another project, in an object that arrived meanwhile, is left for later.
    """
    known = _known_keys(days, projects_with_ids, since)
    columns = [exp.column(name, table="hot") for name in (*ROW_COLUMNS, "day")]
    same = [
        exp.column(name, table="known").eq(exp.column(name, table="hot"))
        for name in ("project_id", "dedupe_key")
    ]
    known = known.subquery("known", copy=False)
    there = exp.select(exp.Literal.number(1)).from_(known, copy=False).where(*same, copy=False)
    wanted = [
        exp.column("copy", table="hot").eq(exp.Literal.number(1)),
        _one_of(exp.column("day", table="hot"), days),
        _of_projects(projects_with_ids),
        exp.not_(exp.Exists(this=there), copy=False),
    ]
    hot = _first_copies(minutes, gone).subquery("hot", copy=False)
    tree = exp.select(*columns).from_(hot, copy=False).where(*wanted, copy=False)
    target = exp.Schema(
        this=exp.to_table(COLD), expressions=[exp.to_identifier(c) for c in (*ROW_COLUMNS, "dt")]
    )
    return exp.Insert(this=target, expression=tree).sql("athena", copy=False)


def _known_keys(
    days: Sequence[str], projects_with_ids: Sequence[str], since: str | None
) -> exp.Query:
    """Return the keys that may be cold already.

    A row whose key is our own id repeats in the day of the first one, for its times are the
    first one's. A sender's id may come again with any time: all days of such projects, or those
    `since` one.
    """
    keys = exp.select("project_id", "dedupe_key").from_(exp.to_table(COLD))
    near = keys.where(_one_of(exp.column("dt"), days))
    if not projects_with_ids:
        return near
    ever = keys
    if len(projects_with_ids) <= MAX_PROJECTS:
        ever = keys.where(_one_of(exp.column("project_id"), projects_with_ids))
    if since:
        # A text that begins with a letter is greater than every day: OTHER_DAYS is among them.
        ever = ever.where(exp.column("dt") >= exp.Literal.string(since))
    return exp.union(near, ever, distinct=False, copy=False)


def days_of(gone: Sequence[Gone]) -> str:
    """Return the text that asks in which days of the table customers' rows lie."""
    return exp.select("dt").distinct().from_(exp.to_table(COLD)).where(_of(gone)).sql("athena")


def erase(gone: Sequence[Gone], days: Sequence[str] = ()) -> str:
    """Return the text that takes customers' rows out of some days of the table, or out of all.

    `optimize` takes their bytes.
    """
    hers = exp.and_(_in_days(days), _of(gone)) if days else _of(gone)
    return exp.Delete(this=exp.to_table(COLD), where=exp.Where(this=hers)).sql("athena", copy=False)


def optimize(days: Sequence[str] = ()) -> str:
    """Return the text that joins small files of some days, or of all, and rewrites those with rows
    taken out."""
    within = f" WHERE {_in_days(days).sql('athena')}" if days else ""
    return f"OPTIMIZE {COLD} REWRITE DATA USING BIN_PACK{within}"


def vacuum() -> str:
    """Return the text that removes what only old snapshots need."""
    return f"VACUUM {COLD}"


def _of_projects(projects_with_ids: Sequence[str]) -> exp.Expression:
    """Say that a row's key is our own id, or that its project was looked through for the key."""
    key, own = exp.column("dedupe_key", table="hot"), exp.column("event_id", table="hot")
    if not projects_with_ids:
        return key.eq(own)
    if len(projects_with_ids) > MAX_PROJECTS:
        return exp.true()
    named = _one_of(exp.column("project_id", table="hot"), projects_with_ids)
    return exp.paren(exp.or_(key.eq(own), named))


def _first_copies(minutes: Sequence[Minutes], gone: Sequence[Gone]) -> exp.Select:
    order = exp.Order(expressions=[exp.column("received_ms"), exp.column("event_id")])
    by: list[exp.Expression] = [exp.column("project_id"), exp.column("dedupe_key")]
    copy = exp.Window(this=exp.RowNumber(), partition_by=by, order=order).as_("copy")
    columns = (*map(exp.column, ROW_COLUMNS), _day().as_("day"), copy)
    rows = exp.select(*columns).from_(exp.to_table(EVENTS), copy=False)
    rows = rows.where(_within(minutes), copy=False)
    # A row without a customer is nobody's: the condition is null there.
    kept = exp.not_(exp.Coalesce(this=_of(gone), expressions=[exp.false()])) if gone else None
    return rows.where(kept, copy=False) if kept else rows


def _day() -> exp.Expression:
    """Return `layout.cold_day` as an expression. Athena's sessions are in UTC."""
    at, received = exp.column("timestamp_ms"), exp.column("received_ms")
    near = exp.Between(
        this=at,
        low=received.copy() - exp.Literal.number(layout.COLD_BEFORE_MS),
        high=received.copy() + exp.Literal.number(layout.COLD_AFTER_MS),
    )
    time = exp.UnixToTime(this=at.copy() / exp.Literal.number(1000))
    day = exp.TimeToStr(this=time, format=exp.Literal.string("%Y-%m-%d"))
    return exp.case().when(near, day).else_(exp.Literal.string(layout.OTHER_DAYS))


def _of(gone: Sequence[Gone]) -> exp.Expression:
    """Say that a row is one of these persons'. Only hex digits and numbers become text.

    They are a map: each row is hashed and looked up once a column, however many they are.
    """
    until: dict[str, dict[str, int]] = {}
    for one in gone:
        of_column = until.setdefault(column_of(one.customer_hash), {})
        digits = _hex(digits_of(one.customer_hash))[:DIGITS]
        of_column[digits] = max(one.until_ms, of_column.get(digits, one.until_ms))
    at = exp.column("received_ms")
    return exp.paren(exp.or_(*(at <= _until(*item) for item in until.items())))


def _until(column: str, until: dict[str, int]) -> exp.Expression:
    """Return up to when rows like this one go, null where none does."""
    text = ",".join(f"{digits}:{until_ms}" for digits, until_ms in until.items())
    listed = _call("SPLIT_TO_MAP", *map(exp.Literal.string, (text, ",", ":")))
    digits = exp.Substring(
        this=_digits(column), start=exp.Literal.number(1), length=exp.Literal.number(DIGITS)
    )
    return exp.cast(_call("ELEMENT_AT", listed, digits), exp.DType.BIGINT)


def _digits(column: str) -> exp.Expression:
    """Return the digits of `erasure.hashing.hash_of` of a row; null without a value there."""
    if column not in PERSON_COLUMNS:
        raise ValueError("no column of persons")
    parts = [exp.column("project_id"), exp.Literal.string(":"), exp.column(column)]
    digest = _call("SHA256", _call("TO_UTF8", _call("CONCAT", *parts)))
    return _call("LOWER", _call("TO_HEX", digest))


def _call(name: str, *values: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this=name, expressions=list(values))


def _hex(text: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise ValueError("not a hash")
    return text


def _within(minutes: Sequence[Minutes]) -> exp.Expression:
    day, minute, text = exp.column("dt"), exp.column("hm"), exp.Literal.string
    spans = (
        exp.and_(
            day.copy().eq(text(one.day)),
            exp.Between(this=minute.copy(), low=text(one.first), high=text(one.last)),
        )
        for one in minutes
    )
    return exp.paren(exp.or_(*spans))


def _in_days(days: Sequence[str]) -> exp.In:
    if not all(re.fullmatch(rf"\d{{4}}-\d\d-\d\d|{layout.OTHER_DAYS}", day) for day in days):
        raise ValueError("not days")
    return _one_of(exp.column("dt"), days)


def _one_of(column: exp.Column, texts: Iterable[str]) -> exp.In:
    return exp.In(this=column, expressions=[exp.Literal.string(text) for text in texts])
