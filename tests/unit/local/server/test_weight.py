"""What a body weighs is what there is to read of it."""

import gzip
import zlib

import pytest

from openbunker_local.server.weight import LARGE_BYTES, is_large, weighs

LARGE, SMALL = b"a" * (LARGE_BYTES + 1), b"a" * LARGE_BYTES
RAW = zlib.compressobj(wbits=-15)
BARE = RAW.compress(LARGE) + RAW.flush()


@pytest.mark.parametrize(
    ("body", "encoding", "large"),
    [
        (LARGE, None, True),
        (SMALL, None, False),
        (LARGE.decode(), None, True),
        (gzip.compress(LARGE), "gzip", True),
        (gzip.compress(LARGE), " X-GZIP", True),
        (gzip.compress(SMALL), "gzip", False),
        (zlib.compress(LARGE), "deflate", True),
        (BARE, "deflate", True),
        # As browsers send it to PostHog, and as an attacker would.
        (gzip.compress(LARGE), None, True),
        (gzip.compress(gzip.compress(LARGE)), "gzip", True),
        # What no function inflates costs nobody anything.
        (gzip.compress(LARGE), "br", False),
        (gzip.compress(LARGE)[1:], "gzip", False),
        (b"", "gzip", False),
    ],
)
def test_a_body_is_large_however_it_is_packed(
    body: bytes | str, encoding: str | None, large: bool
) -> None:
    assert is_large(body, encoding) is large


def test_everything_weighs_nothing_at_least() -> None:
    assert weighs(b"", None, 0)
    assert weighs(gzip.compress(b"a" * 99), "gzip", 99)
    assert not weighs(gzip.compress(b"a" * 98), "gzip", 99)
