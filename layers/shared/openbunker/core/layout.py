"""The storage contract: prefixes, partitions and object names under the data root.

Pure: no I/O, no clock. `template.yaml` repeats the prefixes and a test compares them.
Source of the name's form: the Firehose developer guide, "Amazon S3 object name format".
"""

import re
from dataclasses import dataclass
from time import gmtime, strftime

from openbunker.core.times import DAY_MS

HOT = "hot/"
COLD = "cold/"
SPILL = "spill/"
REFUSED = "refused/"
# AWS only: objects that compaction could not read, under their own keys.
DAMAGED = "damaged/"
# Firehose evaluates the expressions in UTC with the arrival time of the object's oldest record.
HOT_PREFIX = "hot/dt=!{timestamp:yyyy-MM-dd}/hm=!{timestamp:HHmm}/"
REFUSED_PREFIX = "refused/dt=!{timestamp:yyyy-MM-dd}/hm=!{timestamp:HHmm}/"
ERROR_PREFIX = "errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/"
# AWS only: how far compaction has come.
COMPACTION_STATE = "state/compaction.json"
# AWS only: when each scheduled step last succeeded.
COMPACTION_STEPS = "state/steps.json"
SUFFIX = ".json.gz"
# How far from its receipt an event may have happened to lie in the cold partition of its day.
COLD_BEFORE_MS, COLD_AFTER_MS = 30 * DAY_MS, DAY_MS
OTHER_DAYS = "other"
# The years 1000 to 9999: days that have ten characters, so that texts order them.
FIRST_DAY_MS, LAST_MS = -30_610_224_000_000, 253_402_300_799_999

_HOT_KEY = re.compile(r"hot/dt=(\d{4}-\d{2}-\d{2})/hm=(\d{4})/([^/]+)\.json\.gz")


@dataclass(frozen=True, slots=True)
class HotObject:
    """The parts of a hot object's key: day and minute of arrival (UTC) and its name."""

    day: str
    minute: str
    name: str


def hot_prefix(arrival_ms: int) -> str:
    """Return the partition of the minute in which a record arrived."""
    return strftime("hot/dt=%Y-%m-%d/hm=%H%M/", gmtime(arrival_ms // 1000))


def refused_prefix(arrival_ms: int) -> str:
    """Return the partition of the minute in which a row of something refused arrived."""
    return strftime("refused/dt=%Y-%m-%d/hm=%H%M/", gmtime(arrival_ms // 1000))


def object_name(stream: str, arrival_ms: int, unique: str) -> str:
    """Return a name in the delivery stream's form: stream, version, time, unique part."""
    return strftime(f"{stream}-1-%Y-%m-%d-%H-%M-%S-{unique}", gmtime(arrival_ms // 1000)) + SUFFIX


def spill_key(unique: str) -> str:
    """Return the key of an object that was spilled; `unique` is hex digits."""
    return f"{SPILL}{unique}.jsonl.gz"


def parse(key: str) -> HotObject | None:
    """Return the parts of a hot object's key, or None when the key is another thing."""
    found = _HOT_KEY.fullmatch(key)
    return HotObject(*found.groups()) if found else None


def day(at_ms: int) -> str:
    """Return the partition value `dt` of a time; of one further off, the first or the last day.

    Rows of such times lie in OTHER_DAYS, for nothing is received then.
    """
    return strftime("%Y-%m-%d", gmtime(min(max(at_ms, FIRST_DAY_MS), LAST_MS) // 1000))


def cold_day(timestamp_ms: int, received_ms: int) -> str:
    """Return the cold partition of a row: the day it happened, or OTHER_DAYS far from its receipt.

    Senders choose times freely; without the second, one of them could make a partition of each
    day of a century. A question reads the days it names and OTHER_DAYS.
    """
    if received_ms - COLD_BEFORE_MS <= timestamp_ms <= received_ms + COLD_AFTER_MS:
        return day(timestamp_ms)
    return OTHER_DAYS
