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
# By hour: questions about what was refused name days, and 24 partitions of one are enough.
REFUSED_PREFIX = "refused/dt=!{timestamp:yyyy-MM-dd}/hm=!{timestamp:HH}00/"
# AWS only: what Firehose could not process, as it tells it.
ERRORS = "errors/"
ERROR_PREFIX = "errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/"
# AWS only: how far compaction has come.
COMPACTION_STATE = "state/compaction.json"
# AWS only: when each step of compaction last succeeded.
COMPACTION_STEPS = "state/steps.json"
# AWS only: how far erasing has come, and when it last succeeded.
ERASING_STATE = "state/erasing.json"
ERASING_STEPS = "state/erasing_steps.json"
# AWS only: since when nothing under REFUSED lies by minute, as earlier releases delivered it.
REFUSED_STATE = "state/refused.json"
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
    """Return the partition of the hour in which a row of something refused arrived."""
    return strftime("refused/dt=%Y-%m-%d/hm=%H00/", gmtime(arrival_ms // 1000))


def arrivals(place: str, from_ms: int, to_ms: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the first and the last partition (`dt`, `hm`) of what arrived between two times.

    What was refused lies by hour, and by minute where an earlier release has delivered it: the
    partitions of both are those from the beginning of the hour to the last minute.
    """
    first = refused_prefix(from_ms) if place == REFUSED else hot_prefix(from_ms)
    return _partition(first), _partition(hot_prefix(to_ms))


def _partition(prefix: str) -> tuple[str, str]:
    _, day, minute, _ = prefix.split("/")
    return day.partition("=")[2], minute.partition("=")[2]


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
