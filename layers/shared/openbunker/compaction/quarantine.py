"""Objects that are no whole gzip stream: moved to `damaged/`, under their own key, and named.

One of them would stop every statement over its minute, and with it all compaction. Nothing of it is
lost: it lies there for whoever wants to mend it, and only an erasure takes something out of it.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from openbunker.compaction.services import CompactionServices
from openbunker.compaction.statements import Minutes
from openbunker.compaction.store.bucket import Crossed
from openbunker.core import layout

# Athena names the object that it could not read in most of its errors.
_NAMED = re.compile(r"s3://[^/\s]+/((?:hot|refused)/\S+?\.gz)")


def named(text: str) -> list[str]:
    """Return the keys that an error of Athena names."""
    return list(dict.fromkeys(_NAMED.findall(text)))


def of_minutes(services: CompactionServices, minutes: Sequence[Minutes]) -> Iterator[str]:
    """Yield the keys of the hot objects of some minutes."""
    for day in sorted({one.day for one in minutes}):
        spans = [(one.first, one.last) for one in minutes if one.day == day]
        for one in services.bucket.listed(f"{layout.HOT}dt={day}/"):
            parts = layout.parse(one.key)
            if parts and any(first <= parts.minute <= last for first, last in spans):
                yield one.key


def set_aside(services: CompactionServices, keys: Iterable[str]) -> int:
    """Move those of the objects that are damaged; return how many. Raises BucketFailed."""
    return sum(_set_aside(services, key) for key in keys)


def _set_aside(services: CompactionServices, key: str) -> bool:
    found = services.bucket.get(key)
    why = problem_of(found.data) if found else ""
    if not found or not why:
        return False
    move(services, key, found.data, why)
    return True


def move(services: CompactionServices, key: str, data: bytes, why: str) -> None:
    """Move an object to `damaged/`, and say so. Raises BucketFailed."""
    with suppress(Crossed):  # an earlier run put it there and did not come to the removal
        services.bucket.put(layout.DAMAGED + key, data, None)
    services.bucket.delete([key])
    services.log(
        {
            "level": "ERROR",
            "unexpected": 1,
            "error": "a damaged object was set aside",
            "object": layout.DAMAGED + key,
            "why": why,
        }
    )


def problem_of(data: bytes) -> str:
    """Return why bytes are no whole gzip stream, nothing when they are one."""
    return inflated(data)[1]


def inflated(data: bytes) -> tuple[bytes, str]:
    """Return what a gzip stream holds, or nothing and why bytes are no whole one."""
    try:
        return gzip.decompress(data), "" if data else "it is empty"
    except (OSError, EOFError, zlib.error) as error:
        return b"", str(error)
