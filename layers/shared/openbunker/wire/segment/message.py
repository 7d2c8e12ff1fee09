"""What a message of Segment holds, and how it becomes a draft. Pure; part of that dialect.

Knows the six types of messages and their fields; no request, key or answer.
Contract: docs/wire/segment.md.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from openbunker.core.addresses import mask_ip
from openbunker.core.errors import Problem, Refusal
from openbunker.core.event import MAX_ID, MAX_NAME, TEXT_LIMITS, Draft
from openbunker.core.reasons import Reason
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

# Under this name the rest of a message lies beside the sender's own fields.
REST = "_segment"

# The types of messages, and where each has the sender's own fields.
TYPES = {
    **{"identify": "traits", "group": "traits", "alias": "traits"},
    **{"track": "properties", "page": "properties", "screen": "properties"},
}
_MOST = {"messageId": 512}
_NEEDED = {"track": ("event",), "group": ("groupId",), "alias": ("userId", "previousId")}
_IDS = ("userId", "anonymousId", "groupId", "previousId", "messageId")
_OBJECTS = ("properties", "traits", "context", "integrations")
_TIMES = ("timestamp", "originalTimestamp")
# A batch may say these once for all of its messages.
SHARED = tuple(Field(name, "object", nullable=True) for name in ("context", "integrations"))
FIELDS = (
    Field("type", "string", required=True),
    Field("event", "string", nullable=True, most=MAX_NAME),
    *(Field(name, "string", nullable=True) for name in ("name", "category", *_TIMES)),
    *(Field(name, "object", nullable=True) for name in ("properties", "traits")),
    *SHARED,
)
# What a document says beside: an id may be a number too, so it is checked apart.
TOLD = (*FIELDS, Field("messageId", "string", nullable=True, most=_MOST["messageId"]))
_COLUMNS = {"writeKey", "messageId", "event", "userId", "anonymousId"}
_UTM = (("name", "campaign"), *((name, name) for name in ("source", "medium", "term", "content")))
# The vendor's own sample has 2015-2-02T00:30:08.276Z.
_ONE_DIGIT = re.compile(r"-(\d)(?=[-T])", re.ASCII)


def item(message: Any, shared: Mapping[str, Any], place: tuple[str | int, ...] = ()) -> Item:
    """Return the draft or the refusal of one message.

    `shared` is what its batch says for all of its messages, whose own word comes first; `place`
    leads to the message from the root of the request.
    """
    message = with_objects(message)
    found = all_problems(message, FIELDS, _own_problems)
    if found:
        return refusal(under(place, found))
    if message["type"] not in TYPES:
        field = ".".join(map(str, (*place, "type")))
        text = f"{field}: expected one of {', '.join(TYPES)}"
        return Refusal(Reason.UNKNOWN_EVENT_TYPE, text, field)
    return _draft(merged(message, shared))


def merged(message: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message with what its batch says for all of them; its own word comes first.

    A context of the message's that is no object stays as it is.
    """
    both: dict[str, Any] = {**shared, **message}
    for name in (field.name for field in SHARED):
        inner = message.get(name) or {}
        if isinstance(inner, dict):
            both[name] = {**(shared.get(name) or {}), **inner}
    return both


def with_objects(value: Any) -> Any:
    """Return a message or a body with `{}` for `[]` where an object is due: in PHP they are one."""
    if not isinstance(value, dict) or not any(value.get(name) == [] for name in _OBJECTS):
        return value
    return {name: {} if name in _OBJECTS and one == [] else one for name, one in value.items()}


def masked(value: Any) -> Any:
    """Return a message, or a body of many, with its addresses masked."""
    if not isinstance(value, dict):
        return value
    found, context, batch = dict(value), value.get("context"), value.get("batch")
    if isinstance(context, dict) and "ip" in context:
        found["context"] = {**context, "ip": mask_ip(str(context["ip"]))}
    if isinstance(batch, list):
        found["batch"] = [masked(one) for one in batch]
    return found


