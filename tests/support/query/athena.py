"""An Athena client whose statements really run: the text is read as Athena's and run by DuckDB.

Trino's functions are put into DuckDB's words by sqlglot, not by us, so the text that Athena would
get is what is tested. What sqlglot does not know is added here and in `macros`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp

from openbunker.core.event import Event
from openbunker.core.layout import cold_day, hot_prefix, refused_prefix
from openbunker.core.refused_rows import Refused, encode
from openbunker.query.athena.engine import AthenaEngine
from openbunker.query.athena.executions import Executions
from openbunker.query.athena.partitions import Begins
from tests.support.query import pooled
from tests.support.query.lake import lines

# The names of its partition, day and minute, and a JSON line.
_Line = tuple[str, str, str]

TYPES = {
    **{"VARCHAR": "varchar", "BIGINT": "bigint", "DOUBLE": "double", "INTEGER": "integer"},
    **{"HUGEINT": "bigint", "INTERVAL": "interval day to second", '"NULL"': "unknown"},
    **{"BOOLEAN": "boolean", "DECIMAL": "decimal", "DATE": "date", "TIMESTAMP": "timestamp"},
}
_Contains = exp.JSONArrayContains  # tells its overload by the type of the cast
# A text or a name in quotes, or a place for a parameter outside of them.
_PLACE = re.compile(r"""'[^']*'|"[^"]*"|([?])""")


def engine_over(
    client: Any, cut_ms: int | None = None, begins: Begins | None = None
) -> AthenaEngine:
    """Return the engine over such a client, with a clock that stands still."""
    executions = Executions(client, "group", "base", lambda _: None, lambda: 0.0)
    return AthenaEngine(executions, compacted_to_ms=lambda: cut_ms, begins=begins)


class DuckAthena:
    """Boto3's Athena client over a list of events. `started` holds every request.

    `cold` are the rows of the cold table, which is not there when that is None; `old` are refused
    rows as an earlier release has delivered them, by minute.
    """

    def __init__(
        self,
        events: Sequence[Event],
        refused: Sequence[Refused] = (),
        cold: Sequence[Event] | None = None,
        old: Sequence[Refused] = (),
    ) -> None:
        self._database = pooled.database(self)
        self._fill("events", _COLUMNS, _by_arrival(events))
        if cold is not None:
            self._fill("cold_events", _COLUMNS, _by_day(cold))
        lines = [*_refused(refused, refused_prefix), *_refused(old, hot_prefix)]
        self._fill("refused", _REFUSED, lines)
        self._fill("refused_hours", _REFUSED, (one for one in lines if one[1].endswith("00")))
        self.started: list[dict[str, Any]] = []
        self._answer: list[dict[str, Any]] = []

    def _fill(self, table: str, columns: dict[str, str], rows: Iterable[_Line]) -> None:
        """Make a table of lines, each with the names of its partition."""
        told = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self._database.execute(f"CREATE TABLE {table} (dt VARCHAR, hm VARCHAR, {told})")
        if parts := list(zip(*rows, strict=True)):
            read = (f"CAST(line ->> '{column}' AS {kind})" for column, kind in columns.items())
            self._database.execute(
                f"INSERT INTO {table} SELECT dt, hm, {', '.join(read)} FROM "
                "(SELECT unnest($1) AS dt, unnest($2) AS hm, unnest($3)::JSON AS line)",
                [list(part) for part in parts],
            )

    def start_query_execution(self, **request: Any) -> dict[str, Any]:
        self.started.append(request)
        text = as_duckdb(request["QueryString"], request["ExecutionParameters"])
        cursor = self._database.execute(text)
        columns = [(c[0], TYPES[str(c[1]).partition("(")[0]]) for c in cursor.description or ()]
        rows = [[name for name, _ in columns], *cursor.fetchall()]
        data = [{"Data": [datum(cell) for cell in row]} for row in rows]
        info = [{"Name": name, "Type": kind} for name, kind in columns]
        page = {"ResultSetMetadata": {"ColumnInfo": info}}
        self._answer = [
            {"ResultSet": {**page, "Rows": data[at : at + 1000]}}
            for at in range(0, len(data), 1000)
        ]
        return {"QueryExecutionId": "execution-1"}

    def get_query_execution(self, **_: Any) -> dict[str, Any]:
        return {"QueryExecution": {"Status": {"State": "SUCCEEDED"}}}

    def get_query_results(self, **request: Any) -> dict[str, Any]:
        page = int(request.get("NextToken", "0"))
        more = {"NextToken": str(page + 1)} if page + 1 < len(self._answer) else {}
        return {**self._answer[page], **more}

    def stop_query_execution(self, **_: Any) -> dict[str, Any]:
        raise AssertionError("a query that ended is not cancelled")


