"""Log lines and the names of metrics. One structured line per request, never a key or a body.

The line carries CloudWatch's embedded metric format, so that counting costs no call. Labels come
from enums, never from a client. Source: CloudWatch user guide, "embedded metric format".
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from openbunker.http import REASON_HEADER, Reply
from openbunker.reasons import Reason

NAMESPACE = "openbunker"
FATES = ("stored", "spilled", "refused", "retry")


def write_line(line: Mapping[str, Any]) -> None:
    """Write one line of JSON to standard output, where Lambda collects it."""
    sys.stdout.write(json.dumps(line) + "\n")


def request_line(
    dialect: str,
    reply: Reply,
    fates: Mapping[str, int],
    elapsed_ms: int,
    at_ms: int,
) -> dict[str, Any]:
    """Return the line of one request: counts by fate, whose sum is the number of items."""
    reason = Reason(code) if (code := reply.headers.get(REASON_HEADER)) else None
    counts = {fate: fates.get(fate, 0) for fate in FATES}
    return {
        "dialect": dialect,
        "status": reply.status,
        "reason": reason.value if reason else None,
        **counts,
        "elapsed_ms": elapsed_ms,
        "unexpected": int(bool(reason and reason.facts.unexpected)),
        "_aws": {
            "Timestamp": at_ms,
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [["dialect"]],
                    "Metrics": [{"Name": name} for name in (*FATES, "elapsed_ms", "unexpected")],
                }
            ],
        },
    }
