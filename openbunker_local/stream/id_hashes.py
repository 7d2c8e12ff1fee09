"""Rows -> the hashes of the ids that a receipt may ask for: ours, the dedupe key, the client's own.

Pure. A hash that is there says "look into that object", never "it is here": two ids may share one.
No files; where hashes lie is `id_index`'s matter.
"""

import json
import re
from collections.abc import Callable
from hashlib import blake2b

from openbunker.core.event import PUBLIC_SCOPE

HASH_BYTES = 8
Digest = Callable[[bytes], bytes]

# Ids are hashed as they stand in a line, escapes and all: escaping has one form (records.py), goes
# letter by letter, and so needs no undoing.
_TEXT = rb'"([^"\\]*(?:\\.[^"\\]*)*)"'
_NAMES = (b"project_id", b"event_id", b"dedupe_key", b"dialect", b"key_id", b"event_name")
_ROW = re.compile(rb'\{"v":\d+,' + b",".join(b'"%s":%s' % (name, _TEXT) for name in _NAMES))
_PUBLIC = PUBLIC_SCOPE.encode()
_to_json = json.JSONEncoder(ensure_ascii=False).encode


def digest(text: bytes) -> bytes:
    """Return the hash of a project and an id."""
    return blake2b(text, digest_size=HASH_BYTES).digest()


def sought(project_id: str, text: str, hashed: Digest = digest) -> bytes:
    """Return the hash that a row with this id, in any of its forms, has left."""
    project, ident = (_to_json(one)[1:-1].encode() for one in (project_id, text))
    return hashed(project + b"\0" + ident)


class Collector:
    """Gathers the hashes of an object's lines, as they are written or read."""

    def __init__(self, hashed: Digest = digest) -> None:
        self._hashed = hashed
        self._parts: list[bytes] = []
        self._whole = True

    def add(self, lines: bytes) -> None:
        """Take in whole lines."""
        if not self._whole:
            return
        found: list[bytes] = []
        for line in lines.splitlines():
            row = _ROW.match(line)
            if row is None:  # not a row of ours: the object has to be read each time
                self._whole = False
                return
            project = row[1] + b"\0"
            found += [self._hashed(project + ident) for ident in _forms(*row.groups()[1:])]
        self._parts.append(b"".join(found))

    def hashes(self) -> bytes | None:
        """Return the hashes, joined; None when a line could not be read."""
        return b"".join(self._parts) if self._whole else None


def _forms(
    event_id: bytes, key: bytes, dialect: bytes, key_id: bytes, event_name: bytes
) -> list[bytes]:
    """Return what a row can be asked for by: `query.receipts.is_of` is the rule."""
    if key == event_id:
        return [event_id]
    found = [event_id, key]
    own = key.removeprefix(_PUBLIC)
    for scope in (key_id, event_name):
        before = b"%s:%s:" % (dialect, scope)
        if own.startswith(before):
            found.append(own[len(before) :])
    return found
