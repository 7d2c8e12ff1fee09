"""The books of a deployment, on scripted clients: what the log says against what Athena counts."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from openbunker.query.athena.partitions import Begins, arrived
from openbunker.query.engine import Statement, Table
from openbunker.query.rendering import athena
from openbunker.wiring import system
from openbunker_local.stack import books as stack_books
from openbunker_local.stack import clients
from openbunker_local.stack import trees as books_sql
from openbunker_local.stack.reach import StackUnavailable
from tests.support.shell import cli

HOUR_MS = 3_600_000
FROM_MS = 1_795_233_600_000  # 2026-11-21T04:00:00Z
HOURS = FROM_MS // HOUR_MS


class Cloud:
    """CloudFormation, Logs and Athena of one stack."""

    def __init__(self, entries: Sequence[dict[str, str]], rows: Sequence[Sequence[Any]]) -> None:
        self.entries, self.rows = entries, rows
        self.statuses = ["Running", "Complete"]
        self.queries: list[dict[str, Any]] = []
        self.statements: list[Statement] = []

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803
        told = {"AthenaWorkGroupName": StackName, "EventsTableName": "glue.events"}
        outputs = [{"OutputKey": name, "OutputValue": value} for name, value in told.items()]
        days = [{"ParameterKey": "HotDays", "ParameterValue": "2"}]
        return {"Stacks": [{"Outputs": outputs, "Parameters": days}]}

    def describe_stack_resource(self, StackName: str, LogicalResourceId: str) -> Any:  # noqa: N803
        name = f"{StackName}-{LogicalResourceId}"
        return {"StackResourceDetail": {"PhysicalResourceId": name}}

    def start_query(self, **query: Any) -> Any:
        self.queries.append(query)
        return {"queryId": "1"}

    def get_query_results(self, **_query: Any) -> Any:
        fields = [[{"field": k, "value": v} for k, v in row.items()] for row in self.entries]
        return {"status": self.statuses.pop(0), "results": fields}

    def run(self, statement: Statement) -> Table:
        self.statements.append(statement)
        return Table(["project_id", "hour", "lying", "ids", "dedupe_keys"], self.rows, None)


def entry(stored: int, spilled: int = 0, hour: str = "2026-11-21T04") -> dict[str, str]:
    counts = {"stored": stored, "spilled": spilled, "refused": 3, "retry": 1}
    return {"project": "p", "hour": hour, **{k: str(v) for k, v in counts.items()}}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(cloud: Cloud) -> Cloud:
        monkeypatch.setattr(clients, "clients", lambda *_names: (cloud, cloud))
        monkeypatch.setattr(clients, "athena_engine", lambda _workgroup, _database: cloud)
        monkeypatch.setattr(system, "now_ms", lambda: FROM_MS + HOUR_MS)
        monkeypatch.setattr(stack_books, "POLL_SECONDS", 0.0)
        return cloud

    return install


@pytest.mark.parametrize(
    ("accepted", "ids", "told"),
    [
        ((10, 0), 10, (0, 0, 0)),
        ((10, 0), 8, (2, 0, 0)),
        ((10, 0), 11, (0, 1, 0)),
        ((8, 2), 8, (0, 0, 2)),
    ],
)
def test_log_lines_are_compared_with_rows(
    installed: Any, accepted: tuple[int, int], ids: int, told: tuple[int, int, int]
) -> None:
    installed(Cloud([entry(*accepted)], [["p", HOURS, ids + 1, ids, ids - 1]]))

    (line,) = stack_books.reconcile("stack", FROM_MS + 5, FROM_MS + HOUR_MS)

    assert (line.project, line.hour, line.received) == ("p", "2026-11-21T04", sum(accepted) + 4)
    assert (line.missing, line.unanswered, line.waiting) == told
    assert (line.copies, line.duplicates, line.closes) == (1, 1, not line.missing)


def test_whole_hours_are_asked_for_and_others_left_out(installed: Any) -> None:
    cloud = installed(Cloud([entry(1), entry(1, hour="2026-11-21T05")], []))

    (line,) = stack_books.reconcile("stack", FROM_MS + 5, FROM_MS + 6)

    (query,), (statement,) = cloud.queries, cloud.statements
    assert query["logGroupNames"] == ["stack-TrackLogs", "stack-BatchLogs"]
    assert query["startTime"] == FROM_MS // 1000
    assert "by project, hour" in query["queryString"]
    assert statement.parameters == {"low": FROM_MS, "high": FROM_MS + HOUR_MS - 1}
    assert line.hour == "2026-11-21T04"


def test_hours_whose_objects_may_be_removed_are_not_asked_for(installed: Any) -> None:
    cloud = installed(Cloud([], []))

    stack_books.reconcile("stack", 0, FROM_MS)

    (statement,) = cloud.statements
    assert statement.parameters["low"] == FROM_MS + 2 * HOUR_MS - 2 * 24 * HOUR_MS


def test_a_failed_log_query_is_an_error(installed: Any) -> None:
    installed(Cloud([], [])).statuses = ["Failed"]
    with pytest.raises(StackUnavailable, match="Failed"):
        stack_books.reconcile("stack", FROM_MS, FROM_MS + 1)


def test_the_statement_counts_ids_and_dedupe_keys_by_project_and_hour() -> None:
    statement = books_sql.lying(FROM_MS, FROM_MS + HOUR_MS)
    text, values = athena(statement, arrived(statement, Begins()))
    assert values == [FROM_MS, FROM_MS + HOUR_MS - 1]
    for part in ("COUNT(DISTINCT event_id)", "COUNT(DISTINCT dedupe_key)", "3600000", "GROUP BY"):
        assert part in text


def test_a_line_that_does_not_close_is_named_and_fails(installed: Any) -> None:
    installed(Cloud([entry(10)], [["p", HOURS, 8, 8, 8]]))

    done = cli("reconcile", "--stack", "stack", "--from", "2026-11-21T04:00")
    assert done.returncode == 1
    assert "p 2026-11-21T04: 2 answered events are missing" in done.stdout
    installed(Cloud([entry(10)], [["p", HOURS, 8, 8, 8]]))
    told = json.loads(cli("reconcile", "--stack", "stack", "--json").stdout)
    assert told["closes"] is False
    assert told["lines"][0]["missing"] == 2
