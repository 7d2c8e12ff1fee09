"""The books of a deployed stack: its log lines, summed by Logs Insights, against Athena's count.

The clients are boto3's, of `stack.clients` or a test. Log lines hold counts and no ids,
so a loss and a surplus of the same hour can hide each other here; on one machine they cannot.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from openbunker.core.books import hour
from openbunker.core.times import DAY_MS, HOUR_MS
from openbunker.query.engine import Engine
from openbunker.wiring import system
from openbunker_local.books.compare import Line
from openbunker_local.stack import clients
from openbunker_local.stack import trees as books_sql
from openbunker_local.stack.reach import StackUnavailable

LOGS = ("TrackLogs", "BatchLogs")
# Logs end too.
MAX_DAYS = 31
MAX_GROUPS = 10_000  # Logs Insights' own limit of rows
POLL_SECONDS = 1.0
# A request's line is written when it was answered; logs are read that much longer.
SLACK_SECONDS = 600
ENTRIES = (
    "filter ispresent(project) | stats sum(stored) as stored, sum(spilled) as spilled, "
    f"sum(refused) as refused, sum(retry) as retry by project, hour | limit {MAX_GROUPS}"
)
Page = tuple[str, str]


def reconcile(stack: str, from_ms: int, to_ms: int) -> list[Line]:
    """Return the comparison of a stack's last days, as far as all copies still lie there.

    Once compacted objects are removed, the copies of an event are known to nobody. Raises
    StackUnavailable, and QueryUnavailable when Athena does not answer.
    """
    with clients.reaching(stack):
        return _reconciled(stack, from_ms, to_ms)


def _reconciled(stack: str, from_ms: int, to_ms: int) -> list[Line]:
    now_ms = system.now_ms()
    to_ms = min(to_ms, now_ms)
    cloudformation, logs = clients.clients("cloudformation", "logs")
    (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
    from_ms = max(from_ms, now_ms - _hot_days(found) * DAY_MS + HOUR_MS)
    # The log lines name hours; so whole hours are compared.
    from_ms, to_ms = from_ms - from_ms % HOUR_MS, to_ms + -to_ms % HOUR_MS
    database = outputs["EventsTableName"].partition(".")[0]
    engine = clients.athena_engine(outputs["AthenaWorkGroupName"], database)
    entered = _entered(logs, _groups(cloudformation, stack), (from_ms, to_ms), time.sleep)
    return compared(entered, _lying(engine, from_ms, to_ms))


def compared(entered: Mapping[Page, Mapping[str, int]], lying: Mapping[Page, Any]) -> list[Line]:
    """Return one line per project and hour from the sums of the log and of the store."""
    return [
        _line(page, entered.get(page, {}), lying.get(page, (0, 0, 0)))
        for page in sorted(entered.keys() | lying.keys(), key=lambda page: (page[1], page[0]))
    ]


def _line(page: Page, counts: Mapping[str, int], lying: tuple[int, int, int]) -> Line:
    stored, spilled = counts.get("stored", 0), counts.get("spilled", 0)
    refused, retry = counts.get("refused", 0), counts.get("retry", 0)
    rows, ids, keys = lying
    accepted = stored + spilled
    # What was spilled may wait in its queue; what was stored lies there.
    waiting = min(spilled, max(0, accepted - ids))
    return Line(
        project=page[0],
        hour=page[1],
        received=accepted + refused + retry,
        stored=stored,
        spilled=spilled,
        refused=refused,
        retry=retry,
        lying=ids,
        waiting=waiting,
        missing=max(0, accepted - waiting - ids),
        unanswered=max(0, ids - accepted),
        copies=rows - ids,
        duplicates=ids - keys,
    )


def _hot_days(stack: Mapping[str, Any]) -> int:
    """Return for how long objects stay; a stack from before there was a cold table kept them."""
    named = {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", ())}
    return min(int(named.get("HotDays", MAX_DAYS)), MAX_DAYS)


def _groups(cloudformation: Any, stack: str) -> list[str]:
    found = [
        cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=name)
        for name in LOGS
    ]
    return [one["StackResourceDetail"]["PhysicalResourceId"] for one in found]


def _entered(
    logs: Any, groups: list[str], times: tuple[int, int], sleep: Callable[[float], None]
) -> dict[Page, dict[str, int]]:
    """Return the sums of the log lines by project and hour, of the hours within the times."""
    query = logs.start_query(
        logGroupNames=groups,
        startTime=times[0] // 1000,
        endTime=times[1] // 1000 + SLACK_SECONDS,
        queryString=ENTRIES,
    )
    while (answer := logs.get_query_results(queryId=query["queryId"]))["status"] != "Complete":
        if answer["status"] not in ("Scheduled", "Running"):
            raise StackUnavailable(f"Logs Insights ended with {answer['status']}")
        sleep(POLL_SECONDS)
    low, high = hour(times[0]), hour(times[1] - 1)
    sums = {(row["project"], row["hour"]): row for row in map(_fields, answer["results"])}
    names = ("stored", "spilled", "refused", "retry")
    return {
        page: {name: int(float(row[name])) for name in names}
        for page, row in sums.items()
        if low <= page[1] <= high
    }


def _fields(row: list[dict[str, str]]) -> dict[str, str]:
    return {field["field"]: field["value"] for field in row}


def _lying(engine: Engine, from_ms: int, to_ms: int) -> dict[Page, tuple[int, int, int]]:
    return dict(_pages(engine.run(books_sql.lying(from_ms, to_ms)).rows))


def _pages(rows: Any) -> Iterator[tuple[Page, tuple[int, int, int]]]:
    for project, hours, lying, ids, keys in rows:
        at = datetime.fromtimestamp(hours * 3600, UTC)
        yield (project, at.strftime("%Y-%m-%dT%H")), (lying, ids, keys)
