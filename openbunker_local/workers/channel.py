"""Messages between the server and a worker: a length, then a marshalled tuple of plain values.

Both ends are the same program under the same Python. Nothing of what is said is known here.
"""

import asyncio
import marshal
from collections.abc import Callable
from struct import Struct
from typing import Any, cast

_LENGTH = Struct(">I")

# What a message begins with.
READY, ASK, ANSWER, CALL, TOLD, FAILED, LOG, HEARS = range(8)


class Channel(asyncio.Protocol):
    """One end of a socket. `heard` is given each message, `ended` is called once."""

    def __init__(self, heard: Callable[[tuple[Any, ...]], None], ended: Callable[[], None]) -> None:
        self._heard = heard
        self._ended = ended
        self._unread = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have the socket."""
        self._transport = cast("asyncio.Transport", transport)

    def send(self, *message: Any) -> None:
        """Say something, unless the other side is gone."""
        if self._transport and not self._transport.is_closing():
            data = marshal.dumps(message)
            self._transport.writelines((_LENGTH.pack(len(data)), data))

    def data_received(self, data: bytes) -> None:
        """Hear every message that is whole."""
        unread = self._unread
        unread += data
        at = 0
        with memoryview(unread) as view:
            while len(view) - at >= _LENGTH.size:
                (size,) = _LENGTH.unpack_from(view, at)
                end = at + _LENGTH.size + size
                if len(view) < end:
                    break
                message = marshal.loads(view[at + _LENGTH.size : end])  # noqa: S302  # our own
                at = end
                self._heard(message)
        del unread[:at]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Say that nothing more comes."""
        self._ended()

    def close(self) -> None:
        """Let go."""
        if self._transport:
            self._transport.close()
