"""What a dialect is: routes, and how to read, admit, reply and refuse in one vendor's words.

A dialect is a record of functions, not a class: it holds no state and does no I/O. It never
imports another dialect, a store or a sink.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openbunker.core.errors import Refusal, RequestRefused
from openbunker.core.event import Draft
from openbunker.core.reasons import Reason
from openbunker.core.verdict import Verdict
from openbunker.keys.model import Key
from openbunker.web import origins
from openbunker.web.http import Reply, Request
from openbunker.wire.fields import Field

Item = Draft | Refusal


@dataclass(frozen=True, slots=True)
class Submission:
    """What a request holds: the key it came with and its items, in the vendor's order.

    `refused` is a refusal of the request that must wait until the key was looked at, because
    the vendor checks the key first, and is `held()`. What it checks before the key, `read` raises.
    `raw` returns what stood at an index of the items, as JSON values; it is called for refused
    items alone.
    `id_scope` is there once the submission was admitted by a dialect whose clients' event ids make
    an event count once: it stands before each of them in the dedupe key.
    """

    key: str | None
    items: Sequence[Item] = ()
    refused: RequestRefused | None = None
    raw: Callable[[int], Any] = lambda _at: None
    id_scope: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reply is made from: the verdicts in the order of the items, and the receipt time."""

    request: Request
    verdicts: Sequence[Verdict]
    received_ms: int


@dataclass(frozen=True, slots=True)
class Cors:
    """What a browser may send to a dialect's routes where its preflight names no headers."""

    headers: str
    methods: str = "POST, OPTIONS"


@dataclass(frozen=True, slots=True)
class Body:
    """What a route takes, for the OpenAPI document alone: serving reads nothing of it.

    `fields` are those of one event. `most` above 1: a list of so many, which is the member of that
    name or else the body itself; `either`: one event alone will do as well.
    """

    fields: Sequence[Field]
    most: int = 1
    member: str = ""
    either: bool = False


def check_origin(request: Request, key: Key, text: str = "") -> None:
    """Raise RequestRefused for an Origin outside the key's sites; servers send none and pass.

    The text is the vendor's, or says which origin it was and how it is allowed.
    """
    origin = request.header("origin")
    if origin and key.allowed_origins and not origins.allowed(origin, key.allowed_origins):
        told = text or origins.foreign(origin, key.key_id)
        raise RequestRefused(Reason.ORIGIN_NOT_ALLOWED, told)


def admitted(request: Request, submission: Submission, key: Key) -> Submission:
    """Return the items as they are. Raises RequestRefused for an Origin outside the key's sites."""
    check_origin(request, key)
    return submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One vendor's wire format.

    `routes` are `METHOD /path`; each stores. `answers` are further routes that store nothing, where
    the vendor's clients ask for settings: what they are told is made of the request alone.
    `read` may raise RequestRefused. `admit` sees the key that was resolved and may raise
    RequestRefused, or turn drafts into refusals, keeping their number and order; each holds the
    key's allowed origins, as the default does. `refuse` answers a RequestRefused. Both `reply` and
    `refuse` leave our own headers to the pipeline. `key_headers` and `key_query` are where the
    vendor's clients put their key.
    `key_of` returns the key as far as it can be read without the body, `key_members` names members
    of a body that hold a key: what is kept of a refused request holds none. `masked` returns an
    item, or a body, without what is stored of no event: whole addresses. `opened` returns a body
    without the vendor's own encodings, for keeping: no key may hide in one.
    `bodies` tells by path what the routes take; the document tells less of those that are left out.
    `own_headers` are headers of its `reply` that say something of ours.
    `max_event_names` is how many different event names a project may use, None for any number.
    """

    name: str
    routes: tuple[str, ...]
    read: Callable[[Request], Submission]
    reply: Callable[[Outcome], Reply]
    refuse: Callable[[Request, RequestRefused], Reply]
    admit: Callable[[Request, Submission, Key], Submission] = admitted
    cors: Cors | None = None
    key_headers: tuple[str, ...] = ()
    key_query: tuple[str, ...] = ()
    key_of: Callable[[Request], str | None] = lambda _request: None
    key_members: tuple[str, ...] = ()
    masked: Callable[[Any], Any] = lambda value: value
    bodies: Mapping[str, Body] = field(default_factory=dict)
    own_headers: tuple[str, ...] = ()
    max_event_names: int | None = None
    opened: Callable[[bytes], bytes] = lambda data: data
    answers: Mapping[str, Callable[[Request], Reply]] = field(default_factory=dict)


def not_stored(verdict: Verdict) -> RequestRefused:
    """Return the refusal of a request whose only item, or whose worst one, was not accepted."""
    if verdict.refusal:
        refusal = verdict.refusal
        return RequestRefused(refusal.reason, refusal.message, field=refusal.field)
    reason = verdict.reason or Reason.INTERNAL_ERROR
    return RequestRefused(reason, "This was not stored; send it again.")
