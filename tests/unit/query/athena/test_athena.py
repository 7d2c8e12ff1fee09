"""The Athena engine: what it asks for, how it waits, and what becomes of failures.

moto's Athena gives the answers the service's shape; a scripted client gives the faults.
"""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
)
from moto import mock_aws
from moto.athena.models import QueryResults, athena_backends

from openbunker.core.errors import QueryTimedOut, QueryTooLarge, QueryUnavailable, StoreDamaged
from openbunker.query.athena.budget import LONGEST_SECONDS, RequestBudget
from openbunker.query.athena.engine import AthenaEngine
from openbunker.query.athena.executions import Executions
from openbunker.query.engine import Statement, StatementRejected
from openbunker.query.question import question
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from tests.support.query.lake import NOW_MS

FAULTS = (BotoCoreError, ClientError)


def statement() -> Statement:
    body = {
        "time_period": "minus_5_minutes",
        "filters": [{"field_name": "event_name", "op": "equals", "value": "it's"}],
    }
    return sql.plan(question.parse(body), Scope("project-a"), NOW_MS).statement


class Clock:
    """Seconds that pass only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


class ScriptedClient:
    """A client whose query goes through the given statuses; the last one stays."""

    def __init__(self, *statuses: dict[str, Any], error: Exception | None = None) -> None:
        self.statuses, self.error = list(statuses), error
        self.stopped: list[str] = []

    def start_query_execution(self, **_: Any) -> dict[str, Any]:
        if self.error:
            raise self.error
        return {"QueryExecutionId": "execution-1"}

    def get_query_execution(self, **_: Any) -> dict[str, Any]:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return {"QueryExecution": {"Status": status}}

    def get_query_results(self, **_: Any) -> dict[str, Any]:
        header = {"Data": [{"VarCharValue": "c0"}]}
        info = [{"Name": "c0", "Type": "bigint"}]
        row = {"Data": [{"VarCharValue": "7"}]}
        return {"ResultSet": {"ResultSetMetadata": {"ColumnInfo": info}, "Rows": [header, row]}}

    def stop_query_execution(self, **request: Any) -> dict[str, Any]:
        self.stopped.append(request["QueryExecutionId"])
        return {}


def engine(client: Any, clock: Clock | None = None) -> AthenaEngine:
    clock = clock or Clock()
    executions = Executions(client, "group", "base", clock.sleep, clock.monotonic, faults=FAULTS)
    return AthenaEngine(executions, RequestBudget(clock.monotonic))


@pytest.fixture
def moto_athena(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("athena", region_name="us-east-1")
        output = {"ResultConfiguration": {"OutputLocation": "s3://results/"}}
        client.create_work_group(Name="group", Configuration=output)
        yield client


def test_the_services_shapes_become_typed_rows(moto_athena: Any) -> None:
    kinds = {"g0": "varchar", "c0": "bigint", "c1": "double", "c2": "boolean"}
    rows: list[list[str | None]] = [
        [*kinds],
        ["a", "7", "2.5", "true"],
        [None, "0", "1.0E10", "false"],
    ]
    cells = [[{} if cell is None else {"VarCharValue": cell} for cell in row] for row in rows]
    answer = QueryResults(
        rows=[{"Data": row} for row in cells],
        column_info=[{"Name": name, "Type": kind} for name, kind in kinds.items()],
    )
    backend = athena_backends["123456789012"]["us-east-1"]
    backend.query_results_queue.append(answer)

    table = engine(moto_athena).run(statement())

    assert table.columns == ["g0", "c0", "c1", "c2"]
    assert table.rows == [["a", 7, 2.5, True], [None, 0, 1e10, False]]
    assert table.fresh_to_ms is None


def test_values_go_as_execution_parameters(moto_athena: Any) -> None:
    """Nothing of the question is in the text that the service parses."""
    backend = athena_backends["123456789012"]["us-east-1"]
    info = [{"Name": "c0", "Type": "bigint"}]
    backend.query_results_queue.append(QueryResults([{"Data": [{"VarCharValue": "c0"}]}], info))

    engine(moto_athena).run(statement())

    execution: Any = list(backend.executions.values())[-1]
    assert execution.query.count("?") == 6
    assert "it's" not in execution.query
    assert execution.context == {"Database": "base"}
    assert execution.execution_parameters == [
        "'project-a'", "'project-a'", "'project-a'", str(NOW_MS - 300_000), str(NOW_MS), "'it''s'",
    ]  # fmt: skip


def test_waiting_starts_short_and_grows() -> None:
    clock = Clock()
    running = [{"State": "QUEUED"}, *[{"State": "RUNNING"}] * 9]

    engine(ScriptedClient(*running, {"State": "SUCCEEDED"}), clock).run(statement())

    assert clock.pauses[0] == 0.1
    assert clock.pauses == sorted(clock.pauses)
    assert clock.pauses[-1] == 1.0


def test_a_query_out_of_time_is_cancelled() -> None:
    client, clock = ScriptedClient({"State": "RUNNING"}), Clock()

    with pytest.raises(QueryTimedOut, match="took more than 25 s"):
        engine(client, clock).run(statement())

    assert client.stopped == ["execution-1"]
    assert clock.now <= LONGEST_SECONDS


def test_the_statements_of_one_request_share_its_time() -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 9_000

    clock = Clock()
    budget = RequestBudget(clock.monotonic)
    slow = [{"State": "RUNNING"}] * 7
    client = ScriptedClient(*slow, {"State": "SUCCEEDED"}, {"State": "RUNNING"})
    executions = Executions(client, "group", "base", clock.sleep, clock.monotonic)
    asked = AthenaEngine(executions, budget)

    budget.begin(Context())
    asked.run(statement())
    with pytest.raises(QueryTimedOut):
        asked.run(statement())

    assert clock.now <= 7.0
    assert client.stopped == ["execution-1"]

    budget.begin(None)
    assert budget.left() == LONGEST_SECONDS


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_query_over_the_cut_off_is_too_large(state: str) -> None:
    """Athena's words; the category differs between engine versions."""
    words = "Query cancelled! : Bytes scanned limit was exceeded"
    status = {"State": state, "StateChangeReason": words, "AthenaError": {"ErrorCategory": 2}}

    with pytest.raises(QueryTooLarge):
        engine(ScriptedClient(status)).run(statement())


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
@pytest.mark.parametrize("fault", [{}, {"AthenaError": {"ErrorCategory": 1}}])
def test_a_failure_of_the_service_may_be_asked_again(state: str, fault: dict[str, Any]) -> None:
    status = {"State": state, "StateChangeReason": "out of capacity", **fault}

    with pytest.raises(QueryUnavailable, match="out of capacity"):
        engine(ScriptedClient(status)).run(statement())


