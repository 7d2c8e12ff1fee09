"""What a request needs from the outside, as one value. Built by `wiring`, or by a test.

No construction here and no I/O: only the shape.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openbunker.core.books import Book, NoBook, Together, never
from openbunker.ingest.burst import Buckets
from openbunker.ingest.event_names import NameBudget
from openbunker.keys.model import KeyStore
from openbunker.sinks.sink import Sink
from openbunker.web.edge import NO_EDGE, Edge

if TYPE_CHECKING:
    from openbunker.sinks.refused import RefusedSink


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Stores, sinks, clock and ids of the process.

    `now_ms` returns milliseconds since the epoch; `new_ids` makes so many event ids of that time;
    `log` writes one structured line; `names` remembers which event names a project uses; `book`
    takes what became of each request before it is answered; `together` makes records durable and
    then the entry that says so, in one wait, or returns False: then nothing is known, and the
    records go to `sink`, the entry to `book`; `refused` keeps what was refused of
    known keys, None keeps nothing; `buckets` hold how much each key may send at once, by the
    seconds of `monotonic`; `country_header` is the header in which a trusted edge names the
    country, empty without one; `edge` is who must have handed a request on.
    """

    keys: KeyStore
    sink: Sink
    now_ms: Callable[[], int]
    new_ids: Callable[[int, int], Sequence[str]]
    log: Callable[[Mapping[str, Any]], None]
    names: NameBudget = field(default_factory=NameBudget)
    book: Book = field(default_factory=NoBook)
    together: Together = never
    refused: "RefusedSink | None" = None
    buckets: Buckets = field(default_factory=Buckets)
    monotonic: Callable[[], float] = time.monotonic
    country_header: str = ""
    edge: Edge = NO_EDGE
