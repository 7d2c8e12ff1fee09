"""What is answered past ASGI is what ASGI would send, and what cannot be goes through it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from openbunker_local.server.connections import Connections
from openbunker_local.server.direct import Call
from openbunker_local.server.gateway import HttpResponse
from openbunker_local.server.limits import FrontLimits
from openbunker_local.server.messages import write
from openbunker_local.server.protocol import FrontProtocol
from openbunker_local.server.transfer import Heads

ANSWER = HttpResponse(200, {"content-type": "application/json", "x-a": "\u00e9"}, b"{}")
REQUEST = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"


class Socket(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.ended = ""

    def write(self, data: Any) -> None:
        self.sent.append(bytes(data))

    def is_closing(self) -> bool:
        return bool(self.ended)

    def close(self) -> None:
        self.ended = self.ended or "closed"

    def abort(self) -> None:
        self.ended = "aborted"

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def asked(
    call: Call | None, data: bytes, prepare: Callable[[FrontProtocol], object] = id
) -> Socket:
    """Return the socket of a connection on which so much has arrived, once all is still."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await write(send, ANSWER)

    socket, loop = Socket(), asyncio.get_running_loop()
    config, among = Config(app, ws="none", lifespan="off"), Connections(FrontLimits(), loop.time)
    config.load()
    protocol = FrontProtocol(
        config, ServerState(), {}, connections=among, at_once=lambda *_: call, heads=Heads()
    )
    protocol.connection_made(socket)
    prepare(protocol)
    protocol.data_received(data)
    for _ in range(20):
        await asyncio.sleep(0)
    protocol.connection_lost(None)
    return socket


@pytest.mark.parametrize(
    "data",
    [
        REQUEST,
        REQUEST * 3,
        REQUEST.replace(b"Host: a", b"Host: a\r\nConnection: close"),
        REQUEST.replace(b"1.1", b"1.0"),
    ],
)
def test_both_ways_send_the_same(data: bytes) -> None:
    direct, ordinary = (asyncio.run(asked(call, data)) for call in (lambda: ANSWER, None))
    assert b"".join(direct.sent) == b"".join(ordinary.sent)
    assert direct.ended == ordinary.ended
    assert len(direct.sent) == len(ordinary.sent) / 2


def test_a_connection_that_is_kept_keeps_nothing_of_what_was_sent() -> None:
    kept: list[FrontProtocol] = []
    asyncio.run(asked(lambda: ANSWER, REQUEST, kept.append))
    assert not kept[0].cycle.body
    assert cast("Any", kept[0].cycle.on_response) != kept[0].on_response_complete


def test_a_client_that_does_not_read_is_waited_for() -> None:
    def prepare(protocol: FrontProtocol) -> None:
        protocol.pause_writing()
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, protocol.resume_writing)

    socket = asyncio.run(asked(lambda: ANSWER, REQUEST, prepare))
    assert b"".join(socket.sent).endswith(b"\r\n\r\n{}")


def test_who_waits_for_a_word_before_the_body_is_given_it() -> None:
    data = REQUEST.replace(b"Host: a", b"Host: a\r\nExpect: 100-continue").removesuffix(b"{}")
    socket = asyncio.run(asked(lambda: ANSWER, data))
    assert socket.sent == [b"HTTP/1.1 100 Continue\r\n\r\n"]


@pytest.mark.parametrize(
    ("error", "ended", "told"),
    [(ConnectionAbortedError(), "aborted", b""), (RuntimeError(), "closed", b" 500 ")],
)
def test_a_call_that_fails_ends_as_the_application_would(
    error: Exception, ended: str, told: bytes
) -> None:
    def fail() -> HttpResponse:
        raise error

    socket = asyncio.run(asked(fail, REQUEST))
    assert socket.ended == ended
    assert told in b"".join(socket.sent)


@pytest.mark.parametrize(
    "odd", [{"headers": {"a": "b\nc"}}, {"headers": {"a": "漢"}}, {"status": 999}]
)
def test_an_answer_that_cannot_be_said_ends_too(odd: dict[str, Any]) -> None:
    socket = asyncio.run(asked(lambda: replace(ANSWER, **odd), REQUEST))
    assert socket.ended == "closed"
    assert b" 500 " in b"".join(socket.sent)


@pytest.mark.parametrize("value", ["a\r\nb: c", "\0", "\n"])
def test_no_header_becomes_two(value: str) -> None:
    with pytest.raises(ValueError, match="control"):
        Heads().answer(HttpResponse(200, {"a": value}, b""), (), closes=False)


def test_an_answer_without_a_body_has_no_length() -> None:
    answer = partial(Heads().answer, HttpResponse(204, {}, b""), cast("Any", [(b"a", b"b")]))
    assert answer(closes=True) == b"HTTP/1.1 204 No Content\r\na: b\r\nconnection: close\r\n\r\n"