def text_of(value: Any) -> str | None:
    """Return a text that is not empty, or a number as JavaScript writes it: either may be an id."""
    if value is None or isinstance(value, str):
        return value or None
    return number_text(value) if is_number(value) else None


def _own_problems(message: Mapping[str, Any]) -> list[Problem]:
    """Return the findings that need more than a type: who it was, what the type needs, when."""
    given = {name for name in ("event", *_IDS) if message.get(name) not in (None, "")}
    found = [one for name in _IDS if name in given and (one := _id_problem(name, message[name]))]
    lacking = [name for name in _NEEDED.get(message.get("type", ""), ()) if name not in given]
    found += [Problem("missing", (name,), "required") for name in lacking]
    if not given & {"userId", "anonymousId"}:
        found.append(Problem("missing", ("userId",), "required: userId or anonymousId"))
    for name in _TIMES:
        if message.get(name) and _time_ms(message[name]) is None:
            text = "expected an ISO 8601 time such as 2012-12-02T00:30:12.984Z"
            found.append(Problem("invalid_date", (name,), text))
    return found


def _id_problem(name: str, value: Any) -> Problem | None:
    text, most = text_of(value), _MOST.get(name, MAX_ID)
    if text is None:
        return invalid_type("string", value, (name,))
    if utf16_length(text) > most:
        return Problem("too_big", (name,), f"Too big: expected string to have <={most} characters")
    return None


def _draft(message: Mapping[str, Any]) -> Draft:
    kind, context = message["type"], message["context"]
    own = message.get(TYPES[kind]) or {}
    page = {**(own if kind == "page" else {}), **_object(context.get("page"))}
    happened_ms = _time_ms(message.get("timestamp") or message.get("originalTimestamp"))
    return Draft(
        event_name=message["event"] if kind == "track" else f"${kind}",
        timestamp_ms=happened_ms,
        age_ms=_age_ms(happened_ms, _time_ms(message.get("sentAt"))),
        client_event_id=text_of(message.get("messageId")),
        user_id=text_of(message.get("userId")),
        anonymous_id=text_of(message.get("anonymousId")),
        url=_column("url", page.get("url")),
        page_title=_column("page_title", page.get("title")),
        page_path=_column("page_path", page.get("path")),
        referrer=_column("referrer", page.get("referrer")),
        user_agent=text_of(context.get("userAgent")),
        utm=_utm(_object(context.get("campaign"))),
        properties=beside(own, {REST: _rest(message, _COLUMNS | {TYPES[kind]})}),
    )


def _column(name: str, value: Any) -> str | None:
    """Return the text of a column; one that is too long for it stays in the context alone."""
    text = text_of(value)
    return text if text is None or len(text) <= TEXT_LIMITS[name] else None


def _utm(campaign: Mapping[str, Any]) -> dict[str, str]:
    tags = {f"utm_{ours}": text_of(campaign.get(name)) for name, ours in _UTM} if campaign else {}
    return {name: tag for name, tag in tags.items() if tag}


def _rest(message: Mapping[str, Any], taken: set[str]) -> dict[str, Any]:
    """Return what has no column and is not the sender's own; an address loses its last part."""
    rest = {
        name: value
        for name, value in message.items()
        if name not in taken and value not in (None, {})
    }
    if "ip" in message["context"]:
        rest["context"] = {**message["context"], "ip": mask_ip(str(message["context"]["ip"]))}
    return rest


def _age_ms(happened_ms: int | None, sent_ms: int | None) -> int | None:
    if happened_ms is None or sent_ms is None:
        return None
    age_ms = sent_ms - happened_ms
    return age_ms if dates.is_age(age_ms) else None


def _time_ms(value: Any) -> int | None:
    # What is too long for a time is not worth remembering either.
    short = isinstance(value, str) and len(value) <= dates.MAX_TEXT
    return _parsed(value) if short else None


@lru_cache(maxsize=256)  # a batch was sent once, and each time is looked at twice
def _parsed(text: str) -> int | None:
    found = dates.parse(text)
    return dates.parse(_ONE_DIGIT.sub(r"-0\1", text)) if found is None else found


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
