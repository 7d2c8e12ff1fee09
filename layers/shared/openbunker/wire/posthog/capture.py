"""Dialect of PostHog's capture API: POST /batch/, /capture/, /e/ and /i/v0/e/.

Knows the vendor's envelope, key, idempotency and answers; the encodings of a body are in `body`,
what an event holds in `message`, what clients ask before they send in `settings`. Does not look up
keys, write, or know other dialects. Contract, with what is ours in it: docs/wire/posthog.md.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from openbunker.core import jsontext
from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.keys.model import Key
from openbunker.web.http import Reply, Request
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
from openbunker.wire.fields import invalid_type
from openbunker.wire.posthog.body import kept, opened
from openbunker.wire.posthog.message import KEYS, TOLD, Sent, item, masked, text_of, time_ms

if TYPE_CHECKING:
    from types import ModuleType

MAX_BATCH = 2500
# /batch without its slash is another vendor's.
_PATHS = ("/batch/", "/capture/", "/capture", "/e/", "/e", "/i/v0/e/", "/i/v0/e")
_STATUSES = {
    # The browser's library drops what is answered with 429; the others heed Retry-After in both.
    Reason.RATE_LIMITED: 503,
    # The servers' libraries send 429 again, and what is over quota is kept already.
    Reason.OVER_QUOTA: 402,
}
_KINDS = {401: "authentication_error", 402: "quota_limited", 403: "authentication_error"}


def read(request: Request) -> Submission:
    """Return the key and one item per event.

    Raises RequestRefused for what is no JSON object or list, as the key may be in it. What else is
    wrong with the request as a whole waits until the key was looked at.
    """
    body = jsontext.parse(opened(request.body()))
    if not isinstance(body, dict | list):
        raise RequestRefused(Reason.INVALID_SCHEMA, invalid_type("object", body).message)
    told = body if isinstance(body, dict) and "batch" in body else {}
    alone = not told and isinstance(body, dict)
    events = told["batch"] if told else [body] if alone else body
    key = _key_in(told) or _key_in(events[0] if events and isinstance(events, list) else None)
    sent = Sent(key or key_of(request), _sent_ms(request, told))
    try:
        items = [item(body, sent)] if alone else _items(events, sent, ("batch",) if told else ())
    except RequestRefused as refused:
        return Submission(sent.key, refused=refused.held())
    return Submission(sent.key, items, raw=lambda at: _alone(events[at], told))


def admit(request: Request, submission: Submission, key: Key) -> Submission:
    """Return the items with their ids scoped to the key.

    Raises RequestRefused for an Origin outside the key's sites; servers send none and pass.
    """
    check_origin(request, key)
    return replace(submission, id_scope=f"posthog:{key.key_id}:")


def reply(outcome: Outcome) -> Reply:
    """Answer `{"status": 1}` when every event was stored, else a refusal.

    The vendor's clients look at the status alone. So a batch with one bad event is refused, with an
    error for each bad one, though the good ones are stored (docs/wire/posthog.md).
    """
    failed = [(at, one) for at, one in enumerate(outcome.verdicts) if not one.fate.accepted]
    if not failed:
        return Reply(200, {"status": 1})
    told = [(at, not_stored(verdict)) for at, verdict in failed]
    worth_a_retry = (refused for _, refused in told if refused.reason.facts.retryable)
    answer = refuse(outcome.request, next(worth_a_retry, told[0][1]))
    if len(outcome.verdicts) == 1:
        return answer
    errors = [{"index": at, "code": one.reason.value, "detail": one.message} for at, one in told]
    stored = len(outcome.verdicts) - len(failed)
    return replace(answer, body={**(answer.body or {}), "stored": stored, "errors": errors})


def refuse(_request: Request, refused: RequestRefused) -> Reply:
    """Answer `{"type": kind, "code": reason, "detail": text, "attr": field}`."""
    status = _STATUSES.get(refused.reason, refused.reason.facts.status)
    kind = "server_error" if status >= 500 else _KINDS.get(status, "validation_error")
    body = {"type": kind, "code": refused.reason.value, "detail": refused.message}
    return Reply(status, {**body, "attr": refused.field})


def key_of(request: Request) -> str | None:
    """Return the key in the query, where some clients have it."""
    return next((text for name in KEYS if (text := request.query.get(name, "").strip())), None)


def _key_in(value: Any) -> str | None:
    """Return the key of a body or of an event, which may have it among its properties."""
    if not isinstance(value, dict):
        return None
    own = value.get("properties")
    places = (value, own) if isinstance(own, dict) else (value,)
    return next((text for one in places for name in KEYS if (text := text_of(one.get(name)))), None)


def _sent_ms(request: Request, told: Mapping[str, Any]) -> int | None:
    """Return when the sender says it sent this; in a query browsers say it in milliseconds."""
    digits = request.query.get("sent_at") or request.query.get("_") or ""
    found = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else None
    return time_ms(told.get("sent_at")) if told.get("sent_at") else found


def _items(events: Any, sent: Sent, place: tuple[str, ...]) -> list[Item]:
    if not isinstance(events, list):
        raise RequestRefused(Reason.BATCH_NOT_A_LIST, "batch: expected a list of events")
    if len(events) > MAX_BATCH:
        text = f"batch: at most {MAX_BATCH} events fit in a request, {len(events)} were sent"
        raise RequestRefused(Reason.BATCH_TOO_LARGE, text)
    return [item(event, sent, (*place, at)) for at, event in enumerate(events)]


def _alone(event: Any, told: Mapping[str, Any]) -> Any:
    """Return an event of a batch with the time that its batch was sent at."""
    if not isinstance(event, dict) or not told.get("sent_at"):
        return event
    return {"sent_at": told["sent_at"], **event}


def _settings() -> "ModuleType":
    from openbunker.wire.posthog import settings  # noqa: PLC0415  # no event pays for it

    return settings


_FLAGS = ("/flags/", "/flags", "/decide/", "/decide")

POSTHOG = Dialect(
    name="posthog",
    routes=tuple(f"POST {path}" for path in _PATHS),
    read=read,
    admit=admit,
    reply=reply,
    refuse=refuse,
    cors=Cors(headers="Content-Type, Authorization"),
    key_of=key_of,
    key_query=KEYS,
    key_members=KEYS,
    masked=masked,
    opened=kept,
    bodies={
        "/batch/": Body(TOLD, MAX_BATCH, "batch"),
        **{path: Body(TOLD, MAX_BATCH, either=True) for path in _PATHS[1:]},
    },
    answers={
        **{f"POST {path}": lambda request: _settings().flags(request) for path in _FLAGS},
        "GET /array/{token}/config": lambda request: _settings().config(request),
        "GET /array/{token}/config.js": lambda request: _settings().script(request),
    },
)
