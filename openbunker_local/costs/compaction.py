"""What compaction costs in a month: Athena's scans, S3's requests, the function's time. Pure.

How long a run takes and how many objects there are, are assumptions; `python -m bench cost`
measures what an event takes hot and cold.
"""

from dataclasses import dataclass

from openbunker_local.costs import prices

RUNS = 30 * 96  # every 15 minutes
# Assumptions: a run mostly waits for two statements; it writes a file a bucket and some metadata.
SECONDS_OF_A_RUN, MEMORY_GB = 20, 1.0
PUTS_OF_A_RUN = 8 + 5
OBJECTS_A_SECOND, HOT_DAYS = 0.1, 2
OPTIMIZED_A_DAY = 24
# Once a day the older days, in so many statements (`compaction.upkeep`).
OLDER_STATEMENTS = 7


@dataclass(frozen=True, slots=True)
class RowBytes:
    """What an event takes: in gzip lines, in Parquet, and the keys of it alone."""

    hot: float
    cold: float
    keys: float


# Of an ordinary event of 449 bytes as stored; a test holds them to what is measured.
ORDINARY_BYTES = 449
ORDINARY = RowBytes(hot=83.8, cold=59.5, keys=18.6)


@dataclass(frozen=True, slots=True)
class Month:
    """Dollars a month: reading hot objects, looking for copies, upkeep, and the rest.

    Of senders' ids, `days` is the search through those of 30 days, `ever` of a year.
    """

    hot: float
    near: float
    days: float
    ever: float
    upkeep: float
    requests: float
    function: float

    @property
    def total(self) -> float:
        """Return the sum without the search for senders' ids."""
        return self.hot + self.near + self.upkeep + self.requests + self.function


def month(row: RowBytes, events: float) -> Month:
    """Return what a month with so many events costs."""
    a_day, a_run = events / 30, events / RUNS
    objects = OBJECTS_A_SECOND * prices.MONTH_SECONDS
    lists = OBJECTS_A_SECOND * 86_400 * (HOT_DAYS + 1) / 1_000 * RUNS
    return Month(
        hot=RUNS * (_scan(a_run * row.hot) + _scan(a_run * row.hot)),
        near=RUNS * a_day / 2 * row.keys * prices.PER_SCANNED_BYTE,
        days=RUNS * events * row.keys * prices.PER_SCANNED_BYTE,
        ever=RUNS * events * 12 * row.keys * prices.PER_SCANNED_BYTE,
        upkeep=30 * (OPTIMIZED_A_DAY * _scan(a_day * 1.5 * row.cold) + _older(a_day * row.cold)),
        requests=(RUNS * PUTS_OF_A_RUN + lists) * prices.PER_PUT + 2 * objects * prices.PER_GET,
        function=RUNS
        * (prices.PER_INVOCATION + SECONDS_OF_A_RUN * MEMORY_GB * prices.PER_GB_SECOND),
    )


def _older(count: float) -> float:
    return OLDER_STATEMENTS * _scan(count / OLDER_STATEMENTS)


def _scan(count: float) -> float:
    return max(count, prices.LEAST_SCANNED) * prices.PER_SCANNED_BYTE
