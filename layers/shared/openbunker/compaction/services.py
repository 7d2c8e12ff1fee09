"""What compaction on AWS needs from the outside, as one value. Built by `wiring`, or by a test.

No construction here and no I/O: only the shape.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openbunker.compaction.store.bucket import Bucket
from openbunker.erasure.model import ErasureStore
from openbunker.keys.projects import ProjectStates
from openbunker.query.athena.executions import Executions
from openbunker.usage.model import UsageStore


@dataclass(frozen=True, slots=True)
class Counts:
    """Where counts lie, and whose quotas they settle."""

    store: UsageStore
    states: ProjectStates


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactionServices:
    """What compaction on AWS needs. Days: `hot_days` are kept although they are cold; a sender's
    id is looked for in `dedupe_days` before it counts as new, 0: in all of them. `erasures` is
    None where nobody can be erased, `counts` where no usage is counted.
    """

    executions: Executions
    bucket: Bucket
    bucket_name: str
    erasures: ErasureStore | None
    now_ms: Callable[[], int]
    new_id: Callable[[int], str]
    log: Callable[[Mapping[str, Any]], None]
    hot_days: int
    dedupe_days: int
    counts: Counts | None = None
