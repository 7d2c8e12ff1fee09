"""A DuckDB in memory that can read some folders and nothing else. Knows no table and no SQL.

No extension, no other file, no configuration by statement: should a statement not be ours after
all, there is nothing that it could reach.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb


def locked_down(
    places: Sequence[Path],
    *,
    threads: int,
    memory: str,
    spill: Path | None = None,
    most_spill: str | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a database that reads below `places` and spills to a folder, or nowhere."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": memory,
        "temp_directory": str(spill or ""),
        "preserve_insertion_order": False,
        # Else a filter or a join gathers up to 2,048 rows before it passes them on, outside of the
        # memory limit: of events of a megabyte, two gigabytes.
        "enable_caching_operators": False,
        "enable_external_file_cache": False,  # the system's own cache is enough
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
    }
    if most_spill:
        settings["max_temp_directory_size"] = most_spill
    database = duckdb.connect(":memory:", config=settings)
    database.execute("SET allowed_directories = ?", [[str(place) for place in places]])
    database.execute("SET parquet_metadata_cache = true")  # a cold file never changes
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database
