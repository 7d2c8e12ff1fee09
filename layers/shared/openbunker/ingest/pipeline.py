"""The walk of one request, top to bottom. Knows no vendor's words and no store.

Laws: answer after the write; every item ends in exactly one fate; there is no default of "ok".
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from openbunker.core import records
from openbunker.core.books import BookUnavailable, Tally
from openbunker.core.errors import Refusal, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.records import Record
from openbunker.core.verdict import Accepted, Delivery, Fate, Verdict, merge
from openbunker.ingest import enrich
from openbunker.ingest.services import Services, no_limit
from openbunker.keys.model import Key, KeyKind
from openbunker.keys.resolve import resolve, standing
from openbunker.web.guard import guarded, plain_refusal
from openbunker.web.http import (
    EVENT_ID_HEADER,
    REASON_HEADER,
    REFUSED_ID_HEADER,
    Reply,
    Request,
    refusal_headers,
)
from openbunker.web.log_lines import request_line
from openbunker.wire import registry
from openbunker.wire.dialect import Dialect, Item, Outcome, Submission, cors_headers

if TYPE_CHECKING:
    from types import ModuleType

    from openbunker.ingest.keep_refused import Keeper


# Of the time that the function has left, this much is for the books and the answer.
ANSWER_SECONDS = 0.5


def serve(event: Mapping[str, Any], context: object, services: Services) -> dict[str, Any]:
    """Answer one gateway event of a track or batch route. Never raises.

    `context` is Lambda's; the time that it has left bounds the write.
    """
    services = replace(services, seconds_left=_seconds_left(context))
    reply = guarded(
        lambda: _route(Request.from_gateway(event), services), plain_refusal, services.log
    )
    return reply.to_gateway()


def _seconds_left(context: object) -> Callable[[], float | None]:
    left_ms = getattr(context, "get_remaining_time_in_millis", None)
    return (lambda: left_ms() / 1000 - ANSWER_SECONDS) if left_ms else no_limit


def _route(request: Request, services: Services) -> Reply:
    dialect = registry.dialect_at(request.path)
    if dialect is None:
        raise RequestRefused(Reason.NOT_FOUND, f"There is no {request.path} here.")
    if request.method == "OPTIONS" and dialect.cors:
        return Reply(204, None, cors_headers(dialect.cors, request.headers))
    served = registry.serves(request)
    reply = _answer(dialect, request, services) if served else _wrong_method(request)
    return (
        reply.with_headers(cors_headers(dialect.cors, request.headers)) if dialect.cors else reply
    )


def _wrong_method(request: Request) -> Reply:
    text = f"{request.method} is not served at {request.path}."
    refused = RequestRefused(Reason.METHOD_NOT_ALLOWED, text)
    return plain_refusal(refused).with_headers({"allow": registry.methods_at(request.path)})


def _answer(dialect: Dialect, request: Request, services: Services) -> Reply:
    """Answer in the dialect's shape, once the books have it, and log one line."""
    started_ms = services.now_ms()
    tally = Tally(started_ms)

    def answer() -> Reply:
        outcome = _ingest(dialect, request, services, tally)
        reply = dialect.reply(outcome).with_headers(_our_headers(outcome.verdicts))
        _settle(tally, outcome.verdicts, services)
        return reply

    reply = guarded(answer, lambda refused: dialect.refuse(request, refused), services.log)
    if tally.refused_id and not Reason(reply.headers[REASON_HEADER]).facts.retryable:
        reply = reply.with_headers({REFUSED_ID_HEADER: tally.refused_id})
    if not tally.settled:
        _settle_refused(tally, reply, services)
    elapsed_ms = services.now_ms() - started_ms
    services.log(request_line(dialect.name, reply, tally, elapsed_ms, started_ms))
    return reply


def _settle(tally: Tally, verdicts: Sequence[Verdict], services: Services) -> None:
    """Bring what the client is about to be told into the books, or tell it to send again."""
    try:
        tally.settle(verdicts, services.book.enter)
    except BookUnavailable as error:
        text = "This could not be accounted for; send the request again."
        raise RequestRefused(Reason.STREAM_UNAVAILABLE, text) from error


def _settle_refused(tally: Tally, reply: Reply, services: Services) -> None:
    """Account for a request that was refused as a whole. Its answer promises nothing to keep."""
    reason = Reason(reply.headers[REASON_HEADER])
    fate = Fate.RETRY if reason.facts.retryable else Fate.REFUSED
    with suppress(BookUnavailable):
        tally.settle_refused(fate, services.book.enter)


