"""A bucket, an Athena and a clock for compaction: statements run for real, in DuckDB's words.

Every call that changes something can be the one at which the process dies: before it has its
effect, or after. Statements that DuckDB does not have are kept as they came.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from openbunker.compaction.endpoint import serve_compaction, serve_erasure
from openbunker.compaction.services import CompactionServices, Counts
from openbunker.compaction.store.memory import MemoryBucket
from openbunker.core import layout, records
from openbunker.core.event import Event
from openbunker.core.records import Record
from openbunker.erasure.memory import MemoryErasureStore
from openbunker.query.athena.executions import Executions
from openbunker.query.question.columns import COLUMNS, PROPERTIES, Kind
from tests.support.query import pooled
from tests.support.query.athena import as_duckdb
from tests.support.query.lake import NOW_MS

NAMES = (*COLUMNS, PROPERTIES)
_KINDS = {Kind.TEXT: "VARCHAR", Kind.INTEGER: "BIGINT", Kind.NUMBER: "DOUBLE"}
_TYPES = {"VARCHAR": "varchar", "BIGINT": "bigint", "HUGEINT": "bigint"}
_TABLE = ", ".join(f"{name} {_KINDS[kind]}" for name, kind in COLUMNS.items())
_TABLE += ", properties VARCHAR"


class Dead(BaseException):
    """The process died. Not an Exception: nothing may catch it."""


class Unreadable(Exception):
    """What Athena says of an object that it cannot inflate."""


class Mortal:
    """Counts what is done, and dies at one of it: before the effect, or right after."""

    def __init__(self) -> None:
        self.done = 0
        self.dies_at: int | None = None
        self.after = False

    def does(self, effect: Any) -> Any:
        at, self.done = self.done, self.done + 1
        if at == self.dies_at and not self.after:
            raise Dead
        found = effect()
        if at == self.dies_at:
            raise Dead
        return found


class Athena:
    """Boto3's client over the hot objects of a bucket and a cold table."""

    def __init__(self, bucket: MemoryBucket, life: Mortal) -> None:
        self.bucket, self.life = bucket, life
        self.database = pooled.database(self)
        self.database.execute("SET TimeZone = 'UTC'")
        self.texts: list[str] = []
        self.fails: dict[str, list[dict[str, Any]]] = {}
        self.running: dict[str, str] = {}
        self.hangs = False
        self.names_objects = True
        self._tokens: dict[str, str] = {}
        self._statuses: dict[str, dict[str, Any]] = {}
        self._answers: dict[str, dict[str, Any]] = {}

    def start_query_execution(self, **request: Any) -> dict[str, Any]:
        return {"QueryExecutionId": self.life.does(lambda: self._start(request))}

    def _start(self, request: dict[str, Any]) -> str:
        token, text = request.get("ClientRequestToken"), request["QueryString"]
        if token and token in self._tokens:
            return self._tokens[token]
        execution = f"execution-{len(self.texts)}"
        self.texts.append(text)
        self._tokens[token or execution] = execution
        self._statuses[execution] = {"State": "SUCCEEDED"}
        verb = text.split()[0]
        if waiting := self.fails.get(verb):
            self._statuses[execution] = waiting.pop(0)
        elif self.hangs and verb == "INSERT":
            self._prepare(execution, text)
        else:
            try:
                filled = _filled(text, request.get("ExecutionParameters", ()))
                self._execute(execution, verb, filled)
            except Unreadable as error:
                status = {"State": "FAILED", "StateChangeReason": str(error)}
                self._statuses[execution] = status | {"AthenaError": {"ErrorCategory": 2}}
        return execution

    def _prepare(self, execution: str, text: str) -> None:
        """Read now what is written when the statement ends, as one that runs for long does."""
        self._load()
        target, _, select = text.partition(" SELECT ")
        table = f"written_{len(self.texts)}"
        rows = as_duckdb(f"SELECT {select}", [])
        self.database.execute(f"CREATE TABLE {table} AS {rows}")
        self.running[execution] = f"{target} SELECT * FROM {table}"

    def finish(self) -> None:
        """End every statement that runs."""
        self.hangs = False
        for commit in self.running.values():
            self.database.execute(commit)
        self.running.clear()

    def _execute(self, execution: str, verb: str, text: str) -> None:
        if verb == "CREATE":
            self.database.execute(f"CREATE TABLE IF NOT EXISTS cold_events ({_TABLE}, dt VARCHAR)")
        elif verb in ("INSERT", "DELETE", "SELECT"):
            self._load()
            cursor = self.database.execute(as_duckdb(text, []))
            self._answers[execution] = _page(cursor)

    def _load(self) -> None:
        self.database.execute(f"CREATE OR REPLACE TABLE events (dt VARCHAR, hm VARCHAR, {_TABLE})")
        values: list[Any] = []
        for key, (data, _) in self.bucket.objects.items():
            if parts := layout.parse(key):
                for line in self._lines(key, data):
                    row = json.loads(line)
                    values += [parts.day, parts.minute, *(row.get(name) for name in NAMES)]
        if values:
            marks = f"({', '.join('?' * (len(NAMES) + 2))})"
            rows = ", ".join([marks] * (len(values) // (len(NAMES) + 2)))
            self.database.execute(f"INSERT INTO events VALUES {rows}", values)

    def _lines(self, key: str, data: bytes) -> list[bytes]:
        try:
            return gzip.decompress(data).splitlines()
        except (OSError, EOFError, zlib.error) as error:
            where = f" s3://bucket/{key}" if self.names_objects else ""
            raise Unreadable(f"HIVE_CURSOR_ERROR: {error}{where}") from error

    def get_query_execution(self, **request: Any) -> dict[str, Any]:
        execution = request["QueryExecutionId"]
        running = {"State": "RUNNING"}
        status = running if execution in self.running else self._statuses[execution]
        return {"QueryExecution": {"Status": status}}

    def get_query_results(self, **request: Any) -> dict[str, Any]:
        return self._answers[request["QueryExecutionId"]]

    def stop_query_execution(self, **_: Any) -> dict[str, Any]:
        raise AssertionError("compaction cancels nothing")

    def cold(self) -> list[dict[str, Any]]:
        """Return the rows of the cold table."""
        try:
            cursor = self.database.execute("SELECT * FROM cold_events")
        except duckdb.CatalogException:
            return []
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class MortalBucket(MemoryBucket):
    """The bucket in a dict, whose writes the process may not survive."""

    def __init__(self, clock: "Cloud") -> None:
        super().__init__(lambda: clock.now_ms)
        self._life = clock.life

    def put(self, key: str, data: bytes, tag: str | None) -> str:
        put = super().put
        found: str = self._life.does(lambda: put(key, data, tag))
        return found

    def delete(self, keys: Sequence[str]) -> None:
        delete = super().delete
        if keys:
            self._life.does(lambda: delete(keys))


class Cloud:
    """All of it, at a time that passes only when told to, or while somebody waits."""

    def __init__(self, *, hot_days: int = 2, dedupe_days: int = 0) -> None:
        self.now_ms = NOW_MS
        self.life = Mortal()
        self.bucket = MortalBucket(self)
        self.athena = Athena(self.bucket, self.life)
        self.erasures = MemoryErasureStore()
        self.lines: list[dict[str, Any]] = []
        self.hot_days, self.dedupe_days = hot_days, dedupe_days
        self.counts: Counts | None = None
        self._ids = 0

    def deliver(self, events: Iterable[Event], *, arrived_ms: int | None = None) -> None:
        """Write one object a minute of arrival, now; `arrived_ms` is the minute of late ones."""
        for one in events:
            at_ms = one.received_ms if arrived_ms is None else arrived_ms
            self._ids += 1
            name = layout.object_name("events", at_ms, f"{self._ids:032x}")
            record = records.encode(one)
            assert isinstance(record, Record)
            key = layout.hot_prefix(at_ms) + name
            self.bucket.objects[key] = (gzip.compress(record.data), self.now_ms)

    def run(self) -> dict[str, Any]:
        """Call both functions once, as the schedules do; return what they tell together."""
        told = [self.compact(), self.erase()]
        whys = [one["why"] for one in told if "why" in one]
        return {**told[0], **told[1], **({"why": "; ".join(whys)} if whys else {})}

    def compact(self) -> dict[str, Any]:
        return serve_compaction({}, None, self.services(), lambda: self.now_ms / 1000)

    def erase(self) -> dict[str, Any]:
        return serve_erasure({}, None, self.services(), lambda: self.now_ms / 1000)

    def services(self) -> CompactionServices:
        executions = Executions(
            self.athena, "group", "base", self._sleep, lambda: self.now_ms / 1000
        )
        return CompactionServices(
            executions=executions,
            bucket=self.bucket,
            bucket_name="bucket",
            erasures=self.erasures,
            now_ms=lambda: self.now_ms,
            new_id=self._new_id,
            log=lambda line: self.lines.append(dict(line)),
            hot_days=self.hot_days,
            dedupe_days=self.dedupe_days,
            counts=self.counts,
        )

    def hot_keys(self) -> list[str]:
        return sorted(key for key in self.bucket.objects if key.startswith("hot/"))

    def _sleep(self, seconds: float) -> None:
        self.now_ms += int(seconds * 1000)

    def _new_id(self, _: int) -> str:
        self._ids += 1
        return f"{self._ids:032x}"


def _filled(text: str, values: Sequence[str]) -> str:
    """Return a text with its values in place of the question marks."""
    parts = text.split("?")
    assert len(parts) == len(values) + 1
    return "".join(part + value for part, value in zip(parts, (*values, ""), strict=True))


def _page(cursor: Any) -> dict[str, Any]:
    description = cursor.description or ()
    info = [{"Name": c[0], "Type": _TYPES.get(str(c[1]), "varchar")} for c in description]
    rows = [[c[0] for c in description], *cursor.fetchall()]
    data = [
        {"Data": [{} if cell is None else {"VarCharValue": str(cell)} for cell in row]}
        for row in rows
    ]
    return {"ResultSet": {"ResultSetMetadata": {"ColumnInfo": info}, "Rows": data}}
