"""Since when what was refused lies by hour and no more by minute: told by runs, read by questions.

Earlier releases delivered it by minute. Those objects stay where they are until they are too old
to be kept; questions that reach back so far read both. A run looks at the last two days, so a stack
that went back to such a release for a while, and forward again, is found out.
"""

import json
from collections.abc import Iterator
from contextlib import suppress

from openbunker.compaction.store.bucket import Bucket, Crossed, Readable
from openbunker.core import layout
from openbunker.core.times import DAY_MS, HOUR_MS

# The stream may take so long until it delivers by hour.
SLACK_MS = DAY_MS


def known(bucket: Readable) -> tuple[int | None, str | None]:
    """Return the time in ms and the tag of the object that says it. Raises BucketFailed."""
    found = bucket.get(layout.REFUSED_STATE)
    if found is None:
        return None, None
    try:
        return int(json.loads(found.data)["hours_from_ms"]), found.tag
    except (ValueError, KeyError, TypeError):  # nobody knows, then: both are read
        return None, found.tag


def note(bucket: Bucket, now_ms: int) -> None:
    """Keep the time where it is not known, or was too early. Raises BucketFailed."""
    at_ms, tag = known(bucket)
    following_ms = now_ms + SLACK_MS
    if at_ms is not None and (at_ms > following_ms - HOUR_MS or not _by_minute(bucket, now_ms)):
        return
    with suppress(Crossed):  # another run says the same
        bucket.put(layout.REFUSED_STATE, json.dumps({"hours_from_ms": following_ms}).encode(), tag)


def _by_minute(bucket: Bucket, now_ms: int) -> bool:
    """Return whether anything of today or yesterday lies by minute."""
    return any(not minute.endswith("00") for minute in _minutes(bucket, now_ms))


def _minutes(bucket: Bucket, now_ms: int) -> Iterator[str]:
    for at_ms in (now_ms - DAY_MS, now_ms):
        for one in bucket.listed(f"{layout.REFUSED}dt={layout.day(at_ms)}/"):
            yield one.key.split("/")[2]