def _ingest(dialect: Dialect, request: Request, services: Services, tally: Tally) -> Outcome:

    def keeper() -> "Keeper | None":
        return _keeper(dialect, request, services, tally)

    submission = _read(dialect, request, keeper)
    tally.items = len(submission.items) or 1
    key = resolve(submission.key, services.keys, tally.received_ms, KeyKind.WRITE)
    tally.project_id = key.project_id
    if not key.speaks(dialect.name):
        raise RequestRefused(Reason.KEY_NOT_FOR_DIALECT, "The key is not for this dialect.")
    project = standing(key, services.keys)
    if project.events_per_second:
        _limits().check_burst(key, project.events_per_second, tally.items, services)
    admitted = _admitted(dialect, request, submission, key, keeper)
    if project.over_quota(tally.received_ms):
        _limits().refuse_over_quota(submission, key, admitted, keeper)
    items = _named(admitted, dialect, key, services)
    tally.received_ms = received_ms = services.now_ms()
    origin = enrich.Origin.of(request, dialect.name, key, received_ms)
    if REFUSED_ID_HEADER in request.headers:
        items, origin = _as_first_sent(request, items, origin)
    encoded = [_encode(item, origin, services.new_id(received_ms)) for item in items]
    deliveries = _publish([record for _, record in encoded if record], services)
    verdicts = merge([item for item, _ in encoded], deliveries)
    if dialect.max_event_names is not None:
        services.names.count(key.project_id, _stored_names(verdicts))
    if any(one.refusal for one in verdicts) and (keeping := keeper()):
        keeping.items(submission, key, verdicts)
    return Outcome(request, verdicts, received_ms)


def _read(dialect: Dialect, request: Request, keeper: "Callable[[], Keeper | None]") -> Submission:
    try:
        return dialect.read(request)
    except RequestRefused as refused:
        if keeping := keeper():
            keeping.unread(refused)
        raise


def _admitted(
    dialect: Dialect,
    request: Request,
    submission: Submission,
    key: Key,
    keeper: "Callable[[], Keeper | None]",
) -> Sequence[Item]:
    """Return the items that the key may send. Raises RequestRefused, which is kept."""
    try:
        if submission.refused:
            raise submission.refused.anew()
        return dialect.admit(request, submission, key).items
    except RequestRefused as refused:
        if keeping := keeper():
            keeping.request(submission.key or "", key, refused)
        raise


def _keeper(
    dialect: Dialect, request: Request, services: Services, tally: Tally
) -> "Keeper | None":
    """Return what keeps refusals; None without a place, and for what was kept once already."""
    if services.refused is None or REFUSED_ID_HEADER in request.headers:
        return None
    from openbunker.ingest.keep_refused import Keeper  # noqa: PLC0415  # accepted traffic does not pay for it

    return Keeper(dialect, request, services, services.refused, tally)


def _limits() -> "ModuleType":
    from openbunker.ingest import limits  # noqa: PLC0415  # as in _keeper

    return limits


def _as_first_sent(
    request: Request, items: Sequence[Item], origin: enrich.Origin
) -> tuple[Sequence[Item], enrich.Origin]:
    """Return items that were refused once and come again, with their first time and identity."""
    from openbunker.ingest import resubmission  # noqa: PLC0415  # nobody else pays for it

    return resubmission.applied(request, items, origin)


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
    return [
        verdict.accepted.event.event_name
        for verdict in verdicts
        if verdict.accepted and verdict.fate.accepted
    ]


def _encode(
    item: Item, origin: enrich.Origin, event_id: str
) -> tuple[Accepted | Refusal, Record | None]:
    if isinstance(item, Refusal):
        return item, None
    event = enrich.complete(item, origin, event_id)
    record = records.encode(event)
    if isinstance(record, Refusal):
        return record, None
    return Accepted(item, event), record


def _publish(batch: Sequence[Record], services: Services) -> Sequence[Delivery]:
    """Write the records; when not one of them became durable, the whole request may be resent."""
    deliveries = services.sink.publish(batch, services.seconds_left()) if batch else []
    if deliveries and all(delivery.fate is Fate.RETRY for delivery in deliveries):
        reason = deliveries[0].reason or Reason.STREAM_UNAVAILABLE
        raise RequestRefused(reason, "Nothing was stored; send the request again.")
    return deliveries


def _our_headers(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Return the reason that the client should act on, or the event id of a single acceptance."""
    reason = _telling_reason(verdicts)
    if reason:
        return refusal_headers(reason)
    if len(verdicts) == 1 and verdicts[0].accepted:
        return {EVENT_ID_HEADER: verdicts[0].accepted.event.event_id}
    return {}


def _telling_reason(verdicts: Sequence[Verdict]) -> Reason | None:
    """Return the first reason that a retry helps, else the first one: a retry loses nothing."""
    reasons = [verdict.reason for verdict in verdicts if verdict.reason]
    return next((reason for reason in reasons if reason.facts.retryable), next(iter(reasons), None))