def as_duckdb(text: str, parameters: Sequence[str]) -> str:
    """Return Athena's text with its parameters in place, in DuckDB's words."""
    values = iter(parameters)
    filled = _PLACE.sub(lambda found: next(values) if found[1] else found[0], text)
    assert next(values, None) is None, "as many parameters as question marks"
    return _translated(filled)


@lru_cache(maxsize=1000)  # reading takes longer than running, and scenes repeat themselves
def _translated(text: str) -> str:
    tree = sqlglot.parse_one(text, dialect="athena")
    for node in reversed(list(tree.walk(bfs=False))):  # what is within a function first
        if (said := _in_duckdbs_words(node)) is not node:
            node.replace(said)
    return tree.sql("duckdb", copy=False)


def _in_duckdbs_words(node: exp.Expr) -> exp.Expr:
    # Trino's CAST(text AS JSON) makes a JSON string of a text; DuckDB's would parse it.
    if (
        isinstance(node, exp.Cast)
        and node.is_type(exp.DType.JSON)
        and isinstance(node.this, exp.Literal)
    ):
        return exp.Anonymous(this="to_json", expressions=[node.this])
    # Trino's length takes bytes as well; DuckDB's takes text alone.
    if isinstance(node, exp.Length) and isinstance(node.this, exp.Encode):
        return exp.Anonymous(this="strlen", expressions=[node.this.this])
    if isinstance(node, exp.UnixToTime):
        return _from_unixtime(node.this)
    if isinstance(node, exp.JSONExtractScalar) and isinstance(node.expression, exp.JSONPath):
        return exp.Anonymous(this="json_extract_scalar", expressions=[node.this, _pointer(node)])
    if say := _TRINOS.get(type(node)):
        return say(node)
    if isinstance(node, exp.JSONExtract) and isinstance(node.expression, exp.JSONPath):
        return exp.Anonymous(this="json_extract_", expressions=[node.this, _pointer(node)])
    if isinstance(node, exp.JSONArrayContains):
        return exp.Anonymous(this=_macro(node.expression), expressions=[node.this, node.expression])
    return node


def _from_unixtime(seconds: exp.Expr) -> exp.Expr:
    """Return a time, an error where Trino has one: of 52 bits for milliseconds with a zone.

    "Millis overflow", io.trino.spi.type.DateTimeEncoding.pack.
    """
    text = "CASE WHEN abs({0}) < 2251799813685.248 THEN to_timestamp({0}) ELSE error({1}) END"
    told = f"concat('Millis overflow: ', {seconds.sql('duckdb')})"
    return sqlglot.parse_one(text.format(seconds.sql("duckdb"), told), dialect="duckdb")


def _pointer(node: exp.Expr) -> exp.Expr:
    """Return a path of which each part is a key and, as a number, a place in an array too.

    io.trino.operator.scalar.JsonExtract.ObjectFieldJsonExtractor, whatever the brackets hold
    (JsonPathTokenizer).
    """
    _root, *parts = node.expression.expressions
    keys = [str(part.this).replace("~", "~0").replace("/", "~1") for part in parts]
    return exp.Literal.string("".join("/" + key for key in keys))


def _called(name: str, *arguments: str) -> Callable[[exp.Expr], exp.Expr]:
    """Return what calls a macro for a function of Trino's."""

    def said(node: exp.Expr) -> exp.Expr:
        given = [node.args.get(one) for one in arguments]
        return exp.Anonymous(this=name, expressions=[one for one in given if one is not None])

    return said


