"""What the front takes of a client before it knows who that is. The numbers, and nothing else.

They hold before any key is looked at, so they are the server's and no project's.
"""

from dataclasses import dataclass

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontLimits:
    """The limits of a server's connections; sizes in bytes, times in seconds.

    connections     open at a time; above it the one that waits longest for its client is closed
    held_bytes      of requests that are not answered yet, all connections together
    header_bytes    of a request's line and headers
    headers         of one request
    header_seconds  from a connection's or a request's first moment to the end of its headers
    body_seconds    from there to the end of its body
    idle_seconds    a connection is kept for after an answer
    """

    connections: int = 1000
    held_bytes: int = 16 * MIB
    header_bytes: int = 64 * KIB
    headers: int = 100
    header_seconds: float = 20
    body_seconds: float = 60
    idle_seconds: float = 75
