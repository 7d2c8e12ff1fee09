"""What a question needs from the outside, as one value. Built by `wiring`, or by a test.

No construction here and no I/O: only the shape.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openbunker.erasure.model import ErasureStore
from openbunker.keys.model import KeyStore
from openbunker.query.athena.budget import Budget
from openbunker.query.engine import Engine
from openbunker.query.receipts import ReceiptStore
from openbunker.query.state import Deployment
from openbunker.usage.model import UsageStore
from openbunker.web.edge import NO_EDGE, Edge


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryServices:
    """What a question needs from the outside.

    `budget` is told when a request begins; None where the engine bounds its own statements.
    `erasures` says whose rows are hidden; None where nobody can be erased. `usage` has the counts.
    `settled_to_ms` tells a time before whose receipt everything is visible; None where nobody
    knows, and the time that a receipt allows for it has to do. `visible` tells up to when
    everything is visible, then what changes whenever a row becomes visible; None where a question
    alone finds out. `deployment` knows how it is itself; `edge` is who must have handed it on.
    """

    keys: KeyStore
    engine: Engine
    now_ms: Callable[[], int]
    log: Callable[[Mapping[str, Any]], None]
    receipts: ReceiptStore | None = None
    budget: Budget | None = None
    erasures: ErasureStore | None = None
    usage: UsageStore | None = None
    settled_to_ms: Callable[[], int] | None = None
    visible: Callable[[], tuple[int, str]] | None = None
    deployment: Deployment | None = None
    edge: Edge = NO_EDGE

    def settled(self) -> int:
        """Return a time before whose receipt everything is visible. Ask before looking."""
        if self.settled_to_ms:
            return self.settled_to_ms()
        return self.now_ms() - (self.receipts.lag_ms if self.receipts else 0)
