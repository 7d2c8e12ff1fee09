"""The embedded parts of one machine, put together: what `wiring` is to a deployed function.

Opens the data folder, installs the services for the handlers and takes everything down again.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from openbunker.core import ids
from openbunker.ingest import enrich
from openbunker.ingest.services import Services
from openbunker.keys.cached import CachedKeyStore
from openbunker.sinks.failover import FailoverSink
from openbunker.sinks.firehose import FirehoseSink
from openbunker.sinks.refused import RefusedSink
from openbunker.sinks.sink import Sink, StreamClient
from openbunker.wiring import serving, system
from openbunker_local.books.write import LocalBook, Put, together, unable
from openbunker_local.cold import manifest
from openbunker_local.demo import Demo
from openbunker_local.half import Fresh, Half, Stores
from openbunker_local.server.state.causes import Cause
from openbunker_local.server.state.health import Health
from openbunker_local.server.state.underway import Underway
from openbunker_local.server.waiting import Stage
from openbunker_local.sqlite import desk as tenants
from openbunker_local.sqlite import erasures as erasures_sqlite
from openbunker_local.sqlite.erasures import SqliteErasureStore
from openbunker_local.sqlite.keys import SqliteKeyStore
from openbunker_local.sqlite.refused_place import Kept, refused_place
from openbunker_local.sqlite.tenants import SqliteTenants
from openbunker_local.stream import folder, spill
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.id_index import IdIndex
from openbunker_local.stream.parts import Parts, RealParts
from openbunker_local.stream.replayer import Replayer
from openbunker_local.stream.spill import FolderSpill
from openbunker_local.stream.stream import DELIVER_AFTER_SECONDS, EmbeddedStream
from openbunker_local.tasks import task
from openbunker_local.workers.desk import Desk

# The file of keys is at hand: a change of a key or a quota need not wait for a minute.
KEY_SECONDS = 2.0
REAL = RealParts()
NO_DEMO: tuple[Demo | None, bool] = (None, False)
Log = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Runtime:
    """A running set of embedded parts. `fresh` says that the demo, if any, was made just now.

    `why_not_ready` says why no event can be made durable, nothing while one can.
    `refused_over_ms` is when the first refused items are taken away; None: never. `read` opens
    what questions and managing need, where that was left for later. `stages` name what
    no question sees yet. `drain` ends heavy questions: they may be asked again, and the end of a
    server does not wait for them. `underway` is entered while a request is answered that may store
    something. `desk` is what workers ask, where there are some.
    """

    stream: EmbeddedStream
    made: Demo | None
    fresh: bool
    health: Health
    why_not_ready: Callable[[], str]
    refused_over_ms: int | None
    read: Callable[[], None]
    drain: Callable[[], None]
    stages: Sequence[Stage]
    underway: Callable[[], AbstractContextManager[None]]
    desk: Desk

    @property
    def demo(self) -> Demo:
        """The demo project, for who had one made."""
        assert self.made is not None
        return self.made


@dataclass(frozen=True, slots=True)
class Pace:
    """What a server does by itself.

    How often it compacts (None: never) and counts usage, in seconds, how it keeps what was
    refused, whether it makes a demo project, in how many processes heavy questions run, and
    whether what only reads is opened `late`: when `Runtime.read` is called. How long the stream
    gathers what it delivers.
    """

    compact_seconds: float | None = None
    count_seconds: float = 60.0
    refused: Kept = field(default_factory=Kept)
    demo: bool = True
    processes: int = 2
    late: bool = False
    deliver_seconds: float = DELIVER_AFTER_SECONDS


@contextmanager
def running(
    data: Path,
    base_url: str,
    log: Log,
    pace: Pace = Pace(),  # frozen
    parts: Parts = REAL,
) -> Iterator[Runtime]:
    """Open a data folder and serve the handlers from it until the block ends; then drain."""
    _prepare(data)
    now_ms, index = parts.clock(system.now_ms), IdIndex(data)
    stream, busy = _stream(data, index, now_ms, pace, parts), Underway(now_ms)
    index.clean()
    try:
        with (
            closing(SqliteKeyStore(data / tenants.FILE)) as keys,
            closing(SqliteTenants(data / tenants.FILE, held=True)) as items,
            closing(SqliteErasureStore(data / erasures_sqlite.FILE)) as erasures,
            refused_place(data, pace.refused, now_ms, log) as refused,
            closing(LocalBook(data, now_ms=now_ms)) as book,
            _spilling(data, stream, parts) as (client, sink, spilled),
        ):
            stream.books = book.stream
            put = stream.put_together if client is stream else unable
            services = _services((sink, refused.sink), _cached(keys), (book, put), now_ms, log)
            serving.use(services, None)
            folder.mark(data, Disk())
            made = tenants.demo_project(data, base_url, items, now_ms) if pace.demo else NO_DEMO
            why_not = _why_not_ready(stream, spilled, book)
            fresh = _fresh(_freshness(data, stream, now_ms), refused.stream, stream, busy)
            stores = Stores(keys, services.keys, items, erasures)
            half = Half(data, stores, index, now_ms, fresh, why_not, log)
            with closing(LateReading(half, pace)) as reading:
                health = Health(data, now_ms, fresh.events, reading.causes)
                acts, seen = (reading.open, reading.drain), _stages(data, stream)
                state = (stream, *made, health, why_not, refused.over_ms)
                desk = Desk(client, spilled, book, services, put)
                yield Runtime(*state, *acts, seen, busy.one, desk)
    finally:
        serving.use(None, None)
        stream.close()


def _fresh(
    events: Callable[[], int], refused: EmbeddedStream, stream: EmbeddedStream, underway: Underway
) -> Fresh:
    def arrived() -> int:
        return min(events(), refused.fresh_to_ms())

    def settled() -> int:
        return underway.settled_to_ms(arrived)

    return Fresh(events, refused.fresh_to_ms, stream.fresh_to_ms, settled)


def _stages(data: Path, stream: EmbeddedStream) -> Sequence[Stage]:
    """Return what names the events that no question sees yet: what is spilled, then the journal."""

    def spilled() -> frozenset[str]:
        return frozenset(file.name for file in spill.files(data))

    return spilled, stream.undelivered


def _stream(
    data: Path, index: IdIndex, now_ms: Callable[[], int], pace: Pace, parts: Parts
) -> EmbeddedStream:
    return EmbeddedStream(
        data,
        now_ms=now_ms,
        disk=parts.disk(),
        index=index,
        deliver_after_seconds=pace.deliver_seconds,
    )


class LateReading:
    """The reading half of a running folder: opened once, at the latest when somebody asks.

    Opened here, unless its pace is to be late.
    """

    def __init__(self, half: Half, pace: Pace) -> None:
        self._half = half
        self._pace = pace
        self._opening = Lock()
        self._causes: Callable[[], list[Cause]] | None = None
        self._drain: Callable[[], None] | None = None
        self._open = ExitStack()
        if not pace.late:
            self.open()

    def open(self) -> None:
        """Open it, unless it is open."""
        with self._opening:
            if self._causes is None:
                from openbunker_local.reading import reading  # noqa: PLC0415  # a half of the start

                pace = self._pace
                every = (pace.compact_seconds, pace.count_seconds, pace.processes)
                found = self._open.enter_context(reading(self._half, *every))
                self._causes, self._drain = found

    def causes(self) -> list[Cause]:
        """Return what is not well; nothing before it was opened."""
        return self._causes() if self._causes else []

    def drain(self) -> None:
        """End heavy questions, if there could be some."""
        if self._drain:
            self._drain()

    def close(self) -> None:
        """Close what was opened."""
        with self._opening:
            self._open.close()


def _why_not_ready(
    stream: EmbeddedStream, spilled: FolderSpill, book: LocalBook
) -> Callable[[], str]:
    """Return what tells why no event could be made durable: not by the stream, nor spilled."""

    def why_not() -> str:
        return book.why_not() or (stream.why_not() if spilled.refused else "")

    return why_not


def _prepare(data: Path) -> None:
    """Make a folder, its name durable. Raises FolderNewer where a newer release has written."""
    folder.hold_known(data)
    os.umask(0o077)  # what lies in the folder is its owner's, also in a folder made before
    if folder.is_marked(data):  # then all stores were there
        folder.hold_stores(data, (tenants.FILE, erasures_sqlite.FILE))
    Disk().make_folder(data)
    try:
        manifest.load(data)
    except manifest.ManifestNewer as error:
        raise folder.FolderNewer(str(error)) from error
    except manifest.ManifestUnreadable:
        pass  # events are taken in all the same; health and the questions say so


def _freshness(data: Path, stream: EmbeddedStream, now_ms: Callable[[], int]) -> Callable[[], int]:
    """Return what tells the time before which every accepted event can be seen."""

    def fresh_to_ms() -> int:
        # In this order: an event that leaves the spill while we look is in an object by then.
        now, spilled = now_ms(), spill.oldest_ms(data)
        fresh_to = min(now, stream.fresh_to_ms())
        return fresh_to if spilled is None else min(spilled, fresh_to)

    return fresh_to_ms


@contextmanager
def _spilling(
    data: Path, embedded: EmbeddedStream, parts: Parts
) -> Iterator[tuple[StreamClient, FailoverSink, FolderSpill]]:
    """Put the spill behind the stream and replay it until the block ends."""
    client = parts.stream(embedded)
    stream = FirehoseSink(client, time.monotonic, task.sleep, system.fraction)
    spilled = FolderSpill(data, parts.disk(), lambda: ids.new_id(system.now_ms()))
    replayer = Replayer(spilled, stream, embedded.flush, time.monotonic, system.fraction)
    replayer.start()
    with closing(replayer):
        yield client, FailoverSink(stream, spilled, time.monotonic), spilled


def _cached(keys: SqliteKeyStore) -> CachedKeyStore:
    return CachedKeyStore(keys, time.monotonic, system.fraction, positive_seconds=KEY_SECONDS)


def _services(
    sinks: tuple[Sink, RefusedSink],
    keys: CachedKeyStore,
    book: tuple[LocalBook, Put],
    now_ms: Callable[[], int],
    log: Log,
) -> Services:
    return Services(
        keys=keys,
        sink=sinks[0],
        now_ms=now_ms,
        new_ids=ids.new_ids,
        log=log,
        book=book[0],
        together=together(book[1]),
        refused=sinks[1],
        country_header=enrich.COUNTRY_HEADER,  # the front lets it pass from who is trusted
    )
