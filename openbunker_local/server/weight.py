"""How much a body is to read once it is inflated: a KiB of gzip may be a MiB of JSON. Pure.

It decides who reads a request, and is no limit: those are the functions'.
"""

from openbunker.web.http import beginning_of

# Some clients say nothing of it, and nothing keeps them from doing it twice.
_GZIP = b"\x1f\x8b"
_MOST_TIMES = 2
# A large body costs several times its size while it is read, and holds up what is small.
LARGE_BYTES = 128 * 1024


def is_large(body: bytes | str, encoding: str | None) -> bool:
    """Return whether a body is one of those that are read apart."""
    return weighs(body, encoding, LARGE_BYTES + 1)


def weighs(body: bytes | str, encoding: str | None, least: int) -> bool:
    """Return whether there are so many bytes to read, however they are packed; text is not."""
    for _ in range(_MOST_TIMES):
        if len(body) >= least or isinstance(body, str):
            break
        if not (encoding or body.startswith(_GZIP)):
            break
        body, encoding = beginning_of(body, encoding or "gzip", least), None
    return len(body) >= least
