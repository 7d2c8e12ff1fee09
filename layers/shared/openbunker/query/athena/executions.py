"""Statements run by Athena: started, waited for, read. Knows no table of ours and builds no SQL.

The client is the signed one, or boto3's where that is there anyway. Source: Athena API reference;
the words of a query over the cut-off: Athena user guide, "Configure per-query and per-workgroup
data usage controls".
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from openbunker.core.errors import (
    QueryTimedOut,
    QueryTooLarge,
    QueryUnavailable,
    StoreDamaged,
)
from openbunker.query.engine import Scalar, StatementRejected, Table

FIRST_POLL_SECONDS, MAX_POLL_SECONDS, POLL_GROWTH = 0.1, 1.0, 1.5
MAX_PARAMETER_CHARACTERS = 1024
PAGE_ROWS = 1000
# AthenaError.ErrorCategory: the statement, and not the service, is at fault.
_USER_ERROR = 2
# How Trino begins what it says of its sources, and of bytes among them that are not what they
# should be: an object of gzip that is cut off, or damaged within (names of its error codes).
_OF_SOURCE = re.compile(r"\b(HIVE|ICEBERG)_[A-Z_]+\b")
_DAMAGED = re.compile(r"\b(HIVE|ICEBERG)_(BAD_DATA|CURSOR_ERROR)\b")
_OVER_THE_CUT_OFF = "bytes scanned limit"
_READERS: dict[str, Callable[[str], Any]] = {
    "bigint": int,
    "integer": int,
    "double": float,
    "boolean": lambda text: text == "true",
    "decimal": Decimal,
    "float": float,
    "date": lambda text: _in_calendar(date.fromisoformat, text),
    "timestamp": lambda text: _in_calendar(datetime.fromisoformat, text),
    "interval day to second": lambda text: _length(text),  # noqa: PLW0108  # stands below
}
_LENGTH = re.compile(r"(-?)([0-9]+) ([0-9]+):([0-9]+):([0-9]+)[.]([0-9]{3})")


class AthenaClient(Protocol):
    """The operations of Athena that we use, as boto3's client has them."""

    def start_query_execution(self, **request: Any) -> Mapping[str, Any]:
        """Return the QueryExecutionId."""

    def get_query_execution(self, **request: Any) -> Mapping[str, Any]:
        """Return the QueryExecution with its Status."""

    def get_query_results(self, **request: Any) -> Mapping[str, Any]:
        """Return one page of the ResultSet."""

    def stop_query_execution(self, **request: Any) -> Mapping[str, Any]:
        """Cancel a query."""


class ExecutionFailed(QueryUnavailable):
    """The statement has ended, and the service says that it failed."""


class StatementOnDamage(ExecutionFailed, StoreDamaged):
    """The statement has ended: it had to read an object that is damaged."""


class Executions:
    """What runs text in one workgroup, over one database.

    `faults` are the exceptions with which the client says that the service failed. Every method
    raises QueryUnavailable, or StatementRejected.
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

    def start(self, text: str, values: Sequence[Scalar] = (), token: str | None = None) -> str:
        """Start a text with its parameters and return the execution's id.

        The same token and text give the same execution, however often they are started.
        """
        request: dict[str, Any] = {
            "QueryString": text,
            "QueryExecutionContext": {"Database": self._database},
            "WorkGroup": self._workgroup,
        }
        if values:
            request["ExecutionParameters"] = [literal(value) for value in values]
        if token:
            request["ClientRequestToken"] = token
        return str(self._called(self._client.start_query_execution, request)["QueryExecutionId"])

    def wait(self, execution: str, seconds: float, *, cancel: bool = True) -> None:
        """Poll until an execution has succeeded. Raises QueryTimedOut; then it is cancelled.

        Without `cancel` it runs on, for a later one to wait for.
        """
        deadline, pause = self._monotonic() + seconds, FIRST_POLL_SECONDS
        while not self._succeeded(execution):
            if self._monotonic() + pause > deadline:
                if cancel:
                    stop = {"QueryExecutionId": execution}
                    self._called(self._client.stop_query_execution, stop)
                raise QueryTimedOut(f"{execution} took more than {seconds:.0f} s")
            self._sleep(pause)
            pause = min(pause * POLL_GROWTH, MAX_POLL_SECONDS)

    def rows(self, execution: str) -> Table:
        """Return the rows of a SELECT that has succeeded."""
        pages = list(self._pages(execution))
        columns = pages[0]["ResultSetMetadata"]["ColumnInfo"]
        readers = [_READERS.get(column["Type"], str) for column in columns]
        rows = [row["Data"] for page in pages for row in page["Rows"]]
        told = [_typed(row, readers) for row in rows[1:]]  # the first row of a SELECT is its header
        types = [column["Type"] for column in columns]
        return Table([column["Name"] for column in columns], told, None, types=types)

    def _succeeded(self, execution: str) -> bool:
        answer = self._called(self._client.get_query_execution, {"QueryExecutionId": execution})
        status = answer["QueryExecution"]["Status"]
        if status["State"] not in ("FAILED", "CANCELLED"):
            return bool(status["State"] == "SUCCEEDED")
        text = f"{execution} {status['State']}: {status.get('StateChangeReason', 'no reason')}"
        if _OVER_THE_CUT_OFF in text.lower():
            raise QueryTooLarge(text)
        if _DAMAGED.search(text):
            raise StatementOnDamage(text)
        if _OF_SOURCE.search(text):  # whatever the category says: it is not the statement's
            raise ExecutionFailed(text)
        if status.get("AthenaError", {}).get("ErrorCategory") == _USER_ERROR:
            raise StatementRejected(text)
        raise ExecutionFailed(text)

    def _pages(self, execution: str) -> Iterator[Mapping[str, Any]]:
        request: dict[str, Any] = {"QueryExecutionId": execution, "MaxResults": PAGE_ROWS}
        while True:
            answer = self._called(self._client.get_query_results, request)
            yield answer["ResultSet"]
            if not (token := answer.get("NextToken")):
                return
            request["NextToken"] = token

    def _called(
        self, operation: Callable[..., Mapping[str, Any]], request: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        try:
            return operation(**request)
        except self._faults as error:
            if _code(error) == "InvalidRequestException":
                raise StatementRejected(str(error)) from error
            raise QueryUnavailable(str(error)) from error


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


def _in_calendar(read: Callable[[str], Any], text: str) -> Any:
    """Return a time, or its text where Python's calendar has no such year."""
    try:
        return read(text)
    except ValueError:
        return text


def _length(text: str) -> timedelta:
    """Return the length of time that Trino writes as `-2 03:04:05.678`."""
    found = _LENGTH.fullmatch(text)
    if not found:
        raise QueryUnavailable(f"no interval: {text[:40]}")
    days, hours, minutes, seconds, ms = map(int, found.groups()[1:])
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=ms)
    return -length if found[1] else length


def _code(error: Exception) -> str:
    # Of a connection that broke botocore has the name and no answer.
    answer: Mapping[str, Any] = getattr(error, "response", None) or {}
    return str(getattr(error, "code", "") or answer.get("Error", {}).get("Code", ""))
