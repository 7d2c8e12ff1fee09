"""How much of a request has arrived, held against the limits of the front. Counts bytes alone."""

from enum import Enum, auto

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker_local.server.gateway import MAX_REQUEST_BYTES
from openbunker_local.server.limits import FrontLimits

# Bytes are parsed in pieces: between two of them a limit is looked at, and what is parsed of
# requests that come one behind the other is little. A body of a known length comes in one.
PIECE = 4096
VERSIONS = ("1.1", "1.0")  # the parser takes others for the newer of them
# Nobody undoes another coding, so the body would be taken for what it is not (RFC 9112, 6.1).
CODING = "Of transfer codings only chunked is served; name others in Content-Encoding."
# Who is meant must be said, and once: two readers of one request must not differ (RFC 9112, 3.2).
HOST = "A request of HTTP/1.1 has one Host header, neither none nor two."


class Part(Enum):
    """Where in its client's bytes a connection is."""

    BETWEEN = auto()
    HEAD = auto()
    BODY = auto()
    REST = auto()  # of a body of which enough was read
    LEAVING = auto()

    @property
    def is_body(self) -> bool:
        """Whether bytes of a body come next."""
        return self is BODY or self is REST


# By these names they are found at once; by those of their enumeration a request asks too long.
BETWEEN, HEAD, BODY, REST, LEAVING = Part


class Arrival:
    """The request of a connection that is arriving, one after the other."""

    def __init__(self, limits: FrontLimits) -> None:
        self._limits = limits
        self.part = BETWEEN
        self.serial = 0
        self._head_bytes = 0
        self._headers = self._hosts = 0
        self._quiet_bytes = 0  # since the parser last had something to tell
        self._body_bytes = 0
        self._body_left = 0  # as the request's length says

    @property
    def piece(self) -> int:
        """How many bytes the parser may be given at once."""
        return max(PIECE, self._body_left)

    @property
    def seconds(self) -> float:
        """How long the client has for what comes next."""
        limits = self._limits
        if self.part.is_body:
            return limits.body_seconds
        fresh = self.part is HEAD or self.serial == 0
        return limits.header_seconds if fresh else limits.idle_seconds

    def begin(self) -> None:
        """Count a new request."""
        self.part = HEAD
        self.serial += 1
        self._head_bytes = self._headers = self._hosts = self._quiet_bytes = 0
        self._body_bytes = self._body_left = 0

    def target(self, size: int) -> None:
        """Count bytes of the target. Raises RequestRefused for too many."""
        self._head_bytes += size
        if self._head_bytes > self._limits.header_bytes:
            raise self._too_large()

    def header(self, name: bytes, value: bytes) -> None:
        """Count a header, also one behind a body. Raises RequestRefused for one too many."""
        limits = self._limits
        self._headers += 1
        self._head_bytes += len(name) + len(value) + 4
        if self._headers > limits.headers or self._head_bytes > limits.header_bytes:
            raise self._too_large()
        name = name.lower()
        if name == b"content-length" and value.isdigit():
            self._body_left = int(value)
        elif name == b"host":
            self._hosts += 1
        elif name == b"transfer-encoding" and value.strip().lower() != b"chunked":
            raise RequestRefused(Reason.MALFORMED_HTTP, CODING)

    def body_begins(self, version: str) -> None:
        """Say that the headers are there. Raises RequestRefused for another version than ours.

        And for one that names no host, which HTTP/1.0 need not, or several.
        """
        if version not in VERSIONS:
            raise RequestRefused(Reason.MALFORMED_HTTP, f"HTTP/{version} is not spoken here.")
        if self._hosts != 1 and (self._hosts or version != "1.0"):
            raise RequestRefused(Reason.MALFORMED_HTTP, HOST)
        self.part = BODY
        self._quiet_bytes = 0

    def body(self, size: int) -> None:
        """Count a piece of the body."""
        self._quiet_bytes = 0
        self._body_left -= size
        self._body_bytes += size
        if self._body_bytes > MAX_REQUEST_BYTES:
            self.part = REST

    def ends(self) -> None:
        """Say that the request is whole."""
        self.part = BETWEEN
        self._body_left = 0

    def leave(self) -> None:
        """Say that nothing is read any more."""
        self.part = LEAVING

    def fed(self, size: int) -> None:
        """Count bytes that the parser is about to be given."""
        self._quiet_bytes += size

    def check_quiet(self) -> None:
        """Raise RequestRefused where so much meant nothing to the parser, so that it holds it."""
        if self._quiet_bytes > self._limits.header_bytes:
            raise self._too_large()

    def _too_large(self) -> RequestRefused:
        limits = self._limits
        text = f"More than {limits.headers} headers, or {limits.header_bytes:,} bytes of them."
        return RequestRefused(Reason.HEADERS_TOO_LARGE, text)
