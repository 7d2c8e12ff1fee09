"""What an event of PostHog holds, and how it becomes a draft. Pure; part of that dialect.

Knows the vendor's fields; no request, key or answer. Contract: docs/wire/posthog.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from openbunker.core.addresses import mask_ip
from openbunker.core.errors import Problem
from openbunker.core.event import MAX_ID, MAX_NAME, TEXT_LIMITS, UTM, Draft
from openbunker.wire import dates
from openbunker.wire.dialect import Item
from openbunker.wire.fields import (
    Field,
    all_problems,
    beside,
    invalid_type,
    is_number,
    number_text,
    refusal,
    under,
    utf16_length,
)

# Under this name the rest of an event lies beside the sender's own fields.
REST = "_posthog"
MAX_UUID = 512
KEYS = ("api_key", "token")
_SETS = ("$set", "$set_once")
_OBJECTS = ("properties", *_SETS)
FIELDS = (
    Field("event", "string", required=True, least=1, most=MAX_NAME),
    Field("uuid", "string", nullable=True, most=MAX_UUID),
    *(Field(name, "object", nullable=True) for name in _OBJECTS),
    Field("timestamp", "string", nullable=True),
    Field("offset", "number", nullable=True),
)
# What a document says beside: an id may be a number too, so it is checked apart.
TOLD = (*FIELDS, Field("distinct_id", "string", required=True, most=MAX_ID))
_TAKEN = {"event", "uuid", "distinct_id", *_OBJECTS, *KEYS}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a request says for all of its events: its key, and when its sender sent it."""

    key: str | None = None
    at_ms: int | None = None


def item(event: Any, sent: Sent, place: tuple[str | int, ...] = ()) -> Item:
    """Return the draft or the refusal of one event; `place` leads to it from the request's root."""
    event = with_objects(event)
    found = all_problems(event, FIELDS, _own_problems)
    return refusal(under(place, found)) if found else _draft(event, sent)


def with_objects(value: Any) -> Any:
    """Return an event with `{}` for `[]` where an object is due: in PHP they are one."""
    if not isinstance(value, dict) or not any(value.get(name) == [] for name in _OBJECTS):
        return value
    return {name: {} if name in _OBJECTS and one == [] else one for name, one in value.items()}


def masked(value: Any) -> Any:
    """Return an event, a list or a body of many, with addresses masked and without its key."""
    if isinstance(value, list):
        return [masked(one) for one in value]
    if not isinstance(value, dict):
        return value
    found, batch = _without_address(value), value.get("batch")
    for name in _OBJECTS:
        if isinstance(found.get(name), dict):
            found[name] = _without_address(found[name])
    if isinstance(batch, list):
        found["batch"] = [masked(one) for one in batch]
    return found


def text_of(value: Any) -> str | None:
    """Return a text that is not empty, or a number as JavaScript writes it: either may be an id."""
    if value is None or isinstance(value, str):
        return value or None
    return number_text(value) if is_number(value) else None


def time_ms(value: Any) -> int | None:
    """Return the time that a text tells, None for none and for what is no text."""
    # What is too long for a time is not worth remembering either.
    short = isinstance(value, str) and len(value) <= dates.MAX_TEXT
    return _parsed(value) if short else None


@lru_cache(maxsize=256)  # a batch was sent once, and each time is looked at twice
def _parsed(text: str) -> int | None:
    return dates.parse(text)


def _own_problems(event: Mapping[str, Any]) -> list[Problem]:
    """Return the findings that need more than a type: who it was, when it was."""
    given = _distinct_id(event)
    found: list[Problem] = []
    if given in (None, ""):
        found.append(Problem("missing", ("distinct_id",), "required"))
    elif (text := text_of(given)) is None:
        found.append(invalid_type("string", given, ("distinct_id",)))
    elif utf16_length(text) > MAX_ID:
        told = f"Too big: expected string to have <={MAX_ID} characters"
        found.append(Problem("too_big", ("distinct_id",), told))
    when = event.get("timestamp")
    if isinstance(when, str) and when and time_ms(when) is None:
        told = "expected an ISO 8601 time such as 2012-12-02T00:30:12.984Z"
        found.append(Problem("invalid_date", ("timestamp",), told))
    return found


