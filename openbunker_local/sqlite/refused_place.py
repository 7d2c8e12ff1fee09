"""Where refused items go on one machine: a stream, a share of the disk for each project, an end."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openbunker.sinks.refused import RefusedSink, StreamRefusedSink
from openbunker_local.sqlite.refused_share import RefusedShare
from openbunker_local.stream.refused_days import RefusedDays, ends_ms, refused_stream
from openbunker_local.stream.stream import EmbeddedStream

Log = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many days refused items are kept (0: for ever), and how many bytes of a project."""

    days: int = 90
    bytes: int = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RefusedPlace:
    """Where refused items go. `over_ms`: when the first of them are taken away; None: never."""

    stream: EmbeddedStream
    sink: RefusedSink
    over_ms: int | None


@contextmanager
def refused_place(
    data: Path, kept: Kept, now_ms: Callable[[], int], log: Log
) -> Iterator[RefusedPlace]:
    """Open the stream of what is refused, and take away what is over until the block ends."""
    days = kept.days

    def tell(text: str) -> None:
        log({"level": "ERROR", "unexpected": 1, "error": text})

    with (
        closing(refused_stream(data, now_ms)) as stream,
        closing(RefusedShare(data, kept.bytes, now_ms, tell)) as share,
        closing(
            RefusedDays(data, days, share.began_ms, forget=share.forget, now_ms=now_ms, log=log)
        ) as ending,
    ):
        if days:
            ending.start()
        over_ms = ends_ms(share.began_ms, days) if days else None
        yield RefusedPlace(stream, StreamRefusedSink(stream, share), over_ms)
