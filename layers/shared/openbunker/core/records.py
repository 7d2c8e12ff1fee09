"""Event <-> bytes. Nobody else knows the row format; `docs/storage.md` tells it to people.

A record is one JSON line in UTF-8 that ends with a newline: Firehose concatenates records
without a delimiter. Fields that are None are left out; `properties` is JSON text in a string,
so that a sender's new field never changes the table.
"""

import json
import json.encoder
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from openbunker.core import jsontext
from openbunker.core.errors import Refusal
from openbunker.core.event import TEXT_LIMITS, Event
from openbunker.core.reasons import Reason

SCHEMA_VERSION = 1
# Firehose: the data of one record, before base64 (API reference, PutRecordBatch).
MAX_RECORD_BYTES = 1_000 * 1024

_COLUMNS = tuple(f.name for f in fields(Event) if f.name != "properties")


# A text, and any value, as JSON with what is not ASCII as it is.
text_of = json.encoder.encode_basestring
json_of = jsontext.writer(
    json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
)


@dataclass(frozen=True, slots=True)
class Record:
    """An event's bytes for the stream: one JSON line, at most MAX_RECORD_BYTES."""

    data: bytes


def encode(event: Event) -> Record | Refusal:
    """Return the event's line, or the refusal of what JSON, UTF-8 or the stream cannot hold."""
    return kept(_parts, event)


def kept(write: Callable[..., tuple[str, str]], *given: Any) -> Record | Refusal:
    """Return the line of an event as a record, or the refusal of what it cannot hold.

    `write` returns its columns as an object whose end is still open, and its properties, as JSON.
    """
    try:
        columns, properties = write(*given)
        if "\\" in columns and "\\u0000" in columns:  # properties may hold what they like
            _look_for_nul(columns + "}")
        data = f'{columns},"properties":"{_quoted(properties)}"}}\n'.encode()
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


def _quoted(json_text: str) -> str:
    """Return JSON as the inside of a JSON string: it has no control characters to look for."""
    return json_text.replace("\\", "\\\\").replace('"', '\\"')


class _Unfit(Exception):
    """A text is none that its column can hold."""

    def __init__(self, reason: Reason, column: str, text: str) -> None:
        super().__init__(f"{column}: {text}")
        self.reason = reason
        self.column = column


def _parts(event: Event) -> tuple[str, str]:
    row: dict[str, Any] = {"v": SCHEMA_VERSION}
    for name in _COLUMNS:
        value = getattr(event, name)
        if value is not None:
            row[name] = value
            if type(value) is str:
                check_length(name, value)
    properties = json_of(event.properties)
    return json_of(row)[:-1], properties


def check_length(column: str, text: str) -> None:
    """Raise for a text that is longer than its column; `kept` makes a refusal of it."""
    if len(text) > TEXT_LIMITS.get(column, MAX_RECORD_BYTES):
        told = f"at most {TEXT_LIMITS[column]} characters, {len(text)} were sent"
        raise _Unfit(Reason.INVALID_SCHEMA, column, told)


def _look_for_nul(columns: str) -> None:
    """Raise _Unfit for a NUL, which no filter and no erasure can name."""
    row = json.loads(columns)
    for name in _COLUMNS:
        value = row.get(name)
        if type(value) is str and "\0" in value:
            raise _Unfit(Reason.UNSTORABLE_VALUE, name, "has no NUL character")
