"""What was refused, as it is kept: the row format, the masking of keys, the cutting of payloads.

Pure: no clock, no stream, no request. `docs/storage.md` tells the format to people; what is kept
and when is `keeping`'s, who may see it is the query side's.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from openbunker.core import jsontext
from openbunker.core.addresses import masked_text
from openbunker.core.errors import RequestRefused
from openbunker.core.records import Record

SCHEMA_VERSION = 1
MAX_PAYLOAD_BYTES = 8 * 1024
MAX_MESSAGE_CHARACTERS = 500
MASK = "***"

# "events.12.url" and "[3]" say where in the request; the row has `item` for that.
_PLACE = re.compile(r"\.\d+(?=\.|$)|^\d+\.|\[\d+\]")
_VALUE = r'(?:"(?:[^"\\]|\\.)*"?|[-+.\w]+)'
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_to_ascii_json = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One refused item, or one request that was refused as a whole (`item` is None).

    `payload` is text of at most MAX_PAYLOAD_BYTES, but whole where only a quota stood against it;
    `payload_bytes` what it took before it was cut. `route` is `METHOD /path`. `refused_id` is
    ordered by time, as event ids are. `customer_hash` is what an erasure knows the customer of a
    bound key by; her name is not kept for it.
    """

    project_id: str
    refused_id: str
    dialect: str
    route: str
    key_id: str
    reason: str
    message: str
    received_ms: int
    payload: str
    payload_bytes: int
    field: str | None = None
    item: int | None = None
    customer_hash: str | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing of the payload was cut off."""
        return len(self.payload.encode()) == self.payload_bytes


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must not be kept: the text of the key, the members of a body that hold one, and what
    `shortened` takes out of an item or a body.
    """

    text: str
    members: Sequence[str] = ()
    shortened: Callable[[Any], Any] = lambda value: value

    def masked(self, text: str) -> str:
        """Return a text without the key, and without the values of members that hold one."""
        for name in self.members:
            text = re.sub(rf'("{re.escape(name)}"\s*:\s*){_VALUE}', rf'\1"{MASK}"', text)
        return text.replace(self.text, MASK) if self.text else text


def item_text(raw: Any, secrets: Secrets) -> str:
    """Return an item as JSON text without keys. What UTF-8 cannot hold is written as escapes."""
    raw = secrets.shortened(raw)
    if isinstance(raw, dict) and any(name in raw for name in secrets.members):
        raw = {**raw, **{name: MASK for name in secrets.members if name in raw}}
    text = _to_json(raw)
    return secrets.masked(text if _encodes(text) else _to_ascii_json(raw))


def body_text(body: bytes, secrets: Secrets) -> str:
    """Return a body as text without keys: written anew when it is JSON that is read, else as it
    came.
    """
    try:
        return item_text(jsontext.parse(body), secrets)
    except RequestRefused:
        return masked_text(secrets.masked(body.decode(errors="replace").removeprefix("\ufeff")))


def cut(text: str, most: int = MAX_PAYLOAD_BYTES) -> tuple[str, int]:
    """Return the beginning of a text that takes at most so many bytes, and its whole size."""
    data = text.encode()
    if len(data) <= most:
        return text, len(data)
    return data[:most].decode("utf-8", "ignore"), len(data)


def field_of(place: str | None) -> str | None:
    """Return a field's path without the indexes of a list, so that equal mistakes are one."""
    return _PLACE.sub("", place) or None if place else None


def encode(refused: Refused) -> Record:
    """Return the row: one JSON line. Fields that are None are left out."""
    row = {"v": SCHEMA_VERSION}
    row |= {name: value for name in _COLUMNS if (value := getattr(refused, name)) is not None}
    text = _to_json(row)
    return Record(((text if _encodes(text) else _to_ascii_json(row)) + "\n").encode())


def decode(line: bytes) -> Refused:
    """Return what one line holds. Raises ValueError for a line of another schema version."""
    row: dict[str, Any] = json.loads(line)
    if row.pop("v", None) != SCHEMA_VERSION:
        raise ValueError(f"a row of schema version {SCHEMA_VERSION} was expected")
    return Refused(**row)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_COLUMNS = tuple(field.name for field in fields(Refused))
