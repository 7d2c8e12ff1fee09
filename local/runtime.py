"""The embedded parts of one machine, put together: what `wiring` is to a deployed function.

Opens the data folder, installs the services for the handlers and takes everything down again.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from local import demo
from local.demo import Demo
from local.firehose import EmbeddedStream
from local.keys_sqlite import SqliteKeyStore
from local.lake_duckdb import DuckLake
from openbunker import ids, wiring
from openbunker.keys.cached import CachedKeyStore
from openbunker.services import QueryServices, Services
from openbunker.sinks.firehose import FirehoseSink

Log = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Runtime:
    """A running set of embedded parts. `fresh` says that the demo was made just now."""

    stream: EmbeddedStream
    demo: Demo
    fresh: bool

    def health(self) -> dict[str, Any]:
        """Return what `GET /health` answers."""
        fresh_to = self.stream.fresh_to_ms()
        return {"status": "ok", "fresh_to_ms": fresh_to, "lag_ms": wiring.now_ms() - fresh_to}


@contextmanager
def running(data: Path, base_url: str, log: Log) -> Iterator[Runtime]:
    """Open a data folder and serve the handlers from it until the block ends; then drain."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    stream = EmbeddedStream(data)
    try:
        keys = SqliteKeyStore(data / "keys.sqlite")
        project, fresh = _demo(data, base_url, keys)
        with closing(DuckLake(data, stream.fresh_to_ms)) as lake:
            _install(stream, keys, lake, log)
            yield Runtime(stream, project, fresh)
    finally:
        wiring.use(None, None)
        stream.close()


def _demo(data: Path, base_url: str, keys: SqliteKeyStore) -> tuple[Demo, bool]:
    """Return the data folder's demo project, made when there is none; the address is today's."""
    kept = demo.load(data)
    project = replace(kept, base_url=base_url) if kept else demo.create(base_url, os.urandom)
    if kept is None:
        # First the store, then the file: a crash between leaves keys that nobody has seen.
        demo.register(project, keys.add)
    demo.save(project, data)
    return project, kept is None


def _install(stream: EmbeddedStream, keys: SqliteKeyStore, lake: DuckLake, log: Log) -> None:
    cached = CachedKeyStore(keys, time.monotonic, wiring.fraction)
    sink = FirehoseSink(stream, time.monotonic, time.sleep, wiring.fraction)
    wiring.use(
        Services(keys=cached, sink=sink, now_ms=wiring.now_ms, new_id=ids.new_id, log=log),
        QueryServices(keys=cached, engine=lake, now_ms=wiring.now_ms, log=log),
    )
