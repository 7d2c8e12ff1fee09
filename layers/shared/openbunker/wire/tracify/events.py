"""Dialect of Tracify: POST /api/v1/events, a list of server-side events behind one boolean.

Knows the vendor's envelope, idempotency and answers; `tracify_data` knows data and identity.
Does not look up keys, write, or know other dialects. Contract: docs/wire/tracify.md.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from openbunker.core import jsontext
from openbunker.core.errors import Problem, Refusal, RequestRefused
from openbunker.core.event import MAX_URL, Draft
from openbunker.core.reasons import Reason
from openbunker.keys.model import Key
from openbunker.web.http import Reply, Request
from openbunker.wire import dates
from openbunker.wire.dialect import (
    Body,
    Dialect,
    Item,
    Outcome,
    Submission,
    check_origin,
    not_stored,
)
from openbunker.wire.fields import (
    Field,
    all_problems,
    beside,
    invalid_type,
    refusal,
    told,
    under,
)
from openbunker.wire.tracify.data import (
    EMAIL,
    ID_OF_TYPE,
    SESSION,
    TYPES,
    hash_of,
    lacking_identity,
    own_problems,
    read_data,
    utm_tags,
)

KEY_HEADER = "tracify-token"
# Ours: the vendor names no limit. A request of the smallest events has room for about 2,500.
MAX_BATCH = 1000
WARNING_HEADER = "x-openbunker-warning"

_FIELDS = (
    Field("url", "string", required=True, least=7, most=MAX_URL),
    Field("customer_site_id", "string", required=True),
    Field("identity_data", "object", required=True),
    Field("datetime", "string", nullable=True),
    Field("type", "string", nullable=True),
    Field("data", "object", required=True),
)
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode
_TOKEN_TEXT = f"Invalid {KEY_HEADER}"
_TEXTS = {
    Reason.MISSING_KEY: f"Missing {KEY_HEADER}",
    Reason.UNKNOWN_KEY: _TOKEN_TEXT,
    Reason.MALFORMED_KEY: f"{_TOKEN_TEXT}: it is cut off or mistyped",
    Reason.WRONG_KEY_KIND: f"{_TOKEN_TEXT}: it is not a WRITE key",
    Reason.KEY_NOT_FOR_DIALECT: _TOKEN_TEXT,
}


def read(request: Request) -> Submission:
    """Return the token and one item per event; what is wrong with the body waits for the token."""
    key = request.header(KEY_HEADER)
    try:
        events = _events(jsontext.parse(request.body()))
    except RequestRefused as refused:
        return Submission(key, refused=refused.held())
    items = [_item(event, ("events", at)) for at, event in enumerate(events)]
    return Submission(key, items, raw=events.__getitem__)


def admit(request: Request, submission: Submission, key: Key) -> Submission:
    """Return the items; those of a foreign site, or (strict) without identity, are refused."""
    check_origin(request, key)
    items = [_admitted(item, at, key) for at, item in enumerate(submission.items)]
    return replace(submission, items=items)


def reply(outcome: Outcome) -> Reply:
    """Answer one boolean: `false` when any event was not stored, though the others were.

    A `true` would make the client forget the rest, and a resend stores nothing twice.
    """
    failed = [verdict for verdict in outcome.verdicts if not verdict.fate.accepted]
    if not failed:
        return Reply(200, {"status": True}, _warnings(outcome))
    worth_a_retry = (
        verdict for verdict in failed if verdict.reason and verdict.reason.facts.retryable
    )
    if again := next(worth_a_retry, None):
        return refuse(outcome.request, not_stored(again))
    all_of_them = [not_stored(verdict) for verdict in failed]
    text = told([refused.message for refused in all_of_them])
    return refuse(outcome.request, RequestRefused(all_of_them[0].reason, text))


def refuse(_request: Request, refused: RequestRefused) -> Reply:
    """Answer `{"status": false, "error": text}`."""
    text = _TEXTS.get(refused.reason, refused.message)
    return Reply(refused.reason.facts.status, {"status": False, "error": text})


def _events(body: Any) -> Sequence[Any]:
    if not isinstance(body, dict):
        raise RequestRefused(Reason.INVALID_SCHEMA, invalid_type("object", body).message)
    events = body.get("events")
    if not isinstance(events, list):
        raise RequestRefused(Reason.BATCH_NOT_A_LIST, "events: expected a list of events")
    if not events:
        raise RequestRefused(Reason.INVALID_SCHEMA, "events: expected at least one event")
    if len(events) > MAX_BATCH:
        text = f"events: at most {MAX_BATCH} fit in a request, {len(events)} were sent"
        raise RequestRefused(Reason.BATCH_TOO_LARGE, text)
    return events


def _item(event: Any, place: tuple[str | int, ...]) -> Item:
    if isinstance(event, dict):
        empty = [name for name in ("identity_data", "data") if event.get(name) == []]
        if empty:  # as PHP writes an empty object
            event = {**event, **{name: {} for name in empty}}
    found = all_problems(event, _FIELDS, own_problems)
    if found:
        return refusal(under(place, (*found, *_data_problems(event))))
    time_ms = dates.parse_plain(event.get("datetime") or "")
    event_type = "pageview" if event.get("type") is None else event["type"]
    if event_type not in TYPES:
        field = f"{place[0]}.{place[1]}.type"
        text = f"{field}: expected one of {', '.join(TYPES)}"
        return Refusal(Reason.UNKNOWN_EVENT_TYPE, text, field)
    data = read_data(event_type, event["data"])
    if not isinstance(data, dict):
        return refusal(under((*place, "data"), data))
    return _draft(event, event_type, time_ms, data)


def _data_problems(event: Any) -> Sequence[Problem]:
    """Return what is wrong with the data of an event that is refused anyway."""
    kind, data = (event.get("type"), event.get("data")) if isinstance(event, dict) else ("", None)
    kind = "pageview" if kind is None else kind
    if kind not in TYPES or not isinstance(data, dict):
        return ()
    read = read_data(kind, data)
    return () if isinstance(read, dict) else under(("data",), read)


def _draft(
    event: Mapping[str, Any], event_type: str, time_ms: int | None, data: Mapping[str, Any]
) -> Draft:
    identity = event["identity_data"]
    own = {"customer_site_id": event["customer_site_id"], "identity_data": identity}
    return Draft(
        event_name=event_type,
        timestamp_ms=time_ms,
        dedupe_key=_dedupe_key(event_type, data),
        customer_identifier=hash_of(EMAIL, identity),
        session_id=hash_of(SESSION, identity),
        url=event["url"],
        referrer=_referrer(data),
        utm=utm_tags(data),
        properties=beside(data, own),
    )


def _referrer(data: Mapping[str, Any]) -> str | None:
    """Return what fits the column; what does not is kept in the properties alone."""
    found: str | None = data.get("Referer")
    return found if found is None or len(found) <= MAX_URL else None


def _dedupe_key(event_type: str, data: Mapping[str, Any]) -> str | None:
    """Return the key that the order's or conversion's id makes; other types have no id."""
    name = ID_OF_TYPE.get(event_type)
    return f"tracify:{event_type}:{data[name]}" if name else None


def _digested(draft: Draft) -> Draft:
    """Return a draft without an id with a digest of itself as its key, so that it may be resent.

    Only where it says when it happened: without a time two equal events may be two visits.
    """
    if draft.dedupe_key or draft.timestamp_ms is None:
        return draft
    whole = _canonical([draft.event_name, draft.timestamp_ms, draft.url, draft.properties])
    digest = sha256(whole.encode()).hexdigest()
    return replace(draft, dedupe_key=f"tracify:{draft.event_name}:{digest}")


def _admitted(item: Item, at: int, key: Key) -> Item:
    if isinstance(item, Refusal):
        return item
    site = item.properties["customer_site_id"]
    if key.sites and site.lower() not in {known.lower() for known in key.sites}:
        field = f"events.{at}.customer_site_id"
        return Refusal(Reason.SITE_NOT_ALLOWED, f"{field}: not a site of this project", field)
    lacking = lacking_identity(item.properties) if key.strict else []
    if lacking:
        text = f"required: the hash of the {' and of the '.join(lacking)}"
        path = ("events", at, "identity_data")
        return refusal([Problem("missing_identity", path, text)])
    return _digested(item)


def _warnings(outcome: Outcome) -> dict[str, str]:
    """Return the header that tells a lenient key's owner what a strict key would refuse."""
    drafts = [verdict.accepted.draft for verdict in outcome.verdicts if verdict.accepted]
    count = sum(1 for draft in drafts if lacking_identity(draft.properties))
    return {WARNING_HEADER: f"{count} events lack a required identity hash"} if count else {}


TRACIFY = Dialect(
    name="tracify",
    routes=("POST /api/v1/events",),
    read=read,
    admit=admit,
    reply=reply,
    refuse=refuse,
    key_headers=(KEY_HEADER,),
    own_headers=(WARNING_HEADER,),
    bodies={"/api/v1/events": Body(_FIELDS, MAX_BATCH, "events")},
)
