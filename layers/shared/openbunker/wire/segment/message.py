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
from openbunker.core.event import Draft
from openbunker.core.reasons import Reason
from openbunker.wire import dates
from openbunker.wire.dialect import Item
from openbunker.wire.fields import Field, invalid_type, is_number, problems, refusal, under

# Under this name the rest of a message lies beside the sender's own fields.
REST = "_segment"

# The types of messages, and where each has the sender's own fields.
TYPES = {
    **{"identify": "traits", "group": "traits", "alias": "traits"},
    **{"track": "properties", "page": "properties", "screen": "properties"},
}
_NEEDED = {"track": ("event",), "group": ("groupId",), "alias": ("userId", "previousId")}
_IDS = ("userId", "anonymousId", "groupId", "previousId")
_TIMES = ("timestamp", "originalTimestamp")
# A batch may say these once for all of its messages.
SHARED = tuple(Field(name, "object", nullable=True) for name in ("context", "integrations"))
FIELDS = (
    Field("type", "string", required=True),
    Field("messageId", "string", nullable=True, most=512),
    *(Field(name, "string", nullable=True) for name in ("event", "name", "category", *_TIMES)),
    *(Field(name, "object", nullable=True) for name in ("properties", "traits")),
    *SHARED,
)
_COLUMNS = {"writeKey", "messageId", "event", "userId", "anonymousId"}
_UTM = (("name", "campaign"), *((name, name) for name in ("source", "medium", "term", "content")))
# The vendor's own sample has 2015-2-02T00:30:08.276Z.
_ONE_DIGIT = re.compile(r"-(\d)(?=[-T])", re.ASCII)
# Clocks that are a century apart say nothing about an age.
_MAX_AGE_MS = 100 * 366 * 86_400_000


def item(message: Any, shared: Mapping[str, Any], place: tuple[str | int, ...] = ()) -> Item:
    """Return the draft or the refusal of one message.

    `shared` is what its batch says for all of its messages, whose own word comes first; `place`
    leads to the message from the root of the request.
    """
    found = problems(message, FIELDS)
    if found:
        return refusal(under(place, found))
    if message["type"] not in TYPES:
        field = ".".join(map(str, (*place, "type")))
        text = f"{field}: expected one of {', '.join(TYPES)}"
        return Refusal(Reason.UNKNOWN_EVENT_TYPE, text, field)
    wrong = _own_problems(message)
    if wrong:
        return refusal(under(place, wrong))
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


def text_of(value: Any) -> str | None:
    """Return a text that is not empty, or a number as text: the vendor takes either for an id."""
    if isinstance(value, str):
        return value or None
    return str(value) if is_number(value) else None


def _own_problems(message: Mapping[str, Any]) -> list[Problem]:
    """Return the findings that need more than a type: who it was, what the type needs, when."""
    given = {name for name in ("event", *_IDS) if message.get(name) not in (None, "")}
    wrong = [name for name in _IDS if name in given and text_of(message[name]) is None]
    found = [invalid_type("string", message[name], (name,)) for name in wrong]
    lacking = [name for name in _NEEDED.get(message["type"], ()) if name not in given]
    found += [Problem("missing", (name,), "required") for name in lacking]
    if not given & {"userId", "anonymousId"}:
        found.append(Problem("missing", ("userId",), "required: userId or anonymousId"))
    for name in _TIMES:
        if message.get(name) and _time_ms(message[name]) is None:
            text = "expected an ISO 8601 time such as 2012-12-02T00:30:12.984Z"
            found.append(Problem("invalid_date", (name,), text))
    return found


def _draft(message: Mapping[str, Any]) -> Draft:
    kind, context = message["type"], message["context"]
    own = message.get(TYPES[kind]) or {}
    page = {**(own if kind == "page" else {}), **_object(context.get("page"))}
    happened_ms = _time_ms(message.get("timestamp") or message.get("originalTimestamp"))
    return Draft(
        event_name=message["event"] if kind == "track" else f"${kind}",
        timestamp_ms=happened_ms,
        age_ms=_age_ms(happened_ms, _time_ms(message.get("sentAt"))),
        client_event_id=message.get("messageId") or None,
        user_id=text_of(message.get("userId")),
        anonymous_id=text_of(message.get("anonymousId")),
        url=text_of(page.get("url")),
        page_title=text_of(page.get("title")),
        page_path=text_of(page.get("path")),
        referrer=text_of(page.get("referrer")),
        user_agent=text_of(context.get("userAgent")),
        utm=_utm(_object(context.get("campaign"))),
        properties={**own, REST: _rest(message, _COLUMNS | {TYPES[kind]})},
    )


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
    if happened_ms is None or sent_ms is None or abs(sent_ms - happened_ms) > _MAX_AGE_MS:
        return None
    return sent_ms - happened_ms


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
