"""What an erasure leaves of objects that were set aside as damaged: what provably is not hers.

Of an object whose checksum fits, the lines that are rows are hers or not; a line that is none stays
when her name stands in it in no spelling. Of one that is cut off or altered, only rows of other
projects and later ones stay: whatever else it holds may be hers. What Firehose could not process is
looked into as well: each of its lines tells of a record, a pack of many rows of any project, in
base64, and goes on with those that are not hers. Which rows are hers is told by `erasure.lines`.
"""

import gzip
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from openbunker.compaction import quarantine
from openbunker.compaction.planning import LATE_MS
from openbunker.compaction.services import CompactionServices
from openbunker.core import layout
from openbunker.erasure.lines import Hunt, Row
from openbunker.erasure.mentions import LooseText
from openbunker.erasure.model import Erasure

GZIP, GZIP_WINDOW_BITS, CHUNK = b"\x1f\x8b", 31, 16_384


def look(services: CompactionServices, key: str, erasures: Sequence[Erasure], hunt: Hunt) -> None:
    """Leave of a damaged object what is nobody's of the erasures. Raises BucketFailed, Crossed."""
    found = services.bucket.get(key)
    if found is None or _is_later(key, erasures):
        return
    told = key.startswith(layout.ERRORS)
    plain = told and not found.data.startswith(GZIP)
    text, why = (found.data, "") if plain else quarantine.inflated(found.data)
    lines = (text if not why else readable(found.data)).splitlines(keepends=True)
    stays = partial(_stays, erasures=erasures, hunt=hunt, whole=not why)
    left = [_left(one, stays) if told else one if stays(one) else b"" for one in lines]
    if not why and left == lines:
        return
    kept = [one for one in left if one]
    if kept:
        rest = b"".join(kept)
        services.bucket.put(key, rest if plain else gzip.compress(rest), found.tag)
    else:
        services.bucket.delete([key])
    services.log(
        {
            "level": "WARNING",
            "error": "an erasure took what may be hers out of an object that was set aside",
            "object": key,
            "lines_kept": len(kept),
            "lines_removed": len(lines) - len(kept),
            "unreadable": bool(why),
        }
    )


def readable(data: bytes) -> bytes:
    """Return what can be inflated of a damaged gzip stream, from its beginning on."""
    return b"".join(_pieces(data))


def _pieces(data: bytes) -> Iterator[bytes]:
    stream = zlib.decompressobj(GZIP_WINDOW_BITS)
    at, size = 0, CHUNK
    while at < len(data):
        before, given = stream.copy(), data[at : at + size]
        try:
            piece = stream.decompress(given)
        except zlib.error:
            if size == 1:
                return
            stream, size = before, 1  # once more, up to the byte that cannot be
            continue
        yield piece
        at += len(given) - len(stream.unused_data)
        if stream.eof:  # another member follows
            stream = zlib.decompressobj(GZIP_WINDOW_BITS)


def _is_later(key: str, erasures: Sequence[Erasure]) -> bool:
    """Return whether an object arrived when no row of the erasures was under way any more."""
    last_ms = max(one.requested_ms for one in erasures) + LATE_MS
    return key.partition("/dt=")[2].partition("/")[0] > layout.day(last_ms)


def _left(line: bytes, stays: Callable[[bytes], bool]) -> bytes:
    """Return what stays of a line of Firehose's: its `rawData` is the record (developer guide)."""
    try:
        told = json.loads(line)
        rows = b64decode(told["rawData"], validate=True).splitlines(keepends=True)
    except (ValueError, KeyError, TypeError):
        return line if stays(line) else b""
    kept = [one for one in rows if stays(one)]
    if len(kept) == len(rows):
        return line
    rest = {**told, "rawData": b64encode(b"".join(kept)).decode()}
    return json.dumps(rest).encode() + b"\n" if kept else b""


def _stays(line: bytes, erasures: Sequence[Erasure], hunt: Hunt, *, whole: bool) -> bool:
    try:
        row: Row = json.loads(line)
        if whole:
            return next(hunt.takers(row), None) is None
        return not any(_may_be_of(one, row) for one in erasures)
    except (ValueError, KeyError, TypeError, AttributeError):
        text = LooseText(line.decode("utf-8", "replace").rstrip())
        return whole and not any(_may_be_hers(one, text) for one in erasures)


def _may_be_of(one: Erasure, row: Row) -> bool:
    of_project = bool(row["project_id"] == one.project_id)
    return of_project and row["received_ms"] <= one.requested_ms


def _may_be_hers(one: Erasure, text: LooseText) -> bool:
    named = one.customer_identifier
    return named is None or any(text.may_name(name) for name in (named, one.customer_hash))
