"""Log lines, and the names of metrics. One structured line per request, never a key or a body.

A line of the log is a metric as well, in CloudWatch's embedded metric format: counting costs no
call. A value counts by the dimensions of its name; labels come from enums and the deployment, never
from a client, for each pair of a name and its labels is a metric that is paid for.
Source: CloudWatch user guide, "Specification: Embedded metric format".
"""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from openbunker.core.books import Entry, hour
from openbunker.core.reasons import Reason
from openbunker.core.verdict import Fate
from openbunker.web.http import REASON_HEADER, Reply

Log = Callable[[Mapping[str, Any]], None]

NAMESPACE = "openbunker"
_BY_NAME = [(fate.value, fate) for fate in Fate]
_DIALECT, _FUNCTION, _STACK = ("stack", "dialect"), ("stack", "function"), ("stack",)
# What may stand in a line under such a name is a number, and is counted by these labels.
DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("stored", "spilled", "refused", "retry", "elapsed_ms"), _DIALECT),
    # An answer that tells of a fault of ours or of AWS, and the first line of an environment.
    **dict.fromkeys(("failed", "cold_start"), _FUNCTION),
    # A bug of ours, and refused items that could not be kept.
    **dict.fromkeys(("unexpected", "refused_lost"), _STACK),
    # The scheduled steps, by how long ago each one succeeded; how far behind the cold table is.
    **dict.fromkeys(
        (
            "compaction_age_seconds",
            "usage_age_seconds",
            "erasure_age_seconds",
            "optimize_age_seconds",
            "vacuum_age_seconds",
            "behind_seconds",
            "oldest_erasure_seconds",
            "oldest_spilled_seconds",
            "rows",
        ),
        _STACK,
    ),
    **dict.fromkeys(("replayed", "replayed_before", "kept"), _STACK),
}


def writer(stack: str, function: str, now_ms: Callable[[], int]) -> Log:
    """Return what writes the lines of one environment of a function to standard output."""
    labels = {"stack": stack, "function": function}
    colds = iter((1,))

    def write(line: Mapping[str, Any]) -> None:
        told = dict(line)
        for cold in colds:
            told["cold_start"] = cold
        sys.stdout.write(json.dumps(measured(told, labels, now_ms())) + "\n")

    return write


def measured(line: dict[str, Any], labels: Mapping[str, str], at_ms: int) -> dict[str, Any]:
    """Return a line with the labels of what it counts, and with what CloudWatch reads it by."""
    by = by_labels(line)
    if not by:
        return line
    needed = {label: labels[label] for names in by for label in names if label in labels}
    found = [
        {
            "Namespace": NAMESPACE,
            "Dimensions": [list(names)],
            "Metrics": [{"Name": n} for n in counted],
        }
        for names, counted in by.items()
    ]
    return {**line, **needed, "_aws": {"Timestamp": at_ms, "CloudWatchMetrics": found}}


def by_labels(line: Mapping[str, Any]) -> dict[tuple[str, ...], list[str]]:
    """Return the names of a line that are counted, by the labels that each is counted by."""
    by: dict[tuple[str, ...], list[str]] = {}
    for name in line:
        if name in DIMENSIONS:
            by.setdefault(DIMENSIONS[name], []).append(name)
    return by


def lost_line(dialect: str, count: int) -> dict[str, Any]:
    """Return the line of refused items that could not be kept: a count, and nothing of them."""
    return {
        "level": "ERROR",
        "error": "refused items were not kept",
        "dialect": dialect,
        "refused_lost": count,
    }


def request_line(
    dialect: str,
    reply: Reply,
    entry: Entry | None,
    elapsed_ms: int,
) -> dict[str, Any]:
    """Return the line of one request: counts by fate, whose sum is the number of items.

    With a project it is also the request's entry in the books of a deployment, by `project` and
    `hour` of receipt. They are fields and no dimensions: each would be a metric that is paid for.
    `failed` stands in it when the answer tells of a fault that is not the sender's, and `cause`
    when a service failed on the way, accepted or not: its code, as it calls itself.
    """
    reason = Reason(code) if (code := reply.headers.get(REASON_HEADER)) else None
    line: dict[str, Any] = {"dialect": dialect}
    if entry and entry.project_id:
        line |= {"project": entry.project_id, "hour": hour(entry.received_ms)}
    line |= {"status": reply.status, "reason": reason.value if reason else None}
    if entry:
        line |= {name: entry.count(fate) for name, fate in _BY_NAME}
    if reason and reason.facts.status >= 500:
        line["failed"] = 1
    if reply.cause:
        line["cause"] = reply.cause
    return line | {"elapsed_ms": elapsed_ms}