def _distinct_id(event: Mapping[str, Any]) -> Any:
    """Return whose event it is; older clients say so among its properties."""
    own = event.get("properties")
    given = event.get("distinct_id")
    return own.get("distinct_id") if given in (None, "") and isinstance(own, dict) else given


def _draft(event: Mapping[str, Any], sent: Sent) -> Draft:
    own = event.get("properties") or {}
    who, device = text_of(_distinct_id(event)), _short(text_of(own.get("$device_id")))
    happened_ms = time_ms(event.get("timestamp") or None)
    return Draft(
        event_name=event["event"],
        timestamp_ms=happened_ms,
        age_ms=_age_ms(event, happened_ms, sent),
        client_event_id=event.get("uuid") or _inserted(own),
        # Who was not identified goes by the id of the device.
        user_id=None if who == device else who,
        anonymous_id=device or _short(text_of(own.get("$anon_distinct_id"))),
        session_id=_column("session_id", own.get("$session_id")),
        url=_column("url", own.get("$current_url")),
        page_title=_column("page_title", own.get("title")),
        page_path=_column("page_path", own.get("$pathname")),
        referrer=_referrer(own),
        user_agent=text_of(own.get("$raw_user_agent")) or text_of(own.get("$useragent")),
        utm={name: tag for name in UTM if name in own and (tag := text_of(own[name]))},
        properties=_properties(event, own, sent),
    )


def _properties(event: Mapping[str, Any], own: Mapping[str, Any], sent: Sent) -> Mapping[str, Any]:
    """Return the sender's own fields without the key, which browsers put there, and the rest."""
    found = _without_address(own)
    for name in KEYS:
        if name in found and found[name] == sent.key:
            del found[name]
    for name in _SETS:
        if name in event or name in found:
            inner, beside_it = found.get(name), event.get(name) or {}
            if isinstance(inner, dict) or beside_it:
                both = {**(inner if isinstance(inner, dict) else {}), **beside_it}
                found[name] = _without_address(both)
    rest = {name: event[name] for name in event if name not in _TAKEN and event[name] is not None}
    if "ip" in rest or "$ip" in rest:
        rest = _without_address({"event": None, **rest})
        del rest["event"]
    return beside(found, {REST: rest}) if rest else found


def _without_address(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a sender tells of itself with `$ip`, and an event's own `ip`, masked."""
    found = dict(value)
    for name in ("$ip", "ip") if "event" in value else ("$ip",):
        if found.get(name):
            found[name] = mask_ip(str(found[name]))
    return found


def _age_ms(event: Mapping[str, Any], happened_ms: int | None, sent: Sent) -> int | None:
    """Return how long before it was sent it happened, by the sender's clock or in its own words."""
    if happened_ms is None:
        offset = event.get("offset")
        return int(offset) if offset is not None and dates.is_age(offset) else None
    own = time_ms(event.get("sent_at"))
    sent_ms = own if own is not None else sent.at_ms
    if sent_ms is None or (event.get("properties") or {}).get("$ignore_sent_at") is True:
        return None
    age_ms = sent_ms - happened_ms
    return age_ms if dates.is_age(age_ms) else None


def _inserted(own: Mapping[str, Any]) -> str | None:
    """Return the id that clients gave an event before there was `uuid`."""
    text = text_of(own.get("$insert_id"))
    return text if text and len(text) <= MAX_UUID else None


def _referrer(own: Mapping[str, Any]) -> str | None:
    text = _column("referrer", own.get("$referrer"))
    return None if text == "$direct" else text


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= MAX_ID else None


def _column(name: str, value: Any) -> str | None:
    """Return the text of a column; one that is too long for it stays in the properties alone."""
    text = text_of(value)
    return text if text is None or len(text) <= TEXT_LIMITS[name] else None
