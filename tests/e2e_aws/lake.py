"""The tables of a Glue database as DuckDB has them: read from a bucket; the cold one, kept here.

What a table is, its columns and where it lies, is read from Glue, as the template has made it; its
rows are the lines of the zipped objects below its place. The cold table is a table of DuckDB's
whose name stands in Glue: no Iceberg is written, so the bucket has no object of it.
"""

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from openbunker.query.scope import COLD
from tests.support.query.macros import MACROS

_TYPES = {"string": "VARCHAR", "bigint": "BIGINT", "int": "INTEGER", "double": "DOUBLE"}
# A column that Trino has and `*` does not name.
_PATH = "$path"
_PARTITION = re.compile(r"dt=([^/]+)/hm=([^/]+)/")


class Unreadable(Exception):
    """An object cannot be read: as Athena says it."""


class NoSuchTable(Exception):
    """Glue does not name the table."""


@dataclass
class Lake:
    """All databases. `glue` and `s3` are boto3's clients."""

    glue: Any
    s3: Any
    base: Any = field(default_factory=duckdb.connect)
    _loaded: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.base.execute("SET TimeZone = 'UTC'")
        self.base.execute(MACROS)

    def run(self, database: str, text: str, wanted: Sequence[str]) -> Any:
        """Run a text in DuckDB's words over the tables it names; return the cursor."""
        self._use(database)
        for table in wanted:
            self._load(database, table)
        return self.base.execute(text)

    def create_cold(self, database: str, columns: Sequence[tuple[str, str]], place: str) -> None:
        """Make the cold table and name it in Glue, unless it is there."""
        self._use(database)
        if self._named(database, COLD):
            return
        told = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in columns)
        file = f"\"{_PATH}\" VARCHAR DEFAULT '{place}data/kept-by-the-stand-in.parquet'"
        self.base.execute(f"CREATE OR REPLACE TABLE {COLD} ({told}, {file})")
        listed = [{"Name": name, "Type": kind} for name, kind in columns]
        self.glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": COLD,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"table_type": "ICEBERG"},
                "StorageDescriptor": {"Location": place, "Columns": listed},
            },
        )

    def _use(self, database: str) -> None:
        self.base.execute(f'CREATE SCHEMA IF NOT EXISTS "{database}"')
        self.base.execute(f"SET search_path = '{database},main'")

    def _named(self, database: str, table: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.glue.get_table(DatabaseName=database, Name=table)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            return None
        return found

    def _load(self, database: str, table: str) -> None:
        if not (told := self._named(database, table)):
            raise NoSuchTable(f"TABLE_NOT_FOUND: Table '{database}.{table}' does not exist")
        if table == COLD:
            return
        columns = {c["Name"]: c["Type"] for c in told["StorageDescriptor"]["Columns"]}
        place = told["StorageDescriptor"]["Location"]
        if (seen := self._loaded.get((database, table))) is None:
            seen = self._loaded[database, table] = {}
            head = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in columns.items())
            self.base.execute(
                f'CREATE TABLE {table} (dt VARCHAR, hm VARCHAR, "{_PATH}" VARCHAR, {head})'
            )
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        there = dict(self._objects(bucket, prefix))
        gone = [path for path, tag in seen.items() if there.get(path) != tag]
        if gone:
            self.base.execute(f'DELETE FROM {table} WHERE "{_PATH}" IN (SELECT unnest($1))', [gone])
        for path in gone:
            del seen[path]
        self._add(table, columns, [path for path in there if path not in seen])
        seen.update(there)

    def _objects(self, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for one in page.get("Contents", ()):
                yield f"s3://{bucket}/{one['Key']}", one["ETag"]

    def _add(self, table: str, columns: dict[str, str], paths: Sequence[str]) -> None:
        rows = [(*_partition(path), path, line) for path in paths for line in self._lines(path)]
        if not rows:
            return
        read = (f"CAST(line ->> '{name}' AS {_TYPES[kind]})" for name, kind in columns.items())
        self.base.execute(
            f"INSERT INTO {table} SELECT dt, hm, path, {', '.join(read)} FROM (SELECT unnest($1) "
            "AS dt, unnest($2) AS hm, unnest($3) AS path, unnest($4)::JSON AS line)",
            [list(part) for part in zip(*rows, strict=True)],
        )

    def _lines(self, path: str) -> list[str]:
        bucket, _, key = path.removeprefix("s3://").partition("/")
        data = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        try:
            return gzip.decompress(data).decode().splitlines()
        except (OSError, EOFError, zlib.error) as error:
            raise Unreadable(f"HIVE_CURSOR_ERROR: {error} {path}") from error


def _partition(path: str) -> tuple[str, str]:
    found = _PARTITION.search(path)
    return (found[1], found[2]) if found else ("", "")
