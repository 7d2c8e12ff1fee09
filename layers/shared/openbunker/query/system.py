"""`GET /v1/system`: how the deployment is, and the books, quota and usage of the key's project.

Knows HTTP; the key was resolved by the caller. A project sees its own numbers, and a key that sees
a part of a project none of them.
"""

from typing import Any

from openbunker.core.errors import QueryUnavailable, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.times import DAY_MS, MINUTE_MS, iso
from openbunker.core.verdict import Fate
from openbunker.keys.model import Key
from openbunker.query import incomplete
from openbunker.query.answers import failures, parameters
from openbunker.query.incomplete import Lack, Missing
from openbunker.query.question import question
from openbunker.query.question.basis import Basis
from openbunker.query.scope_of_key import scope_of
from openbunker.query.services import QueryServices
from openbunker.query.sql import aggregates as sql
from openbunker.query.state import NotSummedYet, State
from openbunker.query.usage import endpoint as usage_endpoint
from openbunker.web.http import Reply, Request

PATH = "/v1/system"
METHOD = "GET"
_SUMMING = Lack(
    Missing.NOT_COUNTED_YET, None, "The books of this day are long. Ask again in a moment."
)


def answer(request: Request, key: Key, services: QueryServices, started_ms: int) -> Reply:
    """Return how the system is. Raises RequestRefused."""
    parameters.hold(request, ())
    sees_all = key.customer_identifier is None and not key.key_filter_data
    try:
        state = services.deployment.state() if services.deployment else State()
        books, lacks = _books(key, services, started_ms) if sees_all else (None, [])
    except QueryUnavailable as error:
        text = "The state of the system cannot be told at the moment."
        raise failures.refusal(error, text, services.log) from error
    usage, untold = _usage(request, key, services, started_ms) if sees_all else (None, [])
    lacks += untold
    body = {
        **_told(state),
        "books": books,
        "usage": usage,
        **incomplete.told(lacks),
        "elapsed_ms": services.now_ms() - started_ms,
    }
    return Reply(200, body, {"cache-control": "no-store", **incomplete.headers(lacks)})


def _told(state: State) -> dict[str, Any]:
    causes = state.causes
    times = {"fresh_to": state.fresh_to_ms, "compacted_to": state.compacted_to_ms}
    return {
        "status": None if causes is None else "degraded" if causes else "ok",
        "causes": None if causes is None else list(causes),
        **{name: iso(at_ms) if at_ms else None for name, at_ms in times.items()},
    }


def _books(key: Key, services: QueryServices, now_ms: int) -> tuple[dict[str, Any], list[Lack]]:
    """Return what was answered in a day that is settled, and what a question finds of it."""
    to_ms = services.settled() // MINUTE_MS * MINUTE_MS
    from_ms = to_ms - DAY_MS
    asked = {"time_period": {"from": from_ms, "to": to_ms}, "time_basis": Basis.RECEIVED}
    plan = sql.plan(question.parse(asked), scope_of(key, services), now_ms)
    table = services.engine.run(plan.statement)
    lacks, ended = list(table.incomplete), None
    try:
        if services.deployment:
            ended = services.deployment.answered(key.project_id, from_ms, to_ms)
    except NotSummedYet:
        lacks.append(_SUMMING)
    told: dict[str, Any] = {"from": iso(from_ms), "to": iso(to_ms)}
    told["answered"] = None if ended is None else sum(ended.values())
    told |= {fate.value: None if ended is None else ended.get(fate.value, 0) for fate in Fate}
    return {**told, "events": plan.answer(table)[0][0]}, lacks


def _usage(
    request: Request, key: Key, services: QueryServices, now_ms: int
) -> tuple[dict[str, Any] | None, list[Lack]]:
    """Return what `GET /v1/usage` says of this month, None where nobody can; and what it lacks."""
    try:
        told = dict(usage_endpoint.answer(request, key, services, now_ms).body or {})
    except RequestRefused as refused:
        if refused.reason is Reason.QUERY_UNAVAILABLE:
            return None, []
        raise
    told.pop("complete")
    return told, [Lack(**one) for one in told.pop("incomplete", ())]
