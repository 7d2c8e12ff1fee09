"""Dialect of Segment's HTTP tracking API: POST /v1/track and five like it, /v1/batch, /v1/import,
and the one-letter names that browsers and apps have for the same.

Knows the vendor's envelope, key, idempotency and answers; what a message holds is in `message`,
what clients ask before they send in `settings`. Does not look up keys, write, or know other
dialects.
Contract, with what is ours in it: docs/wire/segment.md.
"""

import binascii
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from openbunker.core import jsontext
from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.keys.model import Key
from openbunker.web.http import MAX_BODY_BYTES, Reply, Request
from openbunker.wire.dialect import (
    Body,
    Cors,
    Dialect,
    Item,
    Outcome,
    Submission,
    check_origin,
    not_stored,
)
from openbunker.wire.fields import invalid_type, problems, refusal
from openbunker.wire.segment.message import (
    SHARED,
    TOLD,
    TYPES,
    item,
    masked,
    merged,
    text_of,
    with_objects,
)

if TYPE_CHECKING:
    from types import ModuleType

MAX_BATCH = 2500
# What browsers and apps say for the same: /v1/t is a track, /v1/b a batch.
_KINDS = {f"/v1/{name}": kind for kind in TYPES for name in (kind, kind[0])}
_LISTS = ("/v1/batch", "/v1/import", "/v1/b")
# The vendor's clients send again what is answered with 429, and what is over quota is kept already.
_STATUSES = {Reason.OVER_QUOTA: 402}


def read(request: Request) -> Submission:
    """Return the write key and one item per message.

    Raises RequestRefused for what is no JSON object, as the key may be in it. What else is wrong
    with the request as a whole waits until the key was looked at.
    """
    body = with_objects(jsontext.parse(request.body()))
    if not isinstance(body, dict):
        raise RequestRefused(Reason.INVALID_SCHEMA, invalid_type("object", body).message)
    key = _basic_user(request.header("authorization") or "") or text_of(body.get("writeKey"))
    if not _is_list(request):
        message = {**body, "type": _KINDS[request.path]}
        return Submission(key, [item(message, {})], raw=[body].__getitem__)
    try:
        return Submission(key, _items(body), raw=lambda at: _alone(body, at))
    except RequestRefused as refused:
        return Submission(key, refused=refused.held())


def admit(request: Request, submission: Submission, key: Key) -> Submission:
    """Return the items with their message ids scoped to the key.

    Raises RequestRefused for an Origin outside the key's sites; servers send none and pass.
    """
    check_origin(request, key)
    return replace(submission, id_scope=f"segment:{key.key_id}:")


def reply(outcome: Outcome) -> Reply:
    """Answer `{"success": true}` when every message was stored, else a refusal.

    The vendor's clients look at the status alone. So a batch with one bad message is refused, with
    an error for each bad one, though the good ones are stored (docs/wire/segment.md).
    """
    failed = [(at, one) for at, one in enumerate(outcome.verdicts) if not one.fate.accepted]
    if not failed:
        return Reply(200, {"success": True})
    told = [(at, not_stored(verdict)) for at, verdict in failed]
    worth_a_retry = (refused for _, refused in told if refused.reason.facts.retryable)
    answer = refuse(outcome.request, next(worth_a_retry, told[0][1]))
    if not _is_list(outcome.request):
        return answer
    errors = [{"index": at, "code": one.reason.value, "message": one.message} for at, one in told]
    stored = len(outcome.verdicts) - len(failed)
    return replace(answer, body={**(answer.body or {}), "stored": stored, "errors": errors})


def refuse(_request: Request, refused: RequestRefused) -> Reply:
    """Answer `{"success": false, "code": reason, "message": text}`."""
    body = {"success": False, "code": refused.reason.value, "message": refused.message}
    status = _STATUSES.get(refused.reason, refused.reason.facts.status)
    return Reply(status, body)


def _is_list(request: Request) -> bool:
    return request.path in _LISTS


def _settings() -> "ModuleType":
    from openbunker.wire.segment import settings  # noqa: PLC0415  # no event pays for it

    return settings


def _basic_user(authorization: str) -> str | None:
    """Return the user name of HTTP basic auth; the password is empty, its colon may be missing."""
    scheme, _, credentials = authorization.partition(" ")
    try:
        user = binascii.a2b_base64(credentials).decode().partition(":")[0]
    except ValueError:
        return None
    return user if scheme.lower() == "basic" and user else None


def _items(body: Mapping[str, Any]) -> list[Item]:
    batch, found = body.get("batch"), problems(body, SHARED)
    if not isinstance(batch, list):
        raise RequestRefused(Reason.BATCH_NOT_A_LIST, "batch: expected a list of messages")
    if len(batch) > MAX_BATCH:
        text = f"batch: at most {MAX_BATCH} messages fit in a request, {len(batch)} were sent"
        raise RequestRefused(Reason.BATCH_TOO_LARGE, text)
    if found:
        raise RequestRefused(Reason.INVALID_SCHEMA, refusal(found).message)
    shared = _shared(body)
    # Every row holds what is shared: a body must not become many times larger than it is.
    if len(json.dumps(shared)) * len(batch) > MAX_BODY_BYTES:
        text = "What the messages share, counted once for each of them, is too large."
        raise RequestRefused(Reason.PAYLOAD_TOO_LARGE, text)
    return [item(message, shared, ("batch", at)) for at, message in enumerate(batch)]


def _alone(body: Mapping[str, Any], at: int) -> Any:
    """Return a message of a batch with what it shares with the others."""
    message = body["batch"][at]
    return merged(message, _shared(body)) if isinstance(message, dict) else message


def _shared(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("context", "integrations", "sentAt") if body.get(name)}


SEGMENT = Dialect(
    name="segment",
    routes=tuple(f"POST {path}" for path in (*_KINDS, *_LISTS)),
    read=read,
    admit=admit,
    reply=reply,
    refuse=refuse,
    key_of=lambda request: _basic_user(request.header("authorization") or ""),
    key_members=("writeKey",),
    masked=masked,
    cors=Cors(headers="Content-Type, Authorization, X-Retry-Count"),
    bodies={
        # On the other routes the path is the type.
        **{path: Body(tuple(f for f in TOLD if f.name != "type")) for path in _KINDS},
        **{path: Body(TOLD, MAX_BATCH, "batch") for path in _LISTS},
    },
    answers={
        "GET /v1/projects/{writeKey}/settings": lambda request: _settings().project(request),
        "POST /v1/m": lambda request: _settings().metrics(request),
    },
)
