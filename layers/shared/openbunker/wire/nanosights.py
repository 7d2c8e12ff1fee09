"""Dialect of NanoSights: POST /api/tags/custom, one JSON object with its key inside.

Knows the vendor's field names, their older spellings and the answers. Does not look up keys,
write, or know other dialects. Contract: docs/wire/nanosights.md.
"""

from collections.abc import Mapping
from typing import Any

from openbunker.core import ids, jsontext
from openbunker.core.errors import Problem, RequestRefused
from openbunker.core.event import MAX_TITLE, MAX_URL, Draft
from openbunker.core.reasons import Reason
from openbunker.keys.model import Key
from openbunker.web import origins
from openbunker.web.http import Reply, Request
from openbunker.wire import dates
from openbunker.wire.dialect import Body, Cors, Dialect, Item, Outcome, Submission, not_stored
from openbunker.wire.fields import Field, all_problems, invalid_type, refusal

_KEY = "projectKey"
# The vendor's own tags use other names than its documentation.
_OTHER_SPELLINGS = {"event_name": ("eventName", "eventType"), "url": ("page_location",)}
_FIELDS = (
    Field("event_name", "string", required=True, least=1, most=256),
    Field("url", "string", required=True, least=1, most=MAX_URL),
    Field("event_data", "object"),
    Field("page_title", "string", most=MAX_TITLE),
    Field("page_path", "string", most=MAX_URL),
    Field("referrer", "string", most=MAX_URL),
    Field("userAgent", "string"),
    Field("sessionId", "string", most=128),
    Field("userId", "string", most=256),
    Field("timestamp", "string"),
)


def read(request: Request) -> Submission:
    """Return the key and the one item. Raises RequestRefused where no key can be read."""
    body = jsontext.parse(request.body())
    if not isinstance(body, dict):
        raise RequestRefused(Reason.INVALID_SCHEMA, invalid_type("object", body).message)
    key = body.get(_KEY)
    if key is not None and not isinstance(key, str):
        text = f"{_KEY}: {invalid_type('string', key).message}"
        raise RequestRefused(Reason.INVALID_SCHEMA, text, field=_KEY)
    return Submission(key, [_item(body)], raw=[body].__getitem__)


def admit(request: Request, submission: Submission, key: Key) -> Submission:
    """Return the submission. Raises RequestRefused for a page outside the project's origins,
    and for an Origin header outside them: a browser cannot forge that one.
    """
    page = next((item.url for item in submission.items if isinstance(item, Draft)), None)
    for address, what in ((request.header("origin"), "Origin"), (page, "url")):
        if address and key.allowed_origins and not origins.allowed(address, key.allowed_origins):
            text = origins.foreign(address, key.key_id, what)
            raise RequestRefused(Reason.ORIGIN_NOT_ALLOWED, text, field=what)
    return submission


def reply(outcome: Outcome) -> Reply:
    """Answer with the event's id and its session, which may be a new one."""
    verdict = outcome.verdicts[0]
    if verdict.accepted and verdict.fate.accepted:
        event_id, session_id = verdict.accepted.event_id, verdict.accepted.draft.session_id
        return Reply(200, {"success": True, "eventId": event_id, "sessionId": session_id})
    return refuse(outcome.request, not_stored(verdict))


def refuse(_request: Request, refused: RequestRefused) -> Reply:
    """Answer `{"success": false, "error": text, "code": reason}`."""
    body = {"success": False, "error": refused.message, "code": refused.reason.value}
    return Reply(refused.reason.facts.status, body)


def _item(body: Mapping[str, Any]) -> Item:
    event = {name: body.get(name) for name in (field.name for field in _FIELDS)}
    for name, others in _OTHER_SPELLINGS.items():
        given = (body.get(spelling) for spelling in (name, *others))
        event[name] = next((value for value in given if value is not None), None)
    event = {name: value for name, value in event.items() if value is not None}
    found = all_problems(event, _FIELDS, _own_problems)
    if found:
        return refusal(found)
    time = event.get("timestamp")
    return _draft(event, dates.parse_iso(time) if time else None)


def _own_problems(event: Mapping[str, Any]) -> list[Problem]:
    """Return the finding of a time that is none."""
    time = event.get("timestamp")
    if not time or dates.parse_iso(time) is not None:
        return []
    text = "expected an ISO 8601 time such as 2025-08-02T14:19:12.000Z"
    return [Problem("invalid_date", ("timestamp",), text)]


def _draft(event: Mapping[str, Any], time_ms: int | None) -> Draft:
    """Return the draft; empty texts are absent, as the vendor's tag sends them when unset."""
    return Draft(
        event_name=event["event_name"],
        timestamp_ms=time_ms,
        user_id=event.get("userId") or None,
        session_id=event.get("sessionId") or ids.random_uuid(),
        url=event["url"],
        page_title=event.get("page_title") or None,
        page_path=event.get("page_path") or None,
        referrer=event.get("referrer") or None,
        user_agent=event.get("userAgent") or None,
        properties=event.get("event_data") or {},
    )


NANOSIGHTS = Dialect(
    name="nanosights",
    routes=("POST /api/tags/custom",),
    read=read,
    admit=admit,
    reply=reply,
    refuse=refuse,
    cors=Cors(headers="Content-Type"),
    key_members=(_KEY,),
    bodies={"/api/tags/custom": Body((Field(_KEY, "string", required=True), *_FIELDS))},
)
