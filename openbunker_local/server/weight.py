"""How much a body is to read once it is inflated: a KiB of gzip may be a MiB of JSON. Pure.

It decides who reads a request, and is no limit: those are the functions'.
"""

from dataclasses import dataclass

from openbunker.web.http import beginning_of

# Some clients say nothing of it, and nothing keeps them from doing it twice.
_GZIP = b"\x1f\x8b"
_MOST_TIMES = 2
# A large body costs several times its size while it is read, and holds up what is small.
LARGE_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a handler is given in place of Lambda's context: the weight of the request's body."""

    weight: int


def weight_of(body: bytes, encoding: str | None) -> int:
    """Return how many bytes there are to read, however they are packed; those of a large body are
    not counted to their end.
    """
    for _ in range(_MOST_TIMES):
        if is_large(len(body)) or not (encoding or body.startswith(_GZIP)):
            break
        body, encoding = beginning_of(body, encoding or "gzip", LARGE_BYTES + 1), None
    return len(body)


def is_large(weight: int) -> bool:
    """Return whether a body is one of those that are read apart."""
    return weight > LARGE_BYTES
