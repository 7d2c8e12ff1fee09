"""The walk of one request, top to bottom. Knows no vendor's words and no store.

Laws: answer after the write; every item ends in exactly one fate; there is no default of "ok".
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from openbunker.core.books import BOTH, BookUnavailable, Entry, never
from openbunker.core.errors import Refusal, RequestRefused
from openbunker.core.event import PUBLIC_SCOPE
from openbunker.core.reasons import Reason
from openbunker.core.records import Record
from openbunker.core.verdict import STORED, Accepted, Delivery, Fate, Verdict, merge, telling_reason
from openbunker.ingest.enrich import Origin
from openbunker.ingest.lines import written
from openbunker.ingest.services import Services
from openbunker.ingest.visit import SecondsLeft, Visit, seconds_left
from openbunker.keys.model import Key, KeyKind
from openbunker.keys.projects import ProjectState
from openbunker.keys.resolve import resolve, standing
from openbunker.web import origins
from openbunker.web.guard import guarded, plain_refusal
from openbunker.web.http import (
    EVENT_ID_HEADER,
    REASON_HEADER,
    REFUSED_ID_HEADER,
    WAIT_HEADER,
    WAIT_IGNORED,
    Reply,
    Request,
    refusal_headers,
)
from openbunker.web.log_lines import request_line
from openbunker.wire import registry
from openbunker.wire.dialect import Dialect, Item, Outcome, Submission

if TYPE_CHECKING:
    from types import ModuleType


_YEAR_2000_MS, _DAY_MS = 946_684_800_000, 86_400_000


def serve(event: Mapping[str, Any], context: object, services: Services) -> dict[str, Any]:
    """Answer one gateway event of a track or batch route. Never raises.

    `context` is Lambda's; the time that it has left bounds the write.
    """
    left = seconds_left(context)
    reply = guarded(
        lambda: _route(services.edge.seen(Request.from_gateway(event)), services, left),
        plain_refusal,
        services.log,
    )
    return reply.to_gateway()


def _route(request: Request, services: Services, left: SecondsLeft) -> Reply:
    dialect = registry.dialect_at(request.path)
    if dialect is None:
        raise _no_event().nowhere(request)
    if request.method == "OPTIONS" and dialect.cors:
        cors = dialect.cors
        allowed = origins.preflight_headers(request.headers, cors.headers, cors.methods)
        return Reply(204, None, allowed)
    reply: Reply
    if not registry.serves(request):
        reply = _no_event().wrong_method(request)
    elif told := dialect.answers.get(registry.route_of(request)):
        reply = _no_event().told(dialect, told(request), services)
    else:
        reply = _answer(Visit(dialect, request, services.now_ms(), left), services)
    return reply.with_headers(origins.answer_headers(request.headers)) if dialect.cors else reply


def _answer(visit: Visit, services: Services) -> Reply:
    """Answer in the dialect's shape, once the books have it, and log one line."""
    started_ms = visit.received_ms
    reply = guarded(
        lambda: _walk(visit, services),
        lambda refused: _refused(visit, refused, services),
        services.log,
    )
    if visit.refused_id and not Reason(reply.headers[REASON_HEADER]).facts.retryable:
        reply = reply.with_headers({REFUSED_ID_HEADER: visit.refused_id})
    if visit.asks_to_wait:
        reply = reply.with_headers({WAIT_HEADER: WAIT_IGNORED})  # the server of one machine waits
    if visit.entry is None:
        _settle_refused(visit, reply, services)
    elapsed_ms = services.now_ms() - started_ms
    services.log(request_line(visit.dialect.name, reply, visit.entry, elapsed_ms))
    return reply


