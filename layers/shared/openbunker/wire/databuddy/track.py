"""Dialect of Databuddy, newer: POST /track and POST /identify, as SDKs from 2.3.29 on speak them.

Knows where the key is and the vendor's answers; what a body must hold is in
`databuddy_track_data`. Does not look up keys, write, or know other dialects.
Contract: docs/wire/databuddy.md, "The newer API".
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from openbunker.core import jsontext
from openbunker.core.errors import Problem, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.verdict import Verdict
from openbunker.keys.model import Key
from openbunker.web.http import Reply, Request
from openbunker.wire.databuddy.fields import (
    CORS,
    FOREIGN_ORIGIN,
    MAX_BATCH,
    NAME,
    findings,
    scoped,
)
from openbunker.wire.databuddy.track_data import (
    FIELDS,
    PERSON,
    InvalidBody,
    Sender,
    events_in,
    person_in,
)
from openbunker.wire.dialect import Body, Dialect, Outcome, Submission, check_origin, not_stored

_NO_SCOPE = (403, "API key missing track:events scope")
_NO_SITE = (404, "Website not found")
_OF_API_KEY = {
    # The vendor takes a wrong key for none at all; ours says what is wrong.
    Reason.UNKNOWN_KEY: (401, "Invalid API key"),
    Reason.MALFORMED_KEY: (401, "Invalid API key: it is cut off or mistyped"),
    Reason.WRONG_KEY_KIND: _NO_SCOPE,
    Reason.KEY_NOT_FOR_DIALECT: _NO_SCOPE,
}
_OF_WEBSITE_ID = dict.fromkeys(_OF_API_KEY, _NO_SITE)


def read(request: Request) -> Submission:
    """Return the key and one item per event, or the one of an identification.

    Raises RequestRefused for any body that breaks the rules: the vendor looks at all events
    before the key, and takes all of a request or nothing.
    """
    sender = Sender(_key(request), _website_id(request))
    body = jsontext.parse(request.body())
    if request.path == "/identify":
        return Submission(sender.key, [person_in(body, sender)], raw=[body].__getitem__)
    events = body if isinstance(body, list) else [body]
    return Submission(sender.key, events_in(body, sender), raw=events.__getitem__)


def admit(request: Request, submission: Submission, key: Key) -> Submission:
    """Return the items with scoped ids. Raises RequestRefused for an Origin of another site."""
    check_origin(request, key, FOREIGN_ORIGIN)
    return scoped(submission, key)


def reply(outcome: Outcome) -> Reply:
    """Answer how many events were stored; an error as soon as one of them was not."""
    verdicts = outcome.verdicts
    failed = [verdict for verdict in verdicts if not verdict.fate.accepted]
    if failed:
        worth_a_retry = (one for one in failed if one.reason and one.reason.facts.retryable)
        worst = not_stored(next(worth_a_retry, failed[0]))
        told = refuse(outcome.request, worst)
        return told if len(verdicts) == 1 else replace(told, body=_partial(worst, verdicts))
    if outcome.request.path == "/identify":
        return Reply(200, {"status": "success", "type": "identify"})
    return Reply(200, {"status": "success", "type": "custom_event", "count": len(verdicts)})


def refuse(request: Request, refused: RequestRefused) -> Reply:
    """Answer `{"status": "error", "message": text}`, with the findings of an invalid body."""
    reason = refused.reason
    by_key = _OF_API_KEY if _api_key(request) else _OF_WEBSITE_ID
    if reason in by_key:
        status, text = by_key[reason]
    elif reason is Reason.MISSING_KEY:
        status, text = 401, "API key or website_id required"
    else:
        status, text = reason.facts.status, refused.message
    if not isinstance(refused, InvalidBody):
        return Reply(status, {"status": "error", "message": text})
    errors = findings(refused.problems)
    return Reply(status, {"status": "error", "message": "Invalid request body", "errors": errors})


def _key(request: Request) -> str | None:
    return _api_key(request) or _website_id(request)


def _api_key(request: Request) -> str | None:
    """Return the API key. It counts before a website id, so a wrong one is never passed over."""
    scheme, _, token = (request.header("authorization") or "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return request.header("x-api-key")


def _website_id(request: Request) -> str | None:
    return request.query.get("website_id", "").strip() or None


def _partial(worst: RequestRefused, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the answer to a list of which a part was stored, with the place of each other one."""
    found = [
        Problem(told.reason.value, (at,), told.message)
        for at, told in enumerate(map(not_stored, verdicts))
        if not verdicts[at].fate.accepted
    ]
    body = {"status": "error", "message": worst.message, "count": len(verdicts) - len(found)}
    return {**body, "errors": findings(found)}


DATABUDDY_TRACK = Dialect(
    name=NAME,
    routes=("POST /track", "POST /identify"),
    read=read,
    admit=admit,
    reply=reply,
    refuse=refuse,
    cors=replace(CORS, headers=f"{CORS.headers}, x-api-key"),
    key_headers=("x-api-key",),
    key_query=("website_id",),
    key_of=_key,
    bodies={"/track": Body(FIELDS, MAX_BATCH, either=True), "/identify": Body(PERSON)},
)