def _cast(node: exp.Expr) -> exp.Expr:
    of = {"bigint": "whole", "int": "whole", "double": "double", "varchar": "text"}
    to = node.args["to"].this.value.lower()
    if to not in of or isinstance(node.this, exp.Null) or isinstance(node.parent, _Contains):
        return node
    name = f"{'try_' if isinstance(node, exp.TryCast) else ''}cast_{of[to]}"
    found = exp.Anonymous(this=name, expressions=[node.this])
    return exp.cast(found, exp.DType.INT) if to == "int" else found


def _extracted(node: exp.Expr) -> exp.Expr:
    """Null where nothing matches, as JoniRegexpFunctions.regexpExtract; DuckDB's is empty."""
    return exp.Anonymous(this="regexp_extract_", expressions=[node.this, node.expression])


def _everywhere(node: exp.Expr) -> exp.Expr:
    """JoniRegexpReplace takes three arguments and replaces each match; DuckDB the first one."""
    assert not node.args.get("modifiers"), "Trino has no modifiers"
    node.set("modifiers", exp.Literal.string("g"))
    return node


# What Trino gives where sqlglot's words for DuckDB give something else; the macros say it.
_TRINOS: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.SplitPart: _called("split_part_", "this", "delimiter", "part_index"),
    exp.Substring: _called("substr_", "this", "start", "length"),
    exp.Round: _called("round_", "this", "decimals"),
    exp.Upper: _called("upper_", "this"),
    exp.ArgMax: _called("arg_max_null", "this", "expression"),
    exp.ArgMin: _called("arg_min_null", "this", "expression"),
    exp.RegexpExtract: _extracted,
    exp.RegexpReplace: _everywhere,
    exp.Cast: _cast,
    exp.TryCast: _cast,
}


def _macro(wanted: exp.Expr) -> str:
    if isinstance(wanted, exp.Cast):
        return "array_has_whole" if wanted.is_type(exp.DType.BIGINT) else "array_has_float"
    return "array_has_truth" if isinstance(wanted, exp.Boolean) else "array_has_text"


def datum(cell: Any) -> dict[str, str]:
    if cell is None:
        return {}
    if isinstance(cell, bool):
        return {"VarCharValue": str(cell).lower()}
    if isinstance(cell, timedelta):
        return {"VarCharValue": _interval(cell)}
    return {"VarCharValue": repr(cell) if isinstance(cell, float) else str(cell)}


def _interval(length: timedelta) -> str:
    """Return a length as Trino writes it (io.trino.client.IntervalDayTime.formatMillis)."""
    ms = abs(length // timedelta(milliseconds=1))
    days, clock = divmod(ms, 86_400_000)
    hours, minutes, seconds = clock // 3_600_000, clock // 60_000 % 60, clock // 1000 % 60
    sign = "-" if length < timedelta() else ""
    return f"{sign}{days} {hours:02}:{minutes:02}:{seconds:02}.{ms % 1000:03}"


_COLUMNS = {
    name: "BIGINT" if name.endswith("_ms") else "DOUBLE" if name == "metric_value" else "VARCHAR"
    for name in Event.__dataclass_fields__
}
_REFUSED = {
    name: "BIGINT" if name in ("received_ms", "payload_bytes", "item") else "VARCHAR"
    for name in Refused.__dataclass_fields__
}


def _by_arrival(events: Sequence[Event]) -> Iterator[_Line]:
    for prefix in sorted({hot_prefix(one.received_ms) for one in events}):
        here = [one for one in events if hot_prefix(one.received_ms) == prefix]
        for line in lines(here).splitlines():
            yield *_partition(prefix), line.decode()


def _by_day(events: Sequence[Event]) -> Iterator[_Line]:
    for one in events:
        yield cold_day(one.timestamp_ms, one.received_ms), "", lines([one]).decode()


def _refused(rows: Sequence[Refused], prefix: Callable[[int], str]) -> Iterator[_Line]:
    for row in rows:
        yield *_partition(prefix(row.received_ms)), encode(row).data.decode()


def _partition(prefix: str) -> tuple[str, str]:
    day, minute = (part.partition("=")[2] for part in prefix.split("/")[1:3])
    return day, minute
