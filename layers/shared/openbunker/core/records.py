"""Event <-> bytes. Nobody else knows the row format; `docs/storage.md` tells it to people.

A record is one JSON line in UTF-8 that ends with a newline: Firehose concatenates records
without a delimiter. Fields that are None are left out; `properties` is JSON text in a string,
so that a sender's new field never changes the table.
"""

import json
from dataclasses import dataclass, fields
from typing import Any

from openbunker.core.errors import Refusal
from openbunker.core.event import MAX_NAME, TEXT_LIMITS, Event
from openbunker.core.reasons import Reason

SCHEMA_VERSION = 1
# Firehose: the data of one record, before base64 (API reference, PutRecordBatch).
MAX_RECORD_BYTES = 1_000 * 1024

_COLUMNS = tuple(f.name for f in fields(Event) if f.name != "properties")
_to_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Record:
    """An event's bytes for the stream: one JSON line, at most MAX_RECORD_BYTES."""

    data: bytes


def encode(event: Event) -> Record | Refusal:
    """Return the event's line, or the refusal of what JSON, UTF-8 or the stream cannot hold."""
    try:
        data = _line(event).encode()
    except _Unfit as error:
        return Refusal(error.reason, str(error), error.column)
    except UnicodeEncodeError:
        return Refusal(Reason.UNSTORABLE_VALUE, "The event holds text with a lone surrogate.")
    except ValueError:
        return Refusal(Reason.UNSTORABLE_VALUE, "The event holds a number that is not finite.")
    except RecursionError:
        return Refusal(Reason.UNSTORABLE_VALUE, "The event is nested too deeply.")
    if len(data) > MAX_RECORD_BYTES:
        text = f"The event takes {len(data)} bytes as stored; at most {MAX_RECORD_BYTES} fit."
        return Refusal(Reason.EVENT_TOO_LARGE, text)
    return Record(data)


def decode(line: bytes) -> Event:
    """Return the event of one line. Raises ValueError for a line of another schema version."""
    row: dict[str, Any] = json.loads(line)
    if row.pop("v", None) != SCHEMA_VERSION:
        raise ValueError(f"a row of schema version {SCHEMA_VERSION} was expected")
    row["properties"] = json.loads(row.get("properties", "{}"))
    return Event(**row)


class _Unfit(Exception):
    """A text is none that its column can hold."""

    def __init__(self, reason: Reason, column: str, text: str) -> None:
        super().__init__(f"{column}: {text}")
        self.reason = reason
        self.column = column


def _line(event: Event) -> str:
    row: dict[str, Any] = {"v": SCHEMA_VERSION}
    for name in _COLUMNS:
        value = getattr(event, name)
        if value is not None:
            row[name] = value
            # Most texts are shorter than the least limit and need no look at their own.
            if type(value) is str and len(value) > MAX_NAME and len(value) > _most(name):
                raise _too_long(name, len(value))
    row["properties"] = _to_json(event.properties)
    line = _to_json(row)
    if "\\u0000" in line:  # one search for them all; properties may hold what they like
        _look_for_nul(row)
    return line + "\n"


def _look_for_nul(row: dict[str, Any]) -> None:
    """Raise _Unfit for a NUL, which no filter and no erasure can name."""
    for name in _COLUMNS:
        value = row.get(name)
        if type(value) is str and "\0" in value:
            raise _Unfit(Reason.UNSTORABLE_VALUE, name, "has no NUL character")


def _too_long(column: str, length: int) -> _Unfit:
    text = f"at most {TEXT_LIMITS[column]} characters, {length} were sent"
    return _Unfit(Reason.INVALID_SCHEMA, column, text)


def _most(column: str) -> int:
    return TEXT_LIMITS.get(column, MAX_RECORD_BYTES)