def _walk(visit: Visit, services: Services) -> Reply:
    """Return the answer to what a request holds. Raises RequestRefused for it as a whole."""
    submission = visit.submission = visit.dialect.read(visit.request)
    key = visit.key = resolve(submission.key, services.keys, visit.received_ms, KeyKind.WRITE)
    project = _within_burst(visit, key, services)
    admitted = _admitted(visit, submission, key)
    items = _within_quota(visit, project, admitted.items, services)
    items = _named(items, visit.dialect, key, services)
    items, origin = _dated(visit, items, _scopes(project, key, admitted), services)
    encoded = written(items, origin, services.new_ids(visit.received_ms, len(items)))
    found = [item for item, _ in encoded]
    deliveries = _publish(visit, found, [record for _, record in encoded if record], services)
    verdicts = merge(found, deliveries)
    cause = next((one.detail for one in deliveries if one.detail), "")
    reply = _told(visit, key, verdicts, services)
    return replace(reply, cause=cause) if cause else reply


def _within_burst(visit: Visit, key: Key, services: Services) -> ProjectState:
    """Return the project of a key that speaks the dialect and is not too fast."""
    if not key.speaks(visit.dialect.name):
        raise RequestRefused(Reason.KEY_NOT_FOR_DIALECT, "The key is not for this dialect.")
    project = standing(key, services.keys)
    if project.events_per_second:
        _limits().check_burst(key, project.events_per_second, visit.items, services)
    return project


def _admitted(visit: Visit, submission: Submission, key: Key) -> Submission:
    """Return the submission with the items that the key may send."""
    if submission.refused:
        raise submission.refused.anew()
    return visit.dialect.admit(visit.request, submission, key)


def _within_quota(
    visit: Visit, project: ProjectState, items: Sequence[Item], services: Services
) -> Sequence[Item]:
    if project.over_quota(visit.received_ms):
        _limits().refuse_over_quota(visit, items, services)
    return items


def _scopes(project: ProjectState, key: Key, admitted: Submission) -> tuple[str, str]:
    """Return what stands before the dedupe keys of a submission, and before its senders' ids."""
    return PUBLIC_SCOPE if project.separate_dedupe and key.public else "", admitted.id_scope


def _dated(
    visit: Visit, items: Sequence[Item], scopes: tuple[str, str], services: Services
) -> tuple[Sequence[Item], Origin]:
    """Return the items, and what they share; those that were refused once come as they did then."""
    assert visit.key is not None
    visit.received_ms = services.now_ms()
    origin = Origin.of(
        visit.request,
        visit.dialect.name,
        visit.key,
        visit.received_ms,
        services.country_header,
        scopes=scopes,
    )
    if REFUSED_ID_HEADER not in visit.request.headers:
        return items, origin
    from openbunker.ingest import resubmission  # noqa: PLC0415  # nobody else pays for it

    return resubmission.applied(visit.request, items, origin)


def _told(visit: Visit, key: Key, verdicts: Sequence[Verdict], services: Services) -> Reply:
    """Return what the client is told, once names and books have it and refused items are kept."""
    dialect = visit.dialect
    if dialect.max_event_names is not None:
        services.names.count(key.project_id, _stored_names(verdicts))
    if any(one.refusal for one in verdicts):
        _keeping().items(visit, verdicts, services)
    outcome = Outcome(visit.request, verdicts, visit.received_ms)
    reply = dialect.reply(outcome).with_headers(_our_headers(verdicts))
    _settle(visit, verdicts, services)
    return reply


def _refused(visit: Visit, refused: RequestRefused, services: Services) -> Reply:
    """Return the refusal in the dialect's shape, once the request is kept if it is to be."""
    known = visit.key or not visit.submission  # or may be, when the key was not looked at yet
    if known and services.refused and not refused.reason.facts.retryable:
        _keeping().whole(visit, refused, services)
    return visit.dialect.refuse(visit.request, refused)


def _settle(visit: Visit, verdicts: Sequence[Verdict], services: Services) -> None:
    """Bring what the client is about to be told into the books, or tell it to send again."""
    if visit.entry:  # brought there together with the records
        return
    entry = Entry.of(visit.project_id, visit.received_ms, verdicts)
    try:
        if verdicts:
            services.book.enter(entry)
    except BookUnavailable as error:
        text = "This could not be accounted for; send the request again."
        raise RequestRefused(Reason.STREAM_UNAVAILABLE, text) from error
    visit.entry = entry


