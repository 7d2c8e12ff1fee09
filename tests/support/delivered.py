"""The embedded stream behind Firehose's HTTP front, and the events that it has delivered."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from openbunker.core import layout, records
from openbunker.core.event import Event
from openbunker_local.stream.stream import EmbeddedStream
from tests.support.firehose_http import firehose_front


class Delivered:
    """A running stream: where it listens, and what lies in its objects."""

    def __init__(self, url: str, stream: EmbeddedStream, data: Path) -> None:
        self.url = url
        self._stream = stream
        self._data = data
        self._seen: set[str] = set()

    def new_events(self) -> list[Event]:
        """Return the events of the objects that came since the last call, in order."""
        self._stream.flush()
        keys = {path.relative_to(self._data).as_posix() for path in self._data.rglob("*.json.gz")}
        new = sorted(keys - self._seen)
        self._seen |= keys
        return [event for key in new for event in self._read(key)]

    def _read(self, key: str) -> list[Event]:
        assert layout.parse(key), f"{key} is not where the layout puts objects"
        lines = gzip.decompress((self._data / key).read_bytes()).splitlines()
        return [records.decode(line) for line in lines]


@contextmanager
def delivering_stream(data: Path, name: str, host: str = "127.0.0.1") -> Iterator[Delivered]:
    """Serve an embedded stream of that name, on loopback if unasked, until the block ends."""
    stream = EmbeddedStream(data, stream=name)
    try:
        with firehose_front(stream, name, host) as front:
            yield Delivered(front.url, stream, data)
        assert front.problems == []
    finally:
        stream.close()
