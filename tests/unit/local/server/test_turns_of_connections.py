"""What one connection sends is read in turns with others, whole and counted once."""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from openbunker_local.server.arrival import PIECE
from openbunker_local.server.connections import Connections
from openbunker_local.server.limits import FrontLimits
from openbunker_local.server.messages import read, write
from openbunker_local.server.protocol import AT_ONCE, FrontProtocol
from openbunker_local.server.transfer import Heads
from tests.unit.local.server.test_direct import ANSWER, Socket

HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"1\r\na\r\n"
CHUNKS = 20_000


def test_a_body_in_chunks_of_a_byte_is_read_in_turns() -> None:
    bodies: list[bytes] = []
    sizes: list[int] = []
    held: list[int] = []

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        bodies.append(await read(receive))
        await write(send, ANSWER)

    async def play() -> None:
        loop = asyncio.get_running_loop()
        config, among = (
            Config(app, ws="none", lifespan="off"),
            Connections(FrontLimits(), loop.time),
        )
        config.load()
        one = FrontProtocol(
            config, ServerState(), {}, connections=among, at_once=lambda *_: None, heads=Heads()
        )
        one.connection_made(Socket())
        fed, feed = [0], one._feed

        def counted(piece: bytes) -> None:
            fed.append(len(piece))
            feed(piece)

        one._feed = counted  # type: ignore[method-assign]
        one.data_received(HEAD + CHUNK * CHUNKS + b"0\r\n\r\n")
        while not bodies:
            sizes.append(sum(fed))
            held.append(among.held)
            fed.clear()
            await asyncio.sleep(0)
        one.connection_lost(None)
        await asyncio.sleep(0)
        assert among.held == 0

    asyncio.run(play())

    assert bodies == [b"a" * CHUNKS]
    assert max(sizes) <= AT_ONCE * PIECE
    # What is not parsed yet and the body that is, never the same bytes twice.
    assert max(held) <= len(CHUNK) * CHUNKS
    assert min(held[1:-2]) >= CHUNKS // 2
