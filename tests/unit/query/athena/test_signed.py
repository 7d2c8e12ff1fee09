"""Athena over the signed client: operations by their names, a token for each start, and faults."""

import json
from typing import Any

import pytest

from openbunker.aws.client import AwsJsonClient
from openbunker.aws.errors import AwsError
from openbunker.core.errors import QueryUnavailable
from openbunker.query.athena.executions import Executions
from openbunker.query.athena.signed import SignedAthena
from openbunker.query.engine import StatementRejected


class Client(AwsJsonClient):
    """A client that answers as told and remembers what it was asked."""

    def __init__(self, answer: dict[str, Any] | AwsError) -> None:
        self._answer = answer
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def call(self, operation: str, body: bytes, seconds: float | None = None) -> dict[str, Any]:
        assert seconds
        self.asked.append((operation, json.loads(body)))
        if isinstance(self._answer, AwsError):
            raise self._answer
        return self._answer


def executions(client: Client) -> Executions:
    athena = SignedAthena(client, lambda: "t" * 36)
    return Executions(*(athena, "group", "base", lambda _: None, lambda: 0.0), faults=(AwsError,))


def test_a_start_without_a_token_is_given_one() -> None:
    """AWS's own tools do so too; the service refuses a start without one."""
    client = Client({"QueryExecutionId": "id"})
    assert executions(client).start("SELECT 1") == "id"
    executions(client).start("SELECT 1", token="own" * 11)
    (operation, first), (_, second) = client.asked
    assert operation == "StartQueryExecution"
    assert first["ClientRequestToken"] == "t" * 36
    assert second["ClientRequestToken"] == "own" * 11


def test_rows_and_a_cancelled_wait_ask_by_the_operations_names() -> None:
    page = {"ResultSetMetadata": {"ColumnInfo": [{"Name": "n", "Type": "bigint"}]}}
    rows = [{"Data": [{"VarCharValue": "n"}]}, {"Data": [{"VarCharValue": "7"}]}, {"Data": [{}]}]
    client = Client({"ResultSet": {**page, "Rows": rows}})
    assert executions(client).rows("id").rows == [[7], [None]]
    athena = SignedAthena(client, lambda: "")
    athena.stop_query_execution(QueryExecutionId="id")
    athena.get_query_execution(QueryExecutionId="id")
    assert [operation for operation, _ in client.asked] == [
        "GetQueryResults",
        "StopQueryExecution",
        "GetQueryExecution",
    ]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("InvalidRequestException", StatementRejected),
        ("TooManyRequestsException", QueryUnavailable),
        ("ConnectionFailed", QueryUnavailable),
    ],
)
def test_what_the_service_refuses_is_the_statements_fault_or_the_services(
    code: str, told: type[Exception]
) -> None:
    with pytest.raises(told, match=code) as raised:
        executions(Client(AwsError(code, "text", 400))).start("SELECT 1")
    assert type(raised.value) is told
