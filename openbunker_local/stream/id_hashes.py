"""Rows -> the hashes of the ids that a receipt may ask for: ours, the dedupe key, the client's own.

Pure. A hash that is there says "look into that object", never "it is here": two ids may share one.
No files; where hashes lie is `id_index`'s matter.
"""

import json
import re
from collections.abc import Callable, Sequence
from hashlib import blake2b

from openbunker.core.event import PUBLIC_SCOPE

HASH_BYTES = 8
Digest = Callable[[bytes], bytes]

# Ids are hashed as they stand in a line, escapes and all: escaping has one form (records.py), goes
# letter by letter, and so needs no undoing.
_NAMES = (b"project_id", b"event_id", b"dedupe_key", b"dialect", b"key_id", b"event_name")


def _row(text: bytes) -> bytes:
    """Return a pattern of the beginning of a row whose texts look so."""
    return rb'\{"v":\d+,' + b",".join(b'"%s":"(%s)"' % (name, text) for name in _NAMES)


_ROW = re.compile(_row(rb'[^"\\]*(?:\\.[^"\\]*)*'))
# Whole lines that begin as a row does and whose ids hold no quote, found all at once. A name that
# holds one is cut there, which hides no id: the id that the name is part of would hold it too.
_PLAIN_ROWS = re.compile(rb"(?m:^)" + _row(rb'[^"]*') + rb"[^\n]*\n")
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
        hashed, rows = self._hashed, _rows(lines)
        if rows is None:  # not all are rows of ours: the object has to be read each time
            self._whole = False
            return
        found: list[bytes] = []
        for project, event_id, key, dialect, key_id, name in rows:
            found.append(hashed(project + b"\0" + event_id))
            if key != event_id:
                forms = _forms(key, dialect, key_id, name)
                found += [hashed(project + b"\0" + form) for form in forms]
        self._parts.append(b"".join(found))

    def hashes(self) -> bytes | None:
        """Return the hashes, joined; None when a line could not be read."""
        return b"".join(self._parts) if self._whole else None


def _rows(lines: bytes) -> Sequence[tuple[bytes, ...]] | None:
    """Return the texts of each line's beginning; None where one is no row of ours."""
    rows = _PLAIN_ROWS.findall(lines)
    if len(rows) == lines.count(b"\n") and lines.endswith(b"\n"):
        return rows
    found = [_ROW.match(line) for line in lines.splitlines()]
    return [row.groups() for row in found if row] if all(found) else None


def _forms(key: bytes, dialect: bytes, key_id: bytes, event_name: bytes) -> list[bytes]:
    """Return what a row can be asked for by beside its id: `query.receipts.is_of` is the rule."""
    found = [key]
    own = key.removeprefix(_PUBLIC)
    for scope in (key_id, event_name):
        before = b"%s:%s:" % (dialect, scope)
        if own.startswith(before):
            found.append(own[len(before) :])
    return found
