"""The reading half of one machine: questions, receipts, counts, compaction, and what is not well.

Opened over a folder that `runtime` writes to. What is imported here costs half a second of CPU, so
whoever can answer before anybody asks opens it late.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from openbunker.query.services import QueryServices
from openbunker.query.state import State
from openbunker.wiring import serving
from openbunker_local.books.sums import BookSums
from openbunker_local.compaction.worker import Clocks, Compactor
from openbunker_local.half import Half
from openbunker_local.lake.engine import DuckLake
from openbunker_local.lake.receipts import FolderReceipts
from openbunker_local.lake.scrub import Scrubber
from openbunker_local.lake.usage_counter import Counter
from openbunker_local.server.state.causes import Cause, Causes, Watched
from openbunker_local.server.state.watch import Watch
from openbunker_local.sqlite import audit
from openbunker_local.sqlite import desk as tenants
from openbunker_local.sqlite.usage import SqliteUsageStore


@contextmanager
def reading(
    half: Half, compact_seconds: float | None, count_seconds: float, processes: int
) -> Iterator[tuple[Callable[[], list[Cause]], Callable[[], None]]]:
    """Answer questions and manage tenants until the block ends.

    Yields what tells what is wrong, and what ends heavy questions.
    """
    with (
        _lake(half, processes) as lake,
        _counting(half, lake, count_seconds) as usage,
        _tended(half, lake, compact_seconds) as causes,
    ):
        _install(half, lake, usage, causes)
        yield causes, lake.drain


@contextmanager
def _lake(half: Half, processes: int) -> Iterator[DuckLake]:
    """Open the lake, and look in the background whether its files are as they were written."""
    fresh_to_ms, refused = half.fresh.events, half.fresh.refused
    found = DuckLake(half.data, fresh_to_ms, refused_fresh_to_ms=refused, processes=processes)
    with closing(found) as lake:
        scrubber = Scrubber(lake.files, partial(audit.problems, half.data))
        scrubber.start()
        with closing(scrubber):
            yield lake


@contextmanager
def _counting(half: Half, lake: DuckLake, seconds: float) -> Iterator[SqliteUsageStore]:
    """Open the store of counts, and count until the block ends."""

    def tell(text: str) -> None:
        half.log({"level": "ERROR", "unexpected": 1, "error": text})

    with closing(SqliteUsageStore(half.data, tell)) as usage:
        counter = Counter(
            lake,
            usage,
            half.stores.keys,
            now_ms=half.now_ms,
            monotonic=time.monotonic,
            log=half.log,
            every_seconds=seconds,
            first_day=lake.files.first_day,
        )
        counter.start()
        with closing(counter):
            yield usage


@contextmanager
def _compacting(half: Half, every_seconds: float | None) -> Iterator[Callable[[], str]]:
    """Compact in the background until the block ends; not at all without an interval.

    Yields what tells why compaction does not go on.
    """
    if every_seconds is None:
        yield str
        return
    clocks = Clocks(half.now_ms, half.fresh.delivered)
    compactor = Compactor(half.data, clocks, half.log, interval_seconds=every_seconds)
    compactor.start()
    with closing(compactor):
        yield compactor.state


@contextmanager
def _tended(
    half: Half, lake: DuckLake, compact_seconds: float | None
) -> Iterator[Callable[[], list[Cause]]]:
    """Compact, and say when something is not well, or is well again, until the block ends."""
    with _compacting(half, compact_seconds) as compaction:
        causes = Causes(
            Watched(
                data=lake.files.data,
                now_ms=half.now_ms,
                delivered_to_ms=half.fresh.delivered,
                not_durable=half.why_not,
                compaction=compaction,
                damaged=lake.files.checksums.damaged,
            )
        )
        watch = Watch(causes, half.log)
        watch.start()
        with closing(watch):
            yield watch.look


@dataclass(frozen=True, slots=True)
class _Deployment:
    """A data folder as `GET /v1/system` tells it."""

    half: Half
    lake: DuckLake
    causes: Callable[[], list[Cause]]
    sums: BookSums

    def state(self) -> State:
        """Return how it is now. Raises QueryUnavailable."""
        fresh_to_ms, found = self.half.fresh.events(), [one.told() for one in self.causes()]
        return State(found, fresh_to_ms, self.lake.files.manifest().compacted_to_ms or None)

    def answered(self, project_id: str, from_ms: int, to_ms: int) -> Mapping[str, int]:
        """Return how the items of a project ended, by fate."""
        return self.sums.of_project(project_id, from_ms, to_ms)


def _install(
    half: Half, lake: DuckLake, usage: SqliteUsageStore, causes: Callable[[], list[Cause]]
) -> None:
    stores = half.stores
    parts = (stores.keys, stores.items, stores.erasures, half.now_ms, half.log)
    managing = replace(tenants.services(*parts), usage=usage)
    questions = QueryServices(
        keys=stores.cached,
        engine=lake,
        now_ms=half.now_ms,
        log=half.log,
        receipts=FolderReceipts(half.data, half.index, lake.files.checksums),
        erasures=stores.erasures,
        usage=usage,
        settled_to_ms=half.fresh.settled,
        visible=lambda: (half.fresh.events(), lake.files.state(half.now_ms())),
        deployment=_Deployment(half, lake, causes, BookSums(half.data)),
    )
    serving.use(serving.Installed.services, questions, managing)
