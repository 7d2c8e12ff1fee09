"""Folders for `bench query`: cold days and hot objects, as a running server would leave them.

Rows are made by DuckDB itself, so that ten million of them take a minute.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb

from openbunker.core import layout, records
from openbunker.core.event import Event
from openbunker.core.records import Record
from openbunker.core.times import DAY_MS
from openbunker.query.question.columns import COLUMNS, PROPERTIES, Kind
from openbunker_local.cold.checksums import crc_of
from openbunker_local.cold.manifest import ColdFile, Manifest, save
from openbunker_local.compaction.trees import ROW_GROUP_BYTES
from openbunker_local.stream.disk import Disk
from tests.support.query.lake import put

NOW_MS = 1_795_219_200_000
PROJECTS = 3
PROJECT = "project-1"
_TYPES = {Kind.TEXT: "VARCHAR", Kind.INTEGER: "BIGINT", Kind.NUMBER: "DOUBLE"}
# What a row holds; a column that is not named here is null.
_ROW = {
    "event_id": "md5(i::VARCHAR)",
    "dedupe_key": "CASE WHEN i % 10 = 0 THEN 'segment:key:order-' || i ELSE md5(i::VARCHAR) END",
    "dialect": "'segment'",
    "key_id": "'key'",
    "event_name": "'event_' || (hash(i) % 10)",
    "customer_identifier": "'c' || (hash(i + 1) % 100)",
    "user_id": "'u' || (hash(i + 2) % 10000)",
    "anonymous_id": "'a' || i",
    "session_id": "'s' || (i // 10)",
    "url": "'https://shop.example/p/' || (hash(i + 3) % 1000)",
    "page_path": "'/p/' || (hash(i + 3) % 1000)",
    "ip": "'203.0.113.0'",
    "country": "['DE', 'FR', 'US', 'GB', 'IT'][(1 + hash(i + 4) % 5)::INT]",
    "browser": "'Chrome'",
    "os": "'Windows'",
    "device": "'desktop'",
    "metric_value": "(hash(i + 5) % 1000) / 10.0",
    PROPERTIES: """'{"plan":"p' || (hash(i + 6) % 7) || '","n":' || (hash(i + 7) % 1000) || '}'""",
}


def make_cold(
    data: Path, days: int, per_day: int, told: Callable[[], None], projects: int = PROJECTS
) -> None:
    """Write a file a day, the last ends now, and the manifest; PROJECT is one of the projects."""
    files = []
    # As the compaction has it: a size of row groups in bytes asks for that.
    with duckdb.connect(config={"preserve_insertion_order": False}) as database:
        for number in range(days):
            files.append(_day(database, data, number, (days - number, per_day, projects)))
            told()
    save(data, Manifest(compacted_to_ms=NOW_MS, files=tuple(files)), Disk())


def _day(
    database: duckdb.DuckDBPyConnection, data: Path, number: int, size: tuple[int, int, int]
) -> ColdFile:
    ago, count, projects = size
    start, first = NOW_MS - ago * DAY_MS, number * count
    at = f"{start} + (i - {first}) * {DAY_MS} // {count}"
    project = f"'project-' || ((1 + i) % {projects})" if projects > 1 else f"'{PROJECT}'"
    row = _ROW | {"timestamp_ms": at, "received_ms": f"{at} + 100", "project_id": project}
    kinds = {name: _TYPES[kind] for name, kind in COLUMNS.items()} | {PROPERTIES: "VARCHAR"}
    columns = [f"CAST({row.get(name, 'NULL')} AS {kind}) AS {name}" for name, kind in kinds.items()]
    path = data / f"cold/dt={layout.day(start)}/bench.parquet"
    path.parent.mkdir(parents=True)
    rows = f"SELECT {', '.join(columns)} FROM range({first}, {first + count}) t(i)"
    database.execute(
        f"COPY (SELECT *, md5_number_lower(dedupe_key) AS dedupe_hash FROM ({rows}) "
        f"ORDER BY project_id, timestamp_ms) TO '{path}' "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE_BYTES {ROW_GROUP_BYTES})"
    )
    end = start + DAY_MS
    return ColdFile(
        path=path.relative_to(data).as_posix(),
        kind="rows",
        day=layout.day(start),
        rows=count,
        bytes=path.stat().st_size,
        min_timestamp_ms=start,
        max_timestamp_ms=end - 1,
        min_received_ms=start + 100,
        max_received_ms=end + 99,
        crc32=crc_of(path),  # as compaction leaves it: each file is read once before its first use
    )


def make_hot(data: Path, seconds: int, per_second: int) -> None:
    """Write an object a second, the last one arrives now."""
    for second in range(seconds):
        at_ms = NOW_MS - (seconds - second) * 1000
        numbers = range(second * per_second, (second + 1) * per_second)
        name = layout.object_name("events", at_ms, f"00000000-0000-4000-8000-{second:012}")
        put(data / layout.hot_prefix(at_ms) / name, b"".join(_line(n, at_ms) for n in numbers))


def _line(number: int, at_ms: int) -> bytes:
    event_id = f"{at_ms:012x}7{number:019x}"
    event = Event(
        project_id=f"project-{number % PROJECTS}",
        event_id=event_id,
        dedupe_key=event_id if number % 10 else f"segment:key:hot-{number}",
        dialect="segment",
        key_id="key",
        event_name=f"event_{number * 7 % 10}",
        timestamp_ms=at_ms,
        received_ms=at_ms,
        customer_identifier=f"c{number % 100}",
        country=("DE", "FR", "US", "GB", "IT")[number % 5],
        url=f"https://shop.example/p/{number % 1000}",
        properties={"plan": f"p{number % 7}", "price": number % 1000},
    )
    record = records.encode(event)
    assert isinstance(record, Record)
    return record.data
