"""From what a caller says to the bytes that are sent: ids, times, and what cannot be JSON.

Pure but for the OS's randomness, which ids are made of: a machine that was restored from a
snapshot must not make the ids of its twin.
"""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

_encode = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode
# What batch() takes beside track()'s own words: the vendor's.
_NAMES = {"anonymousId": "anonymous_id", "sessionId": "session_id", "eventId": "event_id"}
_FIELDS = frozenset({"name", "properties", "timestamp", *_NAMES.values()})


class Unencodable(ValueError):
    """An event that no request can carry. `reason` is a code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def new_id() -> str:
    """Return a random UUID (version 4)."""
    h = os.urandom(16).hex()
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{'89ab'[int(h[16], 16) & 3]}{h[17:20]}-{h[20:]}"


def id_of(event_id: str | None) -> str:
    """Return the id that a caller gave, or a new one where there is none."""
    if event_id is None or (isinstance(event_id, str) and not event_id):
        return new_id()
    return event_id


class Given(NamedTuple):
    """An event as a caller gave it, whatever its values are."""

    name: str
    properties: Mapping[str, Any] | None
    anonymous_id: str | None
    session_id: str | None
    timestamp: int | datetime | None
    event_id: str


def encode(given: Given, now: float) -> bytes:
    """Return an event as it is sent. Raises Unencodable, and whatever a caller's value may raise.

    Lengths are the server's business; `now` is the time of an event that names none.
    """
    name, properties, anonymous_id, session_id, timestamp, event_id = given
    if not isinstance(name, str) or not name:
        raise Unencodable("invalid_schema", "name: a text that is not empty")
    if not isinstance(event_id, str):
        raise Unencodable("invalid_schema", "event_id: a text")
    event: dict[str, Any] = {"type": "custom", "name": name, "eventId": event_id}
    if anonymous_id is not None:
        event["anonymousId"] = anonymous_id
    if session_id is not None:
        event["sessionId"] = session_id
    event["timestamp"] = int(now * 1000) if timestamp is None else _ms(timestamp)
    if properties is not None:
        event["properties"] = _properties(properties)
    try:
        return _encode(event).encode()
    except Exception as error:  # a value of the caller's, whatever it raises
        raise Unencodable("unstorable_value", _cause(event.get("properties"), error)) from None


def arguments(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return one event of batch() as the arguments of track(). Raises as `encode`."""
    if not isinstance(event, Mapping):
        raise Unencodable("invalid_schema", f"an event is a mapping, not {type(event).__name__}")
    found = {_NAMES.get(key, key): value for key, value in event.items()}
    if found.pop("type", "custom") != "custom":
        raise Unencodable("unknown_event_type", "type: only custom")
    if unknown := found.keys() - _FIELDS:
        raise Unencodable("invalid_schema", f"no field of an event: {sorted(map(shown, unknown))}")
    return {"name": "", **found}


def shown(value: object) -> str:
    """Return a value as text, whatever it does when it is asked for that."""
    try:
        return str(value)
    except Exception:
        return f"a {type(value).__name__}"


def _ms(timestamp: int | datetime) -> int:
    if isinstance(timestamp, datetime) and timestamp.tzinfo is not None:
        return int(timestamp.timestamp() * 1000)
    if type(timestamp) is int:
        return timestamp
    raise Unencodable("invalid_schema", "timestamp: whole milliseconds or a datetime with a zone")


def _properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(properties, dict):
        return properties
    if isinstance(properties, Mapping):
        return dict(properties)
    raise Unencodable("invalid_schema", "properties: a mapping")


def _cause(properties: Any, error: Exception) -> str:
    """Return what is wrong, with the name of the property if it is one."""
    for key, value in (properties or {}).items():
        try:
            _encode({key: value}).encode()
        except Exception as found:  # as above
            return f"properties.{shown(key):.60}: {shown(found):.200}"
    return f"{shown(error):.200}"
