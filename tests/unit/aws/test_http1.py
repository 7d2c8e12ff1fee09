"""Our reader of answers: against h11 on any bytes, and by its own rules. No socket.

The laws: what it reads is what h11 reads; it never depends on how the bytes are cut; what is whole
is read, what is cut off or may be read in two ways is an error.
"""

from collections.abc import Callable, Iterable, Sequence

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.aws import http1
from openbunker.aws.http1 import BadAnswer, read_answer, request_head

# Status, headers as pairs without regard to their order, body.
Read = tuple[int, list[tuple[str, str]], bytes]

NAMES = st.text("abcXYZ-09_", min_size=1, max_size=12)
VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
BODIES = st.binary(max_size=300)
# What answers are made of, and what breaks them.
PIECES = st.sampled_from(
    [
        *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 204 No Content\r\n", b"HTTP/1.0 200 OK\r\n"),
        *(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 101 Switching\r\n\r\n", b"HTTP/2 200\r\n"),
        *(b"HTTP/1.1 500\r\n", b"HTTP/1.1 2000 OK\r\n", b"HTTP/1.1 099 X\r\n", b"HTTP/1.1\r\n"),
        *(b"content-length: 3\r\n", b"content-length: 0\r\n", b"Content-Length: 3, 3\r\n"),
        *(b"content-length: 3, 4\r\n", b"content-length: +3\r\n", b"content-length: -1\r\n"),
        *(b"content-length: 0x3\r\n", b"content-length:\r\n", b"content-length : 3\r\n"),
        *(b"transfer-encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n"),
        *(b"transfer-encoding: identity\r\n", b"connection: close\r\n", b"x: y\r\n", b": y\r\n"),
        *(b" folded\r\n", b"no colon\r\n", b"x\x00: y\r\n", b"x: \x00\r\n", b"x: a\nb\r\n"),
        *(b"\r\n", b"\n", b"\r", b"abc", b"3\r\nabc\r\n", b"0\r\n\r\n", b"0\r\nx: y\r\n\r\n"),
        *(b"3;ext=1\r\nabc\r\n", b"-3\r\n", b"3 \r\nabc\r\n", b"ffffffffffffffffff\r\n"),
        *(b"0x3\r\nabc\r\n", b"1_0\r\n", b"4\r\nabc\r\n", b"\r\n\r\n", b"\t", b" "),
    ]
)


def fed(pieces: Sequence[bytes]) -> Callable[[], bytes]:
    """Return what gives the pieces one by one, then the end of the connection."""
    left = [piece for piece in pieces if piece]
    return lambda: left.pop(0) if left else b""


def ours(pieces: Sequence[bytes]) -> Read | None:
    """Return what we read, None for an error."""
    try:
        (status, headers, body), _ = read_answer(fed(pieces))
    except BadAnswer:
        return None
    return status, sorted(headers.items()), body


def theirs(data: bytes) -> Read | None:
    """Return what h11 reads of an answer to a POST, None for an error or an answer cut off."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=http1.MAX_HEAD_BYTES)
    connection.send(h11.Request(method="POST", target="/", headers=[("host", "h")]))
    connection.send(h11.EndOfMessage())
    found: h11.Response | None = None
    body = bytearray()
    try:
        connection.receive_data(data)
        for end in (None, b""):
            if end is not None:
                connection.receive_data(end)
            while True:
                event = connection.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    break
                if isinstance(event, h11.Response):
                    found = event
                elif isinstance(event, h11.Data):
                    body += event.data
                elif isinstance(event, h11.EndOfMessage) and found:
                    return found.status_code, joined(found.headers), bytes(body)
                elif isinstance(event, h11.ConnectionClosed):
                    return None
    except h11.RemoteProtocolError:
        return None
    return None


def joined(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Return headers with repeated ones as one."""
    found: dict[str, str] = {}
    for raw, value in headers:
        name, text = raw.decode(), value.decode("latin-1")
        found[name] = f"{found[name]}, {text}" if name in found else text
    return sorted(found.items())


def same(mine: Read, other: Read | None) -> bool:
    """Return whether both read the same; h11 tells a length that was given twice as one."""
    if other is None:
        return False
    once = [
        (name, value.split(",")[0] if name == "content-length" else value)
        for name, value in mine[1]
    ]
    return (mine[0], once, mine[2]) == other


def whole(status: int, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status} Told\r\n{lines}\r\n".encode() + body


@given(st.lists(PIECES, max_size=8), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n"]))
def test_what_we_read_is_what_h11_reads(pieces: list[bytes], first: bytes) -> None:
    data = first + b"".join(pieces)
    mine = ours([data])
    assert mine is None or same(mine, theirs(data)), (data, mine, theirs(data))


@given(st.binary(max_size=60), st.integers(0, 200), st.data())
def test_a_spoilt_answer_is_read_as_h11_reads_it(
    noise: bytes, at: int, data: st.DataObject
) -> None:
    """Bytes put into, or in place of, some of a good answer."""
    chunked = b"3;a=b\r\nabc\r\n0\r\nt: u\r\n\r\n"
    good = data.draw(st.sampled_from([
        whole(200, [("content-length", "5"), ("x-y", "z")], b"12345"),
        whole(400, [("transfer-encoding", "chunked")], chunked),
    ]))  # fmt: skip
    gone = data.draw(st.integers(0, 5))
    spoilt = good[:at] + noise + good[at + gone :]
    mine = ours([spoilt])
    assert mine is None or same(mine, theirs(spoilt)), (spoilt, mine, theirs(spoilt))


@given(st.lists(PIECES, max_size=8), st.lists(st.integers(0, 200), max_size=6))
def test_how_bytes_are_cut_changes_nothing(pieces: list[bytes], cuts: list[int]) -> None:
    data = b"HTTP/1.1 200 OK\r\n" + b"".join(pieces)
    ends = sorted({*(min(cut, len(data)) for cut in cuts), len(data)})
    parts = [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    wanted = ours([data])
    assert ours(parts) == wanted
    assert ours([data[at : at + 1] for at in range(len(data))]) == wanted


@given(
    st.sampled_from([200, 400, 503, 599]),
    st.dictionaries(NAMES.map(str.lower), VALUES, max_size=5),
    BODIES,
    st.booleans(),
)
def test_a_whole_answer_is_read_and_the_next_one_may_follow(
    status: int, headers: dict[str, str], body: bytes, chunked: bool
) -> None:
    headers = {name: value for name, value in headers.items() if name != "connection"}
    if chunked:
        framed = [*headers.items(), ("Transfer-Encoding", "Chunked")]
        data = whole(
            status, framed, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        )
    else:
        data = whole(status, [*headers.items(), ("Content-Length", str(len(body)))], body)
    (found, told, read), keeps = read_answer(fed([data]))
    assert (found, read, keeps) == (status, body, True)
    assert headers.items() <= told.items()


@given(BODIES.filter(bool), st.booleans(), st.integers(1, 10_000))
def test_what_is_cut_off_is_an_error(body: bytes, chunked: bool, less: int) -> None:
    data = (
        whole(200, [("transfer-encoding", "chunked")], b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        if chunked
        else whole(200, [("content-length", str(len(body)))], body)
    )
    with pytest.raises(BadAnswer):
        read_answer(fed([data[: -min(less, len(data))]]))


@pytest.mark.parametrize(
    ("data", "keeps"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: x, Close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1and more", False),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", True),
        (b"HTTP/1.1 204 Gone\r\n\r\n", True),
    ],
)
def test_a_connection_is_kept_when_its_next_byte_is_the_next_answers(
    data: bytes, keeps: bool
) -> None:
    assert read_answer(fed([data]))[1] is keeps


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * http1.MAX_HEAD_BYTES, "without an end"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * http1.MAX_HEAD_BYTES, "without an end"),
        (b"HTTP/1.1 102 Wait\r\n\r\n" * 9, "no end of interim"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", "the body has more than"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffff\r\n", "more than"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n" + b"x: y\r\n" * 9000,
         "the trailer has more than"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1" + b";" * 300, "without an end"),
        (b"", "the connection ended"),
    ],
)  # fmt: skip
def test_no_answer_takes_more_memory_than_it_may(data: bytes, why: str) -> None:
    with pytest.raises(BadAnswer, match=why):
        read_answer(fed([data]))


def test_a_body_without_a_length_has_an_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "MAX_BODY_BYTES", 100)
    with pytest.raises(BadAnswer, match="more than 100 bytes"):
        read_answer(fed([b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 60] * 2]))


def test_a_request_is_read_by_h11_as_it_was_meant() -> None:
    head = request_head("POST", "/", {"host": "h:1", "x-amz-date": "now"}, 2)
    server = h11.Connection(h11.SERVER)
    server.receive_data(head + b"{}")
    request, data, end = (server.next_event() for _ in range(3))
    assert isinstance(request, h11.Request)
    assert (request.method, request.target) == (b"POST", b"/")
    assert (b"content-length", b"2") in list(request.headers)
    assert isinstance(data, h11.Data)
    assert data.data == b"{}"
    assert isinstance(end, h11.EndOfMessage)
