"""What Databuddy's older and newer API share: the site rule, idempotency, findings, CORS.

Pure. Knows no route and no answer as a whole: those are in the two dialect files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from openbunker.core.errors import Problem
from openbunker.keys.model import Key
from openbunker.wire.dialect import Cors, Submission

NAME = "databuddy"
MAX_BATCH = 100
MAX_EVENT_ID = 512
# A refused origin may read its refusal too: docs/decisions/0007-refused-origins-read-errors.md.
CORS = Cors(
    headers="Content-Type, Authorization, X-Requested-With, databuddy-client-id, "
    "databuddy-sdk-name, databuddy-sdk-version",
    methods="POST, GET, OPTIONS",
)
# The name of an identification; whoever counts those must not count an event of this name.
IDENTIFY = "$identify"
_RESERVED = f"{IDENTIFY} is the name of identifications; send it to /identify, or use another name"
FOREIGN_ORIGIN = "Origin not authorized"


def reserved(event: Mapping[str, Any]) -> list[Problem]:
    """Return the finding of an event whose name is ours."""
    return [Problem("custom", ("name",), _RESERVED)] if event.get("name") == IDENTIFY else []


def scoped(submission: Submission, key: Key) -> Submission:
    """Return the submission with its ids scoped to the key, the same on every route."""
    return replace(submission, id_scope=f"{NAME}:{key.key_id}:")


def findings(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Return findings as the vendor's answers list them."""
    return [
        {"code": problem.code, "path": list(problem.path), "message": problem.message}
        for problem in problems
    ]
