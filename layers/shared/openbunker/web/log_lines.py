"""Log lines and the names of metrics. One structured line per request, never a key or a body.

The line carries CloudWatch's embedded metric format, so that counting costs no call. Labels come
from enums, never from a client. Source: CloudWatch user guide, "embedded metric format".
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from openbunker.core.books import Entry, hour
from openbunker.core.reasons import Reason
from openbunker.core.verdict import Fate
from openbunker.web.http import REASON_HEADER, Reply

NAMESPACE = "openbunker"


def write_line(line: Mapping[str, Any]) -> None:
    """Write one line of JSON to standard output, where Lambda collects it."""
    sys.stdout.write(json.dumps(line) + "\n")


def lost_line(dialect: str, count: int, at_ms: int) -> dict[str, Any]:
    """Return the line of refused items that could not be kept: a count, and nothing of them."""
    return {
        "level": "ERROR",
        "error": "refused items were not kept",
        "dialect": dialect,
        "refused_lost": count,
        **_metrics(("refused_lost",), at_ms),
    }


def request_line(
    dialect: str,
    reply: Reply,
    entry: Entry | None,
    elapsed_ms: int,
    at_ms: int,
) -> dict[str, Any]:
    """Return the line of one request: counts by fate, whose sum is the number of items.

    With a project it is also the request's entry in the books of a deployment, by `project` and
    `hour` of receipt. They are fields and no dimensions: each would be a metric that is paid for.
    """
    reason = Reason(code) if (code := reply.headers.get(REASON_HEADER)) else None
    counts = {fate.value: entry.count(fate) if entry else 0 for fate in Fate}
    book = {}
    if entry and entry.project_id:
        book = {"project": entry.project_id, "hour": hour(entry.received_ms)}
    return {
        "dialect": dialect,
        **book,
        "status": reply.status,
        "reason": reason.value if reason else None,
        **counts,
        "elapsed_ms": elapsed_ms,
        **_metrics((*counts, "elapsed_ms"), at_ms),
    }


def _metrics(names: Sequence[str], at_ms: int) -> dict[str, Any]:
    metric = {
        "Namespace": NAMESPACE,
        "Dimensions": [["dialect"]],
        "Metrics": [{"Name": name} for name in names],
    }
    return {"_aws": {"Timestamp": at_ms, "CloudWatchMetrics": [metric]}}
