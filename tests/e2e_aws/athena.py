"""Athena's API on DuckDB: what a workgroup is asked is run over a lake, in DuckDB's words.

The words are those in which tests run the same statements (`tests.support.query.athena`). Stands
in for what the emulator's own Athena lacks: execution parameters, zipped objects, Iceberg.
A statement has run when its start is answered; OPTIMIZE and VACUUM are taken and do nothing.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tests.e2e_aws.lake import Lake, NoSuchTable, Unreadable
from tests.e2e_aws.relay import Call, Reply, as_json
from tests.support.query.athena import TYPES, as_duckdb, datum

PAGE_ROWS = 1000
_CREATE = re.compile(
    r"CREATE TABLE IF NOT EXISTS \w+ \((?P<columns>[^)]*)\) PARTITIONED BY .*"
    r"LOCATION '(?P<place>[^']*)' TBLPROPERTIES"
)
_DOES_NOTHING = ("OPTIMIZE", "VACUUM")


@dataclass
class Execution:
    """A statement that was started: how it ended, and its rows, the header first."""

    workgroup: str
    text: str
    status: dict[str, Any]
    columns: list[dict[str, str]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)


class Athena:
    """Answers calls of Athena's API. `executions` are all that were started, by their ids.

    While it `hangs` no statement seems to end.
    """

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self._lock = Lock()
        self.hangs = False
        self._ids = count(1)
        self._tokens: dict[str, str] = {}
        self.executions: dict[str, Execution] = {}
        self._operations: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "StartQueryExecution": self._start,
            "GetQueryExecution": self._get,
            "GetQueryResults": self._results,
            "StopQueryExecution": lambda _: {},
        }

    def __call__(self, call: Call) -> Reply:
        """Return what Athena says to a call."""
        operation = self._operations.get(call.target.partition(".")[2])
        if not operation:
            return as_json(400, {"__type": "InvalidRequestException", "Message": call.target})
        with self._lock:
            return as_json(200, operation(json.loads(call.body)))

    def _start(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        token = asked.get("ClientRequestToken", "")
        if token and token in self._tokens:
            return {"QueryExecutionId": self._tokens[token]}
        name = f"execution-{next(self._ids)}"
        self.executions[name] = self._ran(asked)
        if token:
            self._tokens[token] = name
        return {"QueryExecutionId": name}

    def _ran(self, asked: Mapping[str, Any]) -> Execution:
        text, group = asked["QueryString"], asked["WorkGroup"]
        database = asked["QueryExecutionContext"]["Database"]
        done = Execution(group, text, {"State": "SUCCEEDED"})
        try:
            self._run(done, database, asked.get("ExecutionParameters", ()))
        except (duckdb.Error, SqlglotError, NoSuchTable) as error:
            done.status = _failed(str(error), 2)
        except Unreadable as error:
            done.status = _failed(str(error), 1)
        return done

    def _run(self, done: Execution, database: str, values: Any) -> None:
        if done.text.startswith(_DOES_NOTHING):
            return
        if found := _CREATE.match(done.text):
            columns = [tuple(one.split()) for one in found["columns"].split(", ")]
            self.lake.create_cold(database, [(n, k) for n, k in columns], found["place"])
            return
        cursor = self.lake.run(database, as_duckdb(done.text, values), tables_of(done.text))
        told = [(one[0], TYPES[str(one[1]).partition("(")[0]]) for one in cursor.description or ()]
        done.columns = [{"Name": name, "Type": kind} for name, kind in told]
        rows = [[name for name, _ in told], *cursor.fetchall()]
        done.rows = [{"Data": [datum(cell) for cell in row]} for row in rows]

    def _get(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        done = self.executions[asked["QueryExecutionId"]]
        status = {"State": "RUNNING"} if self.hangs else done.status
        told = {"Query": done.text, "WorkGroup": done.workgroup, "Status": status}
        return {"QueryExecution": told | {"QueryExecutionId": asked["QueryExecutionId"]}}

    def _results(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        done = self.executions[asked["QueryExecutionId"]]
        at = int(asked.get("NextToken") or 0)
        more = {"NextToken": str(at + PAGE_ROWS)} if at + PAGE_ROWS < len(done.rows) else {}
        page = {"Rows": done.rows[at : at + PAGE_ROWS]}
        return {"ResultSet": {"ResultSetMetadata": {"ColumnInfo": done.columns}, **page}, **more}


def tables_of(text: str) -> list[str]:
    """Return the tables of the database that a text of Athena's reads or writes."""
    tree = sqlglot.parse_one(text, dialect="athena")
    own = {one.alias for one in tree.find_all(exp.CTE)}
    return sorted({one.name for one in tree.find_all(exp.Table)} - own)


def _failed(why: str, category: int) -> dict[str, Any]:
    error = {"ErrorCategory": category, "ErrorMessage": why}
    return {"State": "FAILED", "StateChangeReason": why, "AthenaError": error}
