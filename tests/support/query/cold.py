"""Cold events of a test: Parquet files and their manifest, without the compaction that makes them.

What the compaction really writes is compared in its own tests; readers are tested with these.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from openbunker.core.event import Event
from openbunker.core.layout import cold_day
from openbunker_local.cold.manifest import FILE, FOLDER, ColdFile, Manifest, load, save
from openbunker_local.stream.disk import Disk
from tests.support.query import pooled

_KINDS = {
    name: "BIGINT" if name.endswith("_ms") else "DOUBLE" if name == "metric_value" else "VARCHAR"
    for name in Event.__dataclass_fields__
}


def settle(data: Path, events: Sequence[Event], unique: str = "a") -> list[ColdFile]:
    """Write events as cold rows, a file a day, and name the files in the manifest."""
    by_day: dict[str, list[Event]] = {}
    for one in events:
        by_day.setdefault(cold_day(one.timestamp_ms, one.received_ms), []).append(one)
    files = [write(data, day, rows, unique) for day, rows in by_day.items()]
    manifest = load(data) if (data / FOLDER / FILE).exists() else Manifest()
    to_ms = max((one.received_ms for one in events), default=1)
    named = manifest.files + tuple(files)
    save(data, replace(manifest, files=named, compacted_to_ms=to_ms), Disk())
    return files


def write(data: Path, day: str, events: Sequence[Event], unique: str) -> ColdFile:
    """Write the events of a day to a file that no manifest names yet."""
    path = data / f"cold/dt={day}/{unique}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    with pooled.reader() as database:
        kinds = ", ".join(f"{name} {kind}" for name, kind in _KINDS.items())
        database.execute(f"CREATE OR REPLACE TEMP TABLE rows ({kinds})")
        row = f"({', '.join('?' * len(_KINDS))})"
        values = [value for one in events for value in _values(one)]
        database.execute(f"INSERT INTO rows VALUES {', '.join([row] * len(events))}", values)
        database.execute(
            "COPY (SELECT *, md5_number_lower(dedupe_key) AS dedupe_hash FROM rows "
            f"ORDER BY project_id, timestamp_ms) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )
    happened, received = ([getattr(e, n) for e in events] for n in ("timestamp_ms", "received_ms"))
    return ColdFile(
        path=path.relative_to(data).as_posix(),
        kind="rows",
        day=day,
        rows=len(events),
        bytes=path.stat().st_size,
        min_timestamp_ms=min(happened),
        max_timestamp_ms=max(happened),
        min_received_ms=min(received),
        max_received_ms=max(received),
    )


def _values(one: Event) -> list[Any]:
    row = asdict(one) | {"properties": json.dumps(one.properties)}
    return [row[name] for name in _KINDS]
