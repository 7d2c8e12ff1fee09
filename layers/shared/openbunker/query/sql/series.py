"""Date buckets as tree expressions: the number of a row's bucket, and the buckets nobody is in.

Buckets are numbers from 0 here; `buckets` knows when each begins. The rows are read once: a
counted row also stands for the empty buckets after it, up to the next row of its group.
"""

from collections.abc import Mapping, Sequence

from sqlglot import exp

from openbunker.query.question.buckets import stretches

# The rows that filling may make. Of more, an answer could hold a small part only.
MAX_CELLS = 1_000_000
# The column that says how many groups there are, and so whether they were filled.
GROUPS = "d_groups"
BUCKET = "d0"
BEFORE, AFTER, PLACE = "d_before", "d_after", "d_place"


def bucket(edges: Sequence[int], at: exp.Expr) -> exp.Expr:
    """Return the number of the bucket that a time lies in."""
    found = exp.case()
    runs = stretches(edges)
    for run in reversed(runs):
        since = exp.paren(at.copy() - _number(run.start_ms))
        share = exp.Div(this=_double(since), expression=_double(_number(run.width_ms)))
        place = _number(run.first) + exp.cast(exp.Floor(this=share), exp.DType.BIGINT)
        if run is runs[0]:
            return found.else_(place) if len(runs) > 1 else place
        found = found.when(at.copy() >= _number(run.start_ms), place)
    raise AssertionError("there is a bucket")


def filled(
    counted: exp.Query, groups: Sequence[str], empty: Mapping[str, exp.Expr], buckets: int
) -> exp.Select:
    """Return the counted rows and, for every group, the buckets that it has no row in.

    `empty` are the computed columns and what they are in an empty bucket. Of too many groups
    nothing is filled; the column GROUPS tells.
    """
    if not groups:
        counted = _with_start(counted, empty)
    return _stretched(_spaced(counted, groups, buckets), groups, empty, buckets)


def most_groups(buckets: int) -> int:
    """Return how many groups can be filled."""
    return max(1, MAX_CELLS // buckets)


def _with_start(counted: exp.Query, empty: Mapping[str, exp.Expr]) -> exp.Query:
    """Add a row before the first bucket, so that nothing but empty buckets is a series too."""
    start = [exp.cast(_number(-1), exp.DType.BIGINT).as_(BUCKET)]
    start += [value.copy().as_(name) for name, value in empty.items()]
    return exp.union(counted, exp.select(*start), distinct=False, copy=False)


def _spaced(counted: exp.Query, groups: Sequence[str], buckets: int) -> exp.Select:
    """Add to each row the buckets of the row before and of the row after it."""
    before, after = (
        exp.Window(
            this=function(this=exp.column(BUCKET)),
            partition_by=[exp.column(name) for name in groups],
            order=exp.Order(expressions=[exp.Ordered(this=exp.column(BUCKET), nulls_first=False)]),
        )
        for function in (exp.Lag, exp.Lead)
    )
    following = exp.Coalesce(this=after, expressions=[_number(buckets)])
    return exp.select("*", before.as_(BEFORE), following.as_(AFTER)).from_(
        counted.subquery("counted", copy=False)
    )


def _stretched(
    spaced: exp.Select, groups: Sequence[str], empty: Mapping[str, exp.Expr], buckets: int
) -> exp.Select:
    at, is_first = exp.column(BUCKET), exp.column(BEFORE).is_(exp.null())
    how_many = exp.Window(
        this=exp.Sum(this=exp.case().when(is_first.copy(), _number(1)).else_(_number(0)))
    )
    counted = exp.select("*", exp.cast(how_many, exp.DType.BIGINT).as_(GROUPS)).from_(
        spaced.subquery("spaced", copy=False)
    )
    many = exp.column(GROUPS) > _number(most_groups(buckets))
    first = exp.case().when(many, at.copy()).when(is_first, _number(0)).else_(at.copy())
    # SEQUENCE runs backwards where its end is before its start.
    after = exp.column(AFTER)
    last = exp.case().when(many.copy(), at.copy()).when(after > 0, after.copy() - 1)
    last = last.else_(_number(0))
    places = exp.Unnest(
        expressions=[exp.GenerateSeries(start=first, end=last)],
        alias=exp.TableAlias(this=exp.to_identifier("places"), columns=[exp.to_identifier(PLACE)]),
    )
    place = exp.column(PLACE)
    columns = [place.as_(BUCKET), *(exp.column(name) for name in groups)]
    columns += [
        exp.case().when(place.eq(at.copy()), exp.column(name)).else_(value.copy()).as_(name)
        for name, value in empty.items()
    ]
    return (
        exp.select(*columns, exp.column(GROUPS))
        .from_(counted.subquery("numbered", copy=False))
        .join(places, join_type="cross", copy=False)
        .where(place < exp.column(AFTER), copy=False)
    )


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _double(value: exp.Expr) -> exp.Cast:
    return exp.cast(value, exp.DType.DOUBLE)
