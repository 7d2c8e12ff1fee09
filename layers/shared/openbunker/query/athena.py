"""Athena over the delivered objects: the query engine of a deployment.

Starts a statement, polls it, reads its rows. The client is boto3's and comes from `wiring`. Holds
no SQL of questions; the text comes from `rendering`.
Source: Athena API reference; `?` parameters: Athena user guide, "Use parameterized queries".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from sqlglot import exp

from openbunker import layout
from openbunker.errors import QueryUnavailable
from openbunker.query import rendering
from openbunker.query.engine import Scalar, Statement, Table

# API Gateway hangs up after 30 s; the answer that says so has to arrive before.
TIMEOUT_SECONDS = 25.0
FIRST_POLL_SECONDS, MAX_POLL_SECONDS, POLL_GROWTH = 0.1, 1.0, 1.5
MAX_PARAMETER_CHARACTERS = 1024
PAGE_ROWS = 1000
# What statements call the address of a row's object, Athena's hidden column "$path".
OBJECT = "object_path"
# AthenaError.ErrorCategory: the statement, and not the service, is at fault.
_USER_ERROR = 2
_READERS: dict[str, Callable[[str], Any]] = {
    "bigint": int,
    "integer": int,
    "double": float,
    "boolean": lambda text: text == "true",
}


class AthenaClient(Protocol):
    """The operations of boto3's Athena client that we use."""

    def start_query_execution(self, **request: Any) -> Mapping[str, Any]:
        """Return the QueryExecutionId."""

    def get_query_execution(self, **request: Any) -> Mapping[str, Any]:
        """Return the QueryExecution with its Status."""

    def get_query_results(self, **request: Any) -> Mapping[str, Any]:
        """Return one page of the ResultSet."""

    def stop_query_execution(self, **request: Any) -> Mapping[str, Any]:
        """Cancel a query."""


class StatementRejected(Exception):
    """Athena calls our statement wrong. A bug of ours, so nobody catches it but the guard."""


class AthenaEngine:
    """An Engine over the Glue tables, whose partitions are minutes of arrival.

    `faults` are the exceptions with which the client says that the service failed. Athena cannot
    know how far delivery has come, so its tables carry no `fresh_to_ms`.
    """

    def __init__(
        self,
        client: AthenaClient,
        workgroup: str,
        database: str,
        sleep: Callable[[float], None],
        monotonic: Callable[[], float],
        *,
        faults: tuple[type[Exception], ...] = (),
    ) -> None:
        self._client = client
        self._workgroup = workgroup
        self._database = database
        self._sleep = sleep
        self._monotonic = monotonic
        self._faults = faults

    def run(self, statement: Statement) -> Table:
        """Return the rows of a statement. Raises QueryUnavailable when Athena fails or is slow."""
        try:
            execution = self._start(statement)
            self._wait(execution)
            return self._rows(execution)
        except self._faults as error:
            if _code(error) == "InvalidRequestException":
                raise StatementRejected(str(error)) from error
            raise QueryUnavailable(str(error)) from error

    def _start(self, statement: Statement) -> str:
        text, values = rendering.athena(statement, partitions(statement))
        answer = self._client.start_query_execution(
            QueryString=text,
            ExecutionParameters=[literal(value) for value in values],
            QueryExecutionContext={"Database": self._database},
            WorkGroup=self._workgroup,
        )
        return str(answer["QueryExecutionId"])

    def _wait(self, execution: str) -> None:
        """Poll until the query has ended; a query out of time is cancelled."""
        deadline = self._monotonic() + TIMEOUT_SECONDS
        pause = FIRST_POLL_SECONDS
        while not self._succeeded(execution):
            if self._monotonic() + pause > deadline:
                self._client.stop_query_execution(QueryExecutionId=execution)
                raise QueryUnavailable(f"{execution} took more than {TIMEOUT_SECONDS:.0f} s")
            self._sleep(pause)
            pause = min(pause * POLL_GROWTH, MAX_POLL_SECONDS)

    def _succeeded(self, execution: str) -> bool:
        answer = self._client.get_query_execution(QueryExecutionId=execution)
        status = answer["QueryExecution"]["Status"]
        if status["State"] not in ("FAILED", "CANCELLED"):
            return bool(status["State"] == "SUCCEEDED")
        text = f"{execution} {status['State']}: {status.get('StateChangeReason', 'no reason')}"
        if status.get("AthenaError", {}).get("ErrorCategory") == _USER_ERROR:
            raise StatementRejected(text)
        raise QueryUnavailable(text)

    def _rows(self, execution: str) -> Table:
        pages = list(self._pages(execution))
        columns = pages[0]["ResultSetMetadata"]["ColumnInfo"]
        readers = [_READERS.get(column["Type"], str) for column in columns]
        rows = [row["Data"] for page in pages for row in page["Rows"]]
        told = [_typed(row, readers) for row in rows[1:]]  # the first row of a SELECT is its header
        return Table([column["Name"] for column in columns], told, None)

    def _pages(self, execution: str) -> Iterator[Mapping[str, Any]]:
        request: dict[str, Any] = {"QueryExecutionId": execution, "MaxResults": PAGE_ROWS}
        while True:
            answer = self._client.get_query_results(**request)
            yield answer["ResultSet"]
            if not (token := answer.get("NextToken")):
                return
            request["NextToken"] = token


def partitions(statement: Statement) -> exp.Subquery:
    """Return the table's rows of the minutes in which the statement's rows arrived."""
    (first_day, first_minute), (last_day, last_minute) = (
        [part.partition("=")[2] for part in layout.hot_prefix(at).split("/")[1:3]]
        for at in (statement.from_ms, statement.to_ms)
    )
    day, minute, text = exp.column("dt"), exp.column("hm"), exp.Literal.string
    named = {column.name for column in statement.tree.find_all(exp.Column)}
    path = [exp.column("$path", quoted=True).as_(OBJECT)] if OBJECT in named else []
    return (
        exp.select("*", *path)
        .from_(exp.to_table(statement.table))
        .where(
            exp.Between(this=day, low=text(first_day), high=text(last_day)),
            exp.or_(day > text(first_day), minute >= text(first_minute)),
            exp.or_(day < text(last_day), minute <= text(last_minute)),
        )
        .subquery(statement.table)
    )


def literal(value: Scalar) -> str:
    """Return an execution parameter: a number as it is, a text in its own single quotes."""
    if isinstance(value, int | float):
        return repr(value).upper()
    found = "'" + str(value).replace("'", "''") + "'"
    if len(found) > MAX_PARAMETER_CHARACTERS:
        raise StatementRejected(f"a parameter has {len(found)} characters")
    return found


def _typed(data: Sequence[Mapping[str, str]], readers: Sequence[Callable[[str], Any]]) -> list[Any]:
    texts = [datum.get("VarCharValue") for datum in data]
    return [None if text is None else read(text) for text, read in zip(texts, readers, strict=True)]


def _code(error: Exception) -> str:
    answer: Mapping[str, Any] = getattr(error, "response", {})
    return str(answer.get("Error", {}).get("Code", ""))