def _settle_refused(visit: Visit, reply: Reply, services: Services) -> None:
    """Account for a request that was refused as a whole. Its answer promises nothing to keep.

    What comes faster than its key may is only logged: the books must not grow with a flood.
    """
    reason = Reason(reply.headers[REASON_HEADER])
    fate = Fate.RETRY if reason.facts.retryable else Fate.REFUSED
    visit.entry = Entry.whole(visit.project_id, visit.received_ms, fate, visit.items)
    if visit.project_id and reason is not Reason.RATE_LIMITED:
        with suppress(BookUnavailable):
            services.book.enter(visit.entry)


def _keeping() -> "ModuleType":
    from openbunker.ingest import keep_refused  # noqa: PLC0415  # accepted traffic does not pay

    return keep_refused


def _no_event() -> "ModuleType":
    from openbunker.ingest import no_event  # noqa: PLC0415  # strangers, typing errors, questions

    return no_event


def _limits() -> "ModuleType":
    from openbunker.ingest import limits  # noqa: PLC0415  # most projects have none

    return limits


def _named(items: Sequence[Item], dialect: Dialect, key: Key, services: Services) -> Sequence[Item]:
    """Return the items; a draft whose name is one too many for its project becomes a refusal."""
    limit = dialect.max_event_names
    if limit is None:
        return items
    names = [item.event_name for item in items if not isinstance(item, Refusal)]
    beyond = services.names.beyond(key.project_id, names, limit)
    text = f"event_name: the project uses {limit} different names already, and this one is new"
    refusal = Refusal(Reason.TOO_MANY_EVENT_NAMES, text, "event_name")
    return [
        item if isinstance(item, Refusal) or item.event_name not in beyond else refusal
        for item in items
    ]


def _stored_names(verdicts: Sequence[Verdict]) -> list[str]:
    kept = (one.accepted for one in verdicts if one.fate.accepted)
    return [one.draft.event_name for one in kept if one]


def _publish(
    visit: Visit,
    items: Sequence[Accepted | Refusal],
    batch: Sequence[Record],
    services: Services,
) -> Sequence[Delivery]:
    """Write the records; when not one of them became durable, the whole request may be resent."""
    if services.together is not never and batch and len(batch) == len(items):
        ids = [item.event_id for item in items if isinstance(item, Accepted)]
        entry = Entry(project_id=visit.project_id, received_ms=visit.received_ms, stored=ids)
        if durable := services.together(batch, entry):
            visit.entry = entry if durable == BOTH else None
            return [STORED] * len(batch)
    deliveries = services.sink.publish(batch, visit.seconds_left()) if batch else []
    if deliveries and all(delivery.fate is Fate.RETRY for delivery in deliveries):
        reason, cause = deliveries[0].reason or Reason.STREAM_UNAVAILABLE, deliveries[0].detail
        raise RequestRefused(reason, "Nothing was stored; send the request again.", cause=cause)
    return deliveries


def _our_headers(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Return the reason that the client should act on, or the event id of a single acceptance.

    And what a sender should know of times that were stored as they are.
    """
    reason = telling_reason(verdicts)
    if reason:
        found = refusal_headers(reason)
    elif len(verdicts) == 1 and verdicts[0].accepted:
        found = {EVENT_ID_HEADER: verdicts[0].accepted.event_id}
    else:
        found = {}
    if odd := _odd_times(verdicts):
        from openbunker.ingest import notices  # noqa: PLC0415  # as in _keeping

        found |= notices.headers(verdicts, odd)
    return found


def _odd_times(verdicts: Sequence[Verdict]) -> list[int]:
    """Return the numbers of the events that were accepted and whose time can hardly be meant."""
    odd = []
    for number, verdict in enumerate(verdicts):
        one = verdict.accepted
        if one and not _YEAR_2000_MS <= one.happened_ms <= one.received_ms + _DAY_MS:
            odd.append(number)
    return [number for number in odd if verdicts[number].fate.accepted] if odd else odd
