"""Sends refused rows again, mended, to a running server: through its routes like any client.

Knows how a payload becomes a request of its dialect, from what the dialect says of its bodies and
keys. The server does the rest; the header that names the row makes it idempotent.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from openbunker.core.errors import Refusal, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.refused_rows import Refused
from openbunker.web.http import REASON_HEADER, REFUSED_ID_HEADER, Request
from openbunker.wire import registry
from openbunker.wire.dialect import Dialect

TIMEOUT_SECONDS = 10
CUT, NOT_JSON, NO_ROUTE = "cut off when it was kept", "not JSON", "no such route any more"
STORED, READS, UNANSWERED = "stored", "would be read", "no answer"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row. `done`: nothing is left to do for it."""

    refused_id: str
    told: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """One request to send."""

    dialect: Dialect
    path: str
    headers: Mapping[str, str]
    body: bytes


def merge_patch(target: Any, patch: Any) -> Any:
    """Return a value with a JSON merge patch applied (RFC 7396): null removes a member."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def again(row: Refused, patch: Any, key: str) -> Again | Outcome:
    """Return the request that sends a row again, or why there is none. A patch of None is none."""
    dialect = registry.dialect_at(row.route.partition(" ")[2])
    if dialect is None:
        return Outcome(row.refused_id, NO_ROUTE)
    if not row.whole:
        return Outcome(row.refused_id, CUT)
    try:
        payload = json.loads(row.payload)
        payload = payload if patch is None else merge_patch(payload, patch)
        path = row.route.partition(" ")[2]
        body = payload if row.item is None else _alone(dialect, path, payload)
        data = json.dumps(_with_key(dialect, body, key), allow_nan=False).encode()
    except ValueError:
        return Outcome(row.refused_id, NOT_JSON)
    headers = dict.fromkeys(dialect.key_headers[:1], key)
    headers |= {"content-type": "application/json", REFUSED_ID_HEADER: row.refused_id}
    return Again(dialect, path, headers, data)


def rehearse(rows: Iterable[Refused], patch: Any) -> Iterator[Outcome]:
    """Yield what each row would come to, as far as can be told without its key and a server."""
    for row in rows:
        request = again(row, patch, "rehearsal")
        yield request if isinstance(request, Outcome) else _read(row.refused_id, request)


def send(
    rows: Iterable[Refused], patch: Any, key_of: Callable[[str], str], url: str
) -> Iterator[Outcome]:
    """Send the rows one after the other and yield what became of each."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        for row in rows:
            request = again(row, patch, key_of(row.dialect))
            told = request if isinstance(request, Outcome) else None
            yield told or _sent(connection, row.refused_id, request)  # type: ignore[arg-type]
    finally:
        connection.close()


def _sent(connection: HTTPConnection, refused_id: str, request: Again) -> Outcome:
    try:
        connection.request("POST", request.path, request.body, dict(request.headers))
        response = connection.getresponse()
        response.read()
    except (OSError, HTTPException):
        connection.close()  # the next request opens it anew
        return Outcome(refused_id, UNANSWERED)
    reason = response.headers.get(REASON_HEADER)
    if response.status == 200 and not reason:
        return Outcome(refused_id, STORED, done=True)
    return Outcome(refused_id, reason or f"status {response.status}")


def _read(refused_id: str, request: Again) -> Outcome:
    sent = Request(
        method="POST",
        path=request.path,
        headers=request.headers,
        raw_body=request.body.decode(),
    )
    try:
        submission = request.dialect.read(sent)
    except RequestRefused as refused:
        return Outcome(refused_id, refused.reason.value)
    refusals: list[Reason] = [one.reason for one in submission.items if isinstance(one, Refusal)]
    if submission.refused:
        refusals.append(submission.refused.reason)
    return Outcome(refused_id, refusals[0].value if refusals else READS, done=not refusals)


def _alone(dialect: Dialect, path: str, item: Any) -> Any:
    """Return the body that holds one item, in the form that the route takes."""
    body = dialect.bodies[path]
    if body.member:
        return {body.member: [item]}
    return item if body.most == 1 or body.either else [item]


def _with_key(dialect: Dialect, body: Any, key: str) -> Any:
    """Return the body with the key where the dialect has it there; what was masked is gone."""
    if not dialect.key_members or not isinstance(body, dict):
        return body
    return {**body, dialect.key_members[0]: key}
