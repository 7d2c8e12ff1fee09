"""`/v1/keys/validate`: is this key good, and for what. Never echoes a key.

Answers 200 for a good key, also when its project is over quota: `quota` tells that. A key that is
unknown, revoked, expired or of a deleted project gets one and the same answer; what is no key at
all, cut off or mistyped, is told so. Keys are
compared by their hash in a look-up, so no time tells how much of a guess was right.

Takes the key from wherever a dialect or the query API does, but for a body. Off the walk of
events, but on the hot path's diet: it is the smoke check after a deploy.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.times import iso
from openbunker.ingest.services import Services
from openbunker.keys.model import Key, KeyKind
from openbunker.keys.projects import ProjectState
from openbunker.keys.resolve import resolve, standing
from openbunker.web import origins
from openbunker.web.guard import guarded, plain_refusal
from openbunker.web.http import Reply, Request
from openbunker.web.log_lines import request_line
from openbunker.wire.registry import DIALECTS

if TYPE_CHECKING:
    from types import ModuleType

PATH = "/v1/keys/validate"
METHODS = ("GET", "POST")
_ALLOW = ", ".join((*METHODS, "OPTIONS"))
_OWN_HEADERS = (
    "x-eventbunker-query-key",
    "x-eventbunker-delete-key",
    "x-eventbunker-apikey",
)
_VENDORS_HEADERS = (name for dialect in DIALECTS for name in dialect.key_headers)
HEADERS = tuple(dict.fromkeys((*_VENDORS_HEADERS, *_OWN_HEADERS)))
QUERY_NAMES = tuple(name for dialect in DIALECTS for name in dialect.key_query)
_BEARER = "bearer "


def serve_validation(
    event: Mapping[str, Any], _context: object, services: Services
) -> dict[str, Any]:
    """Answer one gateway event of the validation route. Never raises."""
    started_ms = services.now_ms()
    reply = guarded(
        lambda: _validate(services.edge.seen(Request.from_gateway(event)), services),
        plain_refusal,
        services.log,
    )
    services.log(request_line("validate", reply, None, services.now_ms() - started_ms))
    return reply.to_gateway()


def _validate(request: Request, services: Services) -> Reply:
    if request.path != PATH:
        raise RequestRefused(Reason.NOT_FOUND, _nearest().not_there(request.path, [PATH]))
    if request.method == "OPTIONS":
        allowed = origins.preflight_headers(request.headers, ", ".join(HEADERS), _ALLOW)
        return Reply(204, None, allowed)
    if request.method not in METHODS:
        told = _nearest().other_method(request.method, request.path, _ALLOW)
        refused = RequestRefused(Reason.METHOD_NOT_ALLOWED, told)
        return plain_refusal(refused).with_headers({"allow": _ALLOW})
    text = next(_candidates(request), None)
    if text is None:
        names = ", ".join((*HEADERS, "authorization", *(f"?{name}=" for name in QUERY_NAMES)))
        raise RequestRefused(Reason.MISSING_KEY, f"Send a key in one of: {names}.")
    now_ms = services.now_ms()
    key = resolve(text, services.keys, now_ms)
    reply = Reply(200, _told(key) | _quota(standing(key, services.keys), now_ms))
    origin = request.header("origin")
    if origin and key.allowed_origins and origins.allowed(origin, key.allowed_origins):
        return reply.with_headers(origins.answer_headers(request.headers))
    return reply  # to a server, or to a page that its key does not list and that cannot read it


def _nearest() -> "ModuleType":
    from openbunker.web import nearest  # noqa: PLC0415  # for strangers and typing errors

    return nearest


def _candidates(request: Request) -> Iterator[str]:
    """Yield key texts: headers first, then where a dialect alone looks, then query names."""
    yield from filter(None, map(request.header, HEADERS))
    authorization = request.header("authorization") or ""
    if authorization.lower().startswith(_BEARER):
        yield authorization[len(_BEARER) :].strip()
    yield from filter(None, (dialect.key_of(request) for dialect in DIALECTS))
    yield from filter(None, (request.query.get(name, "").strip() for name in QUERY_NAMES))


def _told(key: Key) -> dict[str, Any]:
    """Return what a key is for: the same members for every key, so that nothing is guessed at."""
    writes = key.kind is KeyKind.WRITE
    return {
        "valid": True,
        "kind": key.kind.value,
        "project_id": key.project_id,
        "dialects": _dialects(key),
        "customer_identifier": key.customer_identifier,
        "filtered": bool(key.key_filter_data),
        "allowed_origins": list(key.allowed_origins),
        "sites": list(key.sites),
        "strict": key.strict if writes else None,
        "expires": None if key.expires_ms is None else iso(key.expires_ms),
    }


def _quota(project: ProjectState, now_ms: int) -> dict[str, Any]:
    return {
        "quota": {
            "monthly_events": project.monthly_events,
            "exceeded": project.over_quota(now_ms),
            "events_per_second": project.events_per_second,
        }
    }


def _dialects(key: Key) -> list[str]:
    if key.kind is not KeyKind.WRITE:
        return []
    names = dict.fromkeys(dialect.name for dialect in DIALECTS)  # a vendor may have two APIs
    return [name for name in names if key.speaks(name)]