@pytest.mark.parametrize("words", ["HIVE_CURSOR_ERROR: incorrect data check", "ICEBERG_BAD_DATA"])
def test_a_damaged_object_is_never_the_statements_fault(words: str) -> None:
    """Athena counts some of these errors as the user's."""
    status = {"State": "FAILED", "StateChangeReason": words, "AthenaError": {"ErrorCategory": 2}}
    with pytest.raises(StoreDamaged):
        engine(ScriptedClient(status)).run(statement())
    status["StateChangeReason"] = "HIVE_CANNOT_OPEN_SPLIT: s3://bucket/hot"
    with pytest.raises(QueryUnavailable):
        engine(ScriptedClient(status)).run(statement())


def test_a_statement_that_the_service_rejects_is_a_bug_of_ours() -> None:
    """It must not look like an outage that passes."""
    status = {"State": "FAILED", "StateChangeReason": "SYNTAX_ERROR",
              "AthenaError": {"ErrorCategory": 2}}  # fmt: skip
    wrong = {"Error": {"Code": "InvalidRequestException", "Message": "mismatched input"}}
    error = ClientError(wrong, "StartQueryExecution")  # type: ignore[arg-type]

    for client in (ScriptedClient(status), ScriptedClient(status, error=error)):
        with pytest.raises(StatementRejected):
            engine(client).run(statement())


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="https://athena"),
        ClientError({"Error": {"Code": "TooManyRequestsException"}}, "StartQueryExecution"),
    ],
)
def test_a_client_that_fails_is_unavailable(error: Exception) -> None:
    with pytest.raises(QueryUnavailable):
        engine(ScriptedClient({"State": "RUNNING"}, error=error)).run(statement())


def test_another_error_of_the_client_is_not_masked() -> None:
    with pytest.raises(KeyError):
        engine(ScriptedClient({"State": "RUNNING"}, error=KeyError("x"))).run(statement())


def test_a_connection_that_breaks_is_the_services_fault_and_no_bug_of_ours() -> None:
    error = ConnectionClosedError(endpoint_url="https://athena.example")
    with pytest.raises(QueryUnavailable, match="Connection was closed"):
        engine(ScriptedClient({}, error=error)).run(statement())
