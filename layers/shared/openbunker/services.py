"""What a request needs from the outside, as one value. Built by `wiring`, or by a test.

No construction here and no I/O: only the shape.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openbunker import ids
from openbunker.books import Book, NoBook
from openbunker.burst import Buckets
from openbunker.keys.model import KeyStore
from openbunker.names import NameBudget
from openbunker.sinks.sink import Sink

if TYPE_CHECKING:  # the engine's module imports sqlglot, which the hot path must not pay for
    from openbunker.aws.objects import ObjectStore
    from openbunker.compaction.bucket import Bucket
    from openbunker.compaction.counting import Counts
    from openbunker.erasure.model import ErasureStore
    from openbunker.manage.office import Office
    from openbunker.query.budget import Budget
    from openbunker.query.engine import Engine
    from openbunker.query.executions import Executions
    from openbunker.query.receipts import ReceiptStore
    from openbunker.sinks.refused import RefusedSink
    from openbunker.usage.model import UsageStore


def no_limit() -> float | None:
    """Say that nothing limits how long a request may take."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Stores, sinks, clock and ids of the process.

    `now_ms` returns milliseconds since the epoch; `new_id` makes an event id of that time;
    `log` writes one structured line; `names` remembers which event names a project uses; `book`
    takes what became of each request before it is answered; `seconds_left` is what a request may
    still take, None leaves it to the sinks; `refused` keeps what was refused of known keys, None
    keeps nothing; `buckets` hold how much each key may send at once, by the seconds of `monotonic`.
    """

    keys: KeyStore
    sink: Sink
    now_ms: Callable[[], int]
    new_id: Callable[[int], str]
    log: Callable[[Mapping[str, Any]], None]
    names: NameBudget = field(default_factory=NameBudget)
    book: Book = field(default_factory=NoBook)
    seconds_left: Callable[[], float | None] = no_limit
    refused: "RefusedSink | None" = None
    buckets: Buckets = field(default_factory=Buckets)
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryServices:
    """What a question needs from the outside.

    `budget` is told when a request begins; None where the engine bounds its own statements.
    `erasures` says whose rows are hidden; None where nobody can be erased. `usage` has the counts.
    """

    keys: KeyStore
    engine: "Engine"
    now_ms: Callable[[], int]
    log: Callable[[Mapping[str, Any]], None]
    receipts: "ReceiptStore | None" = None
    budget: "Budget | None" = None
    erasures: "ErasureStore | None" = None
    usage: "UsageStore | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageServices:
    """What managing tenants needs: `keys` without a cache, so that a reset key ends at once.

    `erasures` keeps who is to be erased; without it nobody can be.
    """

    keys: KeyStore
    office: "Office"
    now_ms: Callable[[], int]
    log: Callable[[Mapping[str, Any]], None]
    new_id: Callable[[int], str] = ids.new_id
    erasures: "ErasureStore | None" = None
    usage: "UsageStore | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactionServices:
    """What compaction on AWS needs. Days: `hot_days` are kept although they are cold; a sender's
    id is looked for in `dedupe_days` before it counts as new, 0: in all of them. `erasures` is
    None where nobody can be erased, `counts` where no usage is counted.
    """

    executions: "Executions"
    bucket: "Bucket"
    bucket_name: str
    erasures: "ErasureStore | None"
    now_ms: Callable[[], int]
    new_id: Callable[[int], str]
    log: Callable[[Mapping[str, Any]], None]
    hot_days: int
    dedupe_days: int
    counts: "Counts | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayServices:
    """What the replay of spilled records needs: the stream's own sink, without a spill behind."""

    sink: Sink
    objects: "ObjectStore"
    log: Callable[[Mapping[str, Any]], None]
