"""Events of a test, and the objects in which a delivery stream would have left them."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openbunker.core import layout, records
from openbunker.core.event import Event
from openbunker.core.records import Record

NOW_MS = 1_795_219_200_000  # 2026-11-21T00:00:00Z: the arrival window crosses a day's end
PROJECT = "project-a"
HOUR_MS = 3_600_000


def event(number: int = 0, **fields: Any) -> Event:
    """Return an event that happened and arrived a minute ago, changed as the fields say."""
    values: dict[str, Any] = {
        "project_id": PROJECT,
        "event_id": f"{number:032x}",
        "dedupe_key": f"key-{number}",
        "dialect": "eventbunker",
        "key_id": "write-1",
        "event_name": "signup",
        "timestamp_ms": NOW_MS - 60_000,
        "received_ms": NOW_MS - 60_000,
    }
    return Event(**{**values, **fields})


def lines(events: Sequence[Event]) -> bytes:
    """Return the JSON lines of events."""
    encoded = [records.encode(one) for one in events]
    return b"".join(record.data for record in encoded if isinstance(record, Record))


def deliver(data: Path, events: Sequence[Event], *, per_object: int = 3) -> list[Path]:
    """Write events as objects under the minutes of their arrival, as the stream does: by rename."""
    by_prefix: dict[str, list[Event]] = {}
    for one in events:
        by_prefix.setdefault(layout.hot_prefix(one.received_ms), []).append(one)
    written = []
    for prefix, group in by_prefix.items():
        (data / prefix).mkdir(parents=True, exist_ok=True)
        for start in range(0, len(group), per_object):
            unique = f"{prefix[-5:-1]}-{start}-{len(list((data / prefix).iterdir()))}"
            name = layout.object_name("test", group[start].received_ms, unique)
            written.append(put(data / prefix / name, lines(group[start : start + per_object])))
    return written


def put(target: Path, content: bytes) -> Path:
    """Write one object so that it appears at once and whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".part")
    unfinished.write_bytes(gzip.compress(content, 1))
    return unfinished.rename(target)
