"""Dialect of Databuddy, classic: POST / and POST /batch.

Knows the vendor's field names and answers. Does not look up keys, write, or know other dialects.
Contract, with the reasons for HTTP 200 on refusals: docs/wire/databuddy.md.
"""

import json.encoder
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openbunker.core import ids, jsontext
from openbunker.core.errors import Refusal, RequestRefused
from openbunker.core.event import Draft
from openbunker.core.reasons import Reason
from openbunker.core.verdict import Accepted, Verdict
from openbunker.keys.model import Key
from openbunker.web.http import Reply, Request
from openbunker.wire.databuddy.fields import (
    CORS,
    FOREIGN_ORIGIN,
    MAX_BATCH,
    MAX_EVENT_ID,
    NAME,
    findings,
    reserved,
    scoped,
)
from openbunker.wire.dialect import (
    Body,
    Dialect,
    Item,
    Outcome,
    Submission,
    check_origin,
    not_stored,
)
from openbunker.wire.fields import Field, all_problems, refusal

_FIELDS = (
    Field("type", "string", required=True),
    Field("name", "string", required=True, least=1, most=128),
    Field("eventId", "string", most=MAX_EVENT_ID),
    Field("anonymousId", "string", nullable=True, most=128),
    Field("sessionId", "string", nullable=True, most=128),
    Field("timestamp", "time", nullable=True),
    Field("properties", "object", nullable=True),
)
_BAD_KEY = "Invalid or inactive client ID"
# What the vendor says whatever our reason's own text is.
_TEXTS = {
    Reason.MISSING_KEY: "Missing client ID",
    Reason.UNKNOWN_KEY: _BAD_KEY,
    Reason.MALFORMED_KEY: _BAD_KEY,
    Reason.WRONG_KEY_KIND: _BAD_KEY,
    Reason.KEY_NOT_FOR_DIALECT: _BAD_KEY,
    Reason.OVER_QUOTA: "Exceeded event limit",
}
_NOT_JSON = frozenset({Reason.MALFORMED_JSON, Reason.INVALID_UTF8})
_JSON = {"content-type": "application/json"}
_RESULT = '{"status": "success", "type": "custom", "eventId": %s}'
_ALL_STORED = '{"status": "success", "batch": true, "processed": %d, "results": [%s]}'
_to_json = json.encoder.encode_basestring_ascii
# The vendor finds these before it looks at a batch as a request, so they lack its "batch" mark.
_BEFORE_BATCH = _NOT_JSON | {Reason.BATCH_NOT_A_LIST, Reason.BATCH_TOO_LARGE}


@dataclass(frozen=True, slots=True)
class _UnknownType(Refusal):
    """A refusal that remembers the type, for the answer to name it."""

    event_type: str = ""


def read(request: Request) -> Submission:
    """Return the client id and one item per event. Raises RequestRefused for what is not JSON,
    too large, or no list of at most 100 on /batch: the vendor looks at these before the id.
    """
    body = jsontext.parse(request.body())
    key = _key(request)
    if not _is_batch(request):
        return Submission(key, [_item(body)], raw=[body].__getitem__)
    if not isinstance(body, list):
        text = "Batch endpoint expects array of events"
        raise RequestRefused(Reason.BATCH_NOT_A_LIST, text)
    if len(body) > MAX_BATCH:
        raise RequestRefused(Reason.BATCH_TOO_LARGE, "Batch too large")
    return Submission(key, [_item(event) for event in body], raw=body.__getitem__)


def admit(request: Request, submission: Submission, key: Key) -> Submission:
    """Return the items with their idempotency ids scoped to the client.

    Raises RequestRefused for an Origin outside the client's sites; servers send none and pass.
    """
    check_origin(request, key, FOREIGN_ORIGIN)
    return scoped(submission, key)


def reply(outcome: Outcome) -> Reply:
    """Answer for one event, or for a batch with one result per event in its order."""
    verdicts = outcome.verdicts
    if not _is_batch(outcome.request):
        result = _result(verdicts[0])
        result.pop("eventType", None)
        return Reply(200, result)
    stored = [_id(one.accepted) for one in verdicts if one.accepted and one.fate.accepted]
    if len(stored) == len(verdicts):
        return Reply(200, None, _JSON, _all_stored(stored))
    results = [_result(verdict) for verdict in verdicts]
    body = {"status": "success", "batch": True, "processed": len(results), "results": results}
    return Reply(200, body)


def refuse(request: Request, refused: RequestRefused) -> Reply:
    """Answer `{"status": "error", "message": text}`, with HTTP 200 unless a retry helps."""
    reason = refused.reason
    body: dict[str, Any] = {"status": "error", "message": _TEXTS.get(reason, refused.message)}
    if _is_batch(request) and reason not in _BEFORE_BATCH:
        body["batch"] = True
    # On any other status the vendor's client hides the message from its user.
    status = reason.facts.status if reason.facts.retryable or reason in _NOT_JSON else 200
    return Reply(status, body)


def _key(request: Request) -> str | None:
    return request.query.get("client_id") or request.header("databuddy-client-id")


def _is_batch(request: Request) -> bool:
    return request.path == "/batch"


def _item(event: Any) -> Item:
    event_type = event.get("type") if isinstance(event, dict) else None
    if isinstance(event_type, str) and event_type != "custom":
        text = "Unknown event type"
        return _UnknownType(Reason.UNKNOWN_EVENT_TYPE, text, "type", event_type=event_type)
    found = all_problems(event, _FIELDS, reserved)
    if found:
        return refusal(found)
    time = event.get("timestamp")
    return Draft(
        event_name=event["name"],
        timestamp_ms=None if time is None else int(time),
        client_event_id=event.get("eventId") or None,
        anonymous_id=event.get("anonymousId"),
        session_id=event.get("sessionId"),
        properties=event.get("properties") or {},
    )


def _id(accepted: Accepted) -> str:
    return accepted.draft.client_event_id or ids.as_uuid(accepted.event_id)


def _all_stored(event_ids: Sequence[str]) -> str:
    """Return the answer to a batch of which every event is stored, as the others are written.

    By hand: it is the usual one, and a hundred results took a tenth of the batch's time.
    """
    told = ", ".join([_RESULT % _to_json(event_id) for event_id in event_ids])
    return _ALL_STORED % (len(event_ids), told)


def _result(verdict: Verdict) -> dict[str, Any]:
    if verdict.accepted and verdict.fate.accepted:
        return {"status": "success", "type": "custom", "eventId": _id(verdict.accepted)}
    refusal = verdict.refusal
    result = {"status": "error", "message": not_stored(verdict).message, "eventType": "custom"}
    if isinstance(refusal, _UnknownType):
        result["eventType"] = refusal.event_type
    if refusal and refusal.reason is Reason.INVALID_SCHEMA:
        result["message"] = "Invalid event schema"
        return {**result, "errors": findings(refusal.problems)}
    return result


DATABUDDY = Dialect(
    name=NAME,
    routes=("POST /", "POST /batch"),
    read=read,
    admit=admit,
    reply=reply,
    refuse=refuse,
    cors=CORS,
    key_headers=("databuddy-client-id",),
    key_query=("client_id",),
    key_of=_key,
    bodies={"/": Body(_FIELDS), "/batch": Body(_FIELDS, MAX_BATCH)},
)
