"""A twin, started and ended: its folder, its keys, and the one line that says where it listens."""

import json
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from os import getpid, kill, read
from pathlib import Path
from shutil import rmtree
from socket import socket
from tempfile import gettempdir, mkdtemp
from threading import Thread
from typing import Any

from openbunker.wiring import system
from openbunker_local.server import server
from openbunker_local.server.limits import FrontLimits
from openbunker_local.server.proxies import NOBODY, Proxies
from openbunker_local.testing import keys, place
from openbunker_local.testing.clock import SetClock
from openbunker_local.testing.front import TwinApp
from openbunker_local.testing.parts import TwinParts
from openbunker_local.testing.place import Ground, Place
from openbunker_local.testing.seen import Sight

STDIN, READ_BYTES = 0, 65_536
PREFIX = "openbunker-twin-"
Log = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Wished:
    """How a twin is to be. `data`: a folder that stays; None: one that is gone at the end.

    `until_eof` ends it with its standard input, so that it never outlives who started it.
    """

    data: Path | None = None
    keys: Path | None = None
    clock_ms: int | None = None
    until_eof: bool = False
    front: FrontLimits = field(default_factory=FrontLimits)
    proxies: Proxies = NOBODY


def serve(
    wished: Wished, listener: socket, url: str, log: Log, tell: Callable[[str], None]
) -> None:
    """Serve until a signal. Raises KeysRefused, NotATwin, FolderInUse and OSError."""
    demo = keys.from_file(url, wished.keys) if wished.keys else keys.fixed(url)
    clock, sight = SetClock(system.now_ms, wished.clock_ms), Sight()
    with (
        _root(wished.data) as root,
        closing(Place(Ground(root, demo, TwinParts(clock), log), sight)) as here,
    ):
        app = TwinApp(here, sight, clock, wished.proxies)

        def listening() -> None:
            tell(json.dumps(asdict(demo)))
            if wished.until_eof:
                Thread(target=_end_with_input, daemon=True).start()

        server.serve(app, listener, listening, wished.front)


@contextmanager
def _root(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield data
        return
    place.sweep(Path(gettempdir()), PREFIX)
    root = Path(mkdtemp(prefix=PREFIX))
    try:
        yield root
    finally:
        rmtree(root, ignore_errors=True)


def _end_with_input() -> None:
    # Not by sys.stdin: a thread that reads it holds its lock, which aborts the interpreter's end.
    while read(STDIN, READ_BYTES):
        pass
    kill(getpid(), signal.SIGTERM)
