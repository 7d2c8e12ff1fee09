"""What a stack costs in a month while nothing arrives: runs of erasing, alarms, dashboard. Pure.

Compaction runs then too; what it costs is in `compaction`. How often things are done is counted
by tests, over the template and a run.
"""

from openbunker_local.costs import compaction, prices

# A run of erasing that finds nobody who waits: what it asks of S3 and of the table of erasures.
GETS_OF_A_RUN, PUTS_OF_A_RUN, SCANS_OF_A_RUN = 3, 1, 2
# Assumptions: most of it is the start of a process, for a quarter of an hour lets the last one go;
# and each scan reads a page, as the table of some twenty erasures is.
SECONDS_OF_A_RUN, MEMORY_GB = 2, 1.0

# What the template's alarms read, and what each run of compaction and erasing tells, with the
# first line of each function; what the lines of requests tell is told for each dialect.
ALARM_METRICS, DASHBOARDS = 59, 1
SCHEDULED_METRICS, DIALECT_METRICS = 9 + 2, 5
HOURS = prices.MONTH_SECONDS // 3600


def erasing() -> float:
    """Return the dollars of a month's runs of erasing without anybody to erase."""
    seconds = SECONDS_OF_A_RUN * MEMORY_GB * prices.PER_GB_SECOND
    asked = GETS_OF_A_RUN * prices.PER_GET + PUTS_OF_A_RUN * prices.PER_PUT
    scans = SCANS_OF_A_RUN * prices.PER_READ_UNIT
    return compaction.RUNS * (prices.PER_INVOCATION + seconds + asked + scans)


def watching() -> float:
    """Return the dollars of the alarms and the dashboard."""
    return ALARM_METRICS * prices.PER_ALARM_METRIC + DASHBOARDS * prices.PER_DASHBOARD


def starts() -> dict[str, float]:
    """Return the dollars of what makes starts of `track` shorter, beside its calls."""
    kept = prices.MEMORY_GB * prices.MONTH_SECONDS
    return {
        "a snapshot, a month": kept * prices.PER_CACHED_GB_SECOND,
        "a thousand restores": 1_000 * prices.MEMORY_GB * prices.PER_RESTORED_GB,
        "a process that waits, a month": kept * prices.PER_PROVISIONED_GB_SECOND,
    }


def metrics(requests: int) -> float:
    """Return how many metrics of ours a month has, those of the requests' one dialect by the hour.

    CloudWatch bills a metric for the hours in which it is told.
    """
    return SCHEDULED_METRICS + DIALECT_METRICS * min(requests, HOURS) / HOURS
