"""What a body weighs is what there is to read of it."""

import gzip
import zlib

import pytest

from openbunker_local.server.weight import LARGE_BYTES, is_large, weight_of

LARGE, SMALL = b"a" * (LARGE_BYTES + 1), b"a" * LARGE_BYTES
RAW = zlib.compressobj(wbits=-15)
BARE = RAW.compress(LARGE) + RAW.flush()


@pytest.mark.parametrize(
    ("body", "encoding", "large"),
    [
        (LARGE, None, True),
        (SMALL, None, False),
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
    body: bytes, encoding: str | None, large: bool
) -> None:
    assert is_large(weight_of(body, encoding)) is large


def test_what_is_not_large_weighs_what_it_is_unpacked() -> None:
    assert [weight_of(gzip.compress(b"a" * size), "gzip") for size in (0, 1, 99)] == [0, 1, 99]
    assert weight_of(b"a" * 99, "br") == 0
