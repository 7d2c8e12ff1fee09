"""What a request needs from the outside, as one value. Built by `wiring`, or by a test.

No construction here and no I/O: only the shape.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openbunker.core.books import Book, NoBook
from openbunker.ingest.burst import Buckets
from openbunker.ingest.event_names import NameBudget
from openbunker.keys.model import KeyStore
from openbunker.sinks.sink import Sink

if TYPE_CHECKING:
    from openbunker.sinks.refused import RefusedSink


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
    keeps nothing; `buckets` hold how much each key may send at once, by the seconds of `monotonic`;
    `country_header` is the header in which a trusted edge names the country, empty without one.
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
    country_header: str = ""
