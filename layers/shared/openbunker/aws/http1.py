"""HTTP/1.1 as bytes: the head of a request, and one answer, read strictly. No socket, no clock.

An answer is whole and means one thing only, or it is an error: what another reader could take
otherwise (two lengths, bare line feeds, folded lines) is refused, and so is what ends too soon.
Why it is our own: docs/decisions/0057-own-http-reader.md. Sources: RFC 9110, RFC 9112.
"""

from collections.abc import Callable, Mapping, Sequence

# Status, headers by lower-case name, body.
Answer = tuple[int, Mapping[str, str], bytes]
# Returns the next bytes of the connection, b"" at its end. Raises OSError.
Receive = Callable[[], bytes]

MAX_HEAD_BYTES = 32 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024
_MAX_CHUNK_LINE = 256
_MAX_INTERIM = 8
_END = b"\r\n\r\n"
_HEX = b"0123456789abcdefABCDEF"
_TOKEN = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TEXT = b"\t" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100))
_NO_CONTENT = (204, 304)


class BadAnswer(Exception):
    """What came is not one whole answer. Whether the request was carried out is not known."""


def request_head(method: str, path: str, headers: Mapping[str, str], size: int) -> bytes:
    """Return the head of a request with a body of so many bytes; the headers are ASCII."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    fixed = f"accept-encoding: identity\r\ncontent-length: {size}\r\n\r\n"
    return f"{method} {path} HTTP/1.1\r\n{lines}{fixed}".encode("ascii")


def read_answer(receive: Receive) -> tuple[Answer, bool]:
    """Return the answer to one request, and whether the connection may carry another one.

    Raises BadAnswer, and what `receive` raises.
    """
    incoming = _Incoming(receive)
    for _ in range(_MAX_INTERIM):
        version, status, headers = _parsed(incoming.through(_END, MAX_HEAD_BYTES))
        if status >= 200:
            break
        if status == 101:
            raise BadAnswer("the answer changes the protocol")
    else:
        raise BadAnswer("there is no end of interim answers")
    body, delimited = _body(incoming, version, status, headers)
    keeps = _keeps(version, headers) and delimited and not incoming.more
    return (status, headers, body), keeps


class _Incoming:
    """The bytes of one connection, taken as far as one answer reaches."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._held = bytearray()

    @property
    def more(self) -> bool:
        """Whether bytes came that nobody has taken."""
        return bool(self._held)

    def through(self, mark: bytes, most: int) -> bytes:
        """Take what comes before a mark and the mark, and return the former."""
        searched = 0
        while (at := self._held.find(mark, searched)) < 0:
            searched = max(0, len(self._held) - len(mark) + 1)
            if len(self._held) > most:
                raise BadAnswer(f"more than {most} bytes without an end of line or head")
            self._fill()
        if at > most:
            raise BadAnswer(f"more than {most} bytes without an end of line or head")
        return self._take(at + len(mark))[:at]

    def exactly(self, size: int) -> bytes:
        """Take so many bytes."""
        while len(self._held) < size:
            self._fill()
        return self._take(size)

    def rest(self) -> bytes:
        """Take what comes until the connection's end."""
        while data := self._receive():
            self._held += data
            if len(self._held) > MAX_BODY_BYTES:
                raise BadAnswer(f"the body has more than {MAX_BODY_BYTES} bytes")
        return self._take(len(self._held))

    def _fill(self) -> None:
        data = self._receive()
        if not data:
            raise BadAnswer("the connection ended within the answer")
        self._held += data

    def _take(self, size: int) -> bytes:
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken


def _parsed(head: bytes) -> tuple[bytes, int, dict[str, str]]:
    """Return version, status and headers of a head. Repeated headers are one, joined by commas."""
    first, *lines = head.split(b"\r\n")
    if head.translate(None, _TEXT) != b"\r\n" * len(lines):
        raise BadAnswer("the head holds control characters")
    version, status = first[:8], first[9:12]
    shaped = version in (b"HTTP/1.1", b"HTTP/1.0") and first[8:9] == b" "
    if not (shaped and len(status) == 3 and status.isdigit() and first[12:13] in (b"", b" ")):
        raise BadAnswer("the answer does not begin with a status")
    if int(status) < 100:
        raise BadAnswer("the status is none")
    return version, int(status), _headers(lines)


def _headers(lines: Sequence[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        raw, colon, value = line.partition(b":")
        if not (raw and colon) or raw.translate(None, _TOKEN):
            raise BadAnswer("a header has no name")
        name = raw.decode("ascii").lower()
        text = value.strip(b" \t").decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def _body(
    incoming: _Incoming, version: bytes, status: int, headers: Mapping[str, str]
) -> tuple[bytes, bool]:
    """Return the body, and whether its end was told by something else than the connection's.

    Source: RFC 9112, 6.3, "Message Body Length".
    """
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    size = None if length is None else _size(length)
    if coding is not None and not (
        coding.lower() == "chunked" and version == b"HTTP/1.1" and size is None
    ):
        raise BadAnswer("the body's end is told in a way that cannot be trusted")
    if status in _NO_CONTENT:
        return b"", True
    if coding is not None:
        return _chunks(incoming), True
    return (incoming.rest(), False) if size is None else (incoming.exactly(size), True)


def _size(text: str) -> int:
    digits = {one.strip() for one in text.split(",")}
    told = digits.pop()
    if digits or not (told.isascii() and told.isdigit()) or len(told) > 20:
        raise BadAnswer("the content-length is no number of bytes")
    if int(told) > MAX_BODY_BYTES:
        raise BadAnswer(f"the body has more than {MAX_BODY_BYTES} bytes")
    return int(told)


def _chunks(incoming: _Incoming) -> bytes:
    body = bytearray()
    while size := _chunk_size(incoming.through(b"\r\n", _MAX_CHUNK_LINE)):
        if len(body) + size > MAX_BODY_BYTES:
            raise BadAnswer(f"the body has more than {MAX_BODY_BYTES} bytes")
        body += incoming.exactly(size)
        if incoming.exactly(2) != b"\r\n":
            raise BadAnswer("a chunk is longer than it says")
    _pass_trailer(incoming)
    return bytes(body)


def _pass_trailer(incoming: _Incoming) -> None:
    """Take what may follow the last chunk: headers, of which we need none."""
    size = 0
    while line := incoming.through(b"\r\n", MAX_HEAD_BYTES):
        size += len(line)
        if size > MAX_HEAD_BYTES:
            raise BadAnswer(f"the trailer has more than {MAX_HEAD_BYTES} bytes")
        if line.translate(None, _TEXT):
            raise BadAnswer("the trailer holds control characters")
        _headers([line])


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].rstrip(b" \t")
    if not 0 < len(digits) <= 16 or digits.translate(None, _HEX):
        raise BadAnswer("a chunk does not begin with its size")
    return int(digits, 16)


def _keeps(version: bytes, headers: Mapping[str, str]) -> bool:
    told = [one.strip() for one in headers.get("connection", "").lower().split(",")]
    return "close" not in told and (version == b"HTTP/1.1" or "keep-alive" in told)
