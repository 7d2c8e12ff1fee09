"""The embedded parts of one machine, put together: what `wiring` is to a deployed function.

Opens the data folder, installs the services for the handlers and takes everything down again.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from openbunker.core import ids
from openbunker.ingest import enrich
from openbunker.ingest.services import Services
from openbunker.keys.cached import CachedKeyStore
from openbunker.manage.services import ManageServices
from openbunker.query.services import QueryServices
from openbunker.sinks.failover import FailoverSink
from openbunker.sinks.firehose import FirehoseSink
from openbunker.sinks.refused import RefusedSink
from openbunker.sinks.sink import Sink, StreamClient
from openbunker.wiring import serving, system
from openbunker_local.books.write import LocalBook
from openbunker_local.cold import manifest
from openbunker_local.compaction.worker import Clocks, Compactor
from openbunker_local.demo import Demo
from openbunker_local.lake.engine import DuckLake
from openbunker_local.lake.receipts import FolderReceipts
from openbunker_local.lake.scrub import Scrubber
from openbunker_local.lake.usage_counter import EVERY_SECONDS, Counter
from openbunker_local.server.causes import Cause, Causes, Watched
from openbunker_local.server.health import Health
from openbunker_local.server.watch import Watch
from openbunker_local.sqlite import desk as tenants
from openbunker_local.sqlite import erasures as erasures_sqlite
from openbunker_local.sqlite.erasures import SqliteErasureStore
from openbunker_local.sqlite.keys import SqliteKeyStore
from openbunker_local.sqlite.refused_place import Kept, refused_place
from openbunker_local.sqlite.tenants import SqliteTenants
from openbunker_local.sqlite.usage import SqliteUsageStore
from openbunker_local.stream import folder, spill
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.id_index import IdIndex
from openbunker_local.stream.parts import Parts, RealParts
from openbunker_local.stream.replayer import Replayer
from openbunker_local.stream.spill import FolderSpill
from openbunker_local.stream.stream import EmbeddedStream

# The file of keys is at hand: a change of a key or a quota need not wait for a minute.
KEY_SECONDS = 2.0
REAL = RealParts()
NO_DEMO: tuple[Demo | None, bool] = (None, False)
Log = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Runtime:
    """A running set of embedded parts. `fresh` says that the demo, if any, was made just now.

    `why_not_ready` says why no event can be made durable, nothing while one can.
    `refused_over_ms` is when the first refused items are taken away; None: never.
    """

    stream: EmbeddedStream
    made: Demo | None
    fresh: bool
    health: Health
    why_not_ready: Callable[[], str]
    refused_over_ms: int | None

    @property
    def demo(self) -> Demo:
        """The demo project, for who had one made."""
        assert self.made is not None
        return self.made


@dataclass(frozen=True, slots=True)
class Pace:
    """What a server does by itself.

    How often it compacts (None: never) and counts usage, in seconds, how it keeps what was
    refused, whether it makes a demo project, and in how many processes heavy questions run.
    """

    compact_seconds: float | None = None
    count_seconds: float = EVERY_SECONDS
    refused: Kept = field(default_factory=Kept)
    demo: bool = True
    processes: int = 2


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
    now_ms = parts.clock(system.now_ms)
    index = IdIndex(data)
    stream = EmbeddedStream(data, now_ms=now_ms, disk=parts.disk(), index=index)
    index.clean()
    fresh_to_ms = _freshness(data, stream, now_ms)
    try:
        with (
            closing(SqliteKeyStore(data / tenants.FILE)) as keys,
            closing(SqliteTenants(data / tenants.FILE)) as items,
            closing(SqliteErasureStore(data / erasures_sqlite.FILE)) as erasures,
            refused_place(data, pace.refused, now_ms, log) as refused,
            closing(LocalBook(data, now_ms=now_ms)) as book,
            _lake(data, fresh_to_ms, refused.stream.fresh_to_ms, pace.processes) as lake,
            _spilling(data, parts.stream(stream), parts) as (sink, spilled),
            _counting((data, lake, keys), now_ms, log, pace.count_seconds) as usage,
        ):
            managing = replace(tenants.services(keys, items, erasures, now_ms, log), usage=usage)
            receipts = FolderReceipts(data, index, lake.files.checksums)
            _install((sink, refused.sink), book, managing, (lake, receipts))
            folder.mark(data, Disk())
            made = tenants.demo_project(data, base_url, items, now_ms) if pace.demo else NO_DEMO
            why_not = _why_not_ready(stream, spilled, book)
            with _tended(lake, Clocks(now_ms, stream.fresh_to_ms), why_not, log, pace) as causes:
                health = Health(data, now_ms, fresh_to_ms, causes)
                yield Runtime(stream, *made, health, why_not, refused.over_ms)
    finally:
        serving.use(None, None)
        stream.close()


@contextmanager
def _lake(
    data: Path,
    fresh_to_ms: Callable[[], int],
    refused_fresh_to_ms: Callable[[], int],
    processes: int,
) -> Iterator[DuckLake]:
    """Open the lake, and look in the background whether its files are as they were written."""
    found = DuckLake(
        data, fresh_to_ms, refused_fresh_to_ms=refused_fresh_to_ms, processes=processes
    )
    with closing(found) as lake:
        scrubber = Scrubber(lake.files)
        scrubber.start()
        with closing(scrubber):
            yield lake


@contextmanager
def _compacting(
    data: Path, clocks: Clocks, log: Log, every_seconds: float | None
) -> Iterator[Callable[[], str]]:
    """Compact in the background until the block ends; not at all without an interval.

    Yields what tells why compaction does not go on.
    """
    if every_seconds is None:
        yield str
        return
    compactor = Compactor(data, clocks, log, interval_seconds=every_seconds)
    compactor.start()
    with closing(compactor):
        yield compactor.state


@contextmanager
def _tended(
    lake: DuckLake, clocks: Clocks, why_not: Callable[[], str], log: Log, pace: Pace
) -> Iterator[Callable[[], list[Cause]]]:
    """Compact, and say when something is not well, or is well again, until the block ends."""
    data = lake.files.data
    with _compacting(data, clocks, log, pace.compact_seconds) as compaction:
        causes = Causes(
            Watched(
                data=data,
                now_ms=clocks.now_ms,
                delivered_to_ms=clocks.delivered_to_ms,
                not_durable=why_not,
                compaction=compaction,
                damaged=lake.files.checksums.damaged,
            )
        )
        watch = Watch(causes, log)
        watch.start()
        with closing(watch):
            yield watch.look


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
        # In this order: an event that leaves the spill while we look is in the stream by then.
        now, spilled = now_ms(), spill.oldest_ms(data)
        fresh_to = min(now, stream.fresh_to_ms())
        return fresh_to if spilled is None else min(spilled, fresh_to)

    return fresh_to_ms


@contextmanager
def _spilling(
    data: Path, client: StreamClient, parts: Parts
) -> Iterator[tuple[FailoverSink, FolderSpill]]:
    """Put the spill behind the stream and replay it until the block ends."""
    stream = FirehoseSink(client, time.monotonic, time.sleep, system.fraction)
    spilled = FolderSpill(data, parts.disk(), lambda: ids.new_id(system.now_ms()))
    replayer = Replayer(spilled, stream, time.monotonic, system.fraction)
    replayer.start()
    with closing(replayer):
        yield FailoverSink(stream, spilled, time.monotonic), spilled


@contextmanager
def _counting(
    parts: tuple[Path, DuckLake, SqliteKeyStore],
    now_ms: Callable[[], int],
    log: Log,
    every_seconds: float,
) -> Iterator[SqliteUsageStore]:
    """Open the store of counts, and count until the block ends."""
    data, lake, keys = parts
    with closing(SqliteUsageStore(data)) as usage:
        counter = Counter(
            lake,
            usage,
            keys,
            now_ms=now_ms,
            monotonic=time.monotonic,
            log=log,
            every_seconds=every_seconds,
        )
        counter.start()
        with closing(counter):
            yield usage


def _install(
    sinks: tuple[Sink, RefusedSink],
    book: LocalBook,
    managing: ManageServices,
    readers: tuple[DuckLake, FolderReceipts],
) -> None:
    lake, receipts = readers
    now_ms, log = managing.now_ms, managing.log
    cached = CachedKeyStore(
        managing.keys, time.monotonic, system.fraction, positive_seconds=KEY_SECONDS
    )
    serving.use(
        Services(
            keys=cached,
            sink=sinks[0],
            now_ms=now_ms,
            new_id=ids.new_id,
            log=log,
            book=book,
            refused=sinks[1],
            country_header=enrich.COUNTRY_HEADER,  # the front lets it pass from who is trusted
        ),
        QueryServices(
            keys=cached,
            engine=lake,
            now_ms=now_ms,
            log=log,
            receipts=receipts,
            erasures=managing.erasures,
            usage=managing.usage,
        ),
        managing,
    )
