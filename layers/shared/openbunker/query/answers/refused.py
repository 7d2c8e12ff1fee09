"""`GET /v1/refused`: what was refused of a project's keys in a period. Off the hot path.

Knows HTTP; the key was resolved by the caller. Rows carry no customer that could be trusted, so a
key that is bound to one customer sees none of them.
"""

from typing import Any

from openbunker.core.errors import QueryUnavailable, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.times import iso
from openbunker.keys.model import Key
from openbunker.query import incomplete
from openbunker.query.answers import failures, parameters
from openbunker.query.answers import refused_groups as refusals
from openbunker.query.engine import Table
from openbunker.query.question import period
from openbunker.query.scope import Scope
from openbunker.query.scope_of_key import scope_of
from openbunker.query.services import QueryServices
from openbunker.query.sql import refused as refused_sql
from openbunker.query.sql.refused import Wanted
from openbunker.web.http import Reply, Request

PATH = "/v1/refused"
METHOD = "GET"
PARAMETERS = ("period", "reason", "dialect")
DEFAULT_PERIOD = "minus_60_minutes"
MAX_DIALECT = 64


def answer(request: Request, key: Key, services: QueryServices, started_ms: int) -> Reply:
    """Return what was refused, grouped by reason. Raises RequestRefused."""
    if key.customer_identifier is not None or key.key_filter_data:
        text = "This key sees a part of the project; what was refused belongs to no part."
        raise RequestRefused(Reason.SCOPED_KEY, text)
    wanted = _wanted(request, scope_of(key, services), started_ms)
    table = _table(wanted, services)
    lacks = refusals.lacks(table, wanted)
    body = {
        "groups": [group.told() for group in refusals.groups_of(table)],
        **incomplete.told(lacks),
        "elapsed_ms": services.now_ms() - started_ms,
        "fresh_to": None if table.fresh_to_ms is None else iso(table.fresh_to_ms),
    }
    return Reply(200, body, incomplete.headers(lacks))


def _table(wanted: Wanted, services: QueryServices) -> Table:
    try:
        return services.engine.run(refused_sql.groups(wanted))
    except QueryUnavailable as error:
        text = "What was refused cannot be looked up at the moment."
        raise failures.refusal(error, text, services.log) from error


def _wanted(request: Request, scope: Scope, now_ms: int) -> Wanted:
    parameters.hold(request, PARAMETERS)
    try:
        asked = period.parse(request.query.get("period", DEFAULT_PERIOD))
    except ValueError as error:
        raise _invalid(f"period: {error}") from None
    reason = request.query.get("reason")
    if reason is not None and reason not in set(Reason):
        raise _invalid("reason: is a code of docs/reasons.md, e.g. invalid_schema")
    dialect = request.query.get("dialect")
    if dialect is not None and not (dialect.isascii() and dialect.isalnum()):
        raise _invalid("dialect: is the name of a dialect, e.g. segment")
    from_ms, to_ms = asked.bounds(now_ms)
    found: dict[str, Any] = {"reason": reason, "dialect": dialect and dialect[:MAX_DIALECT]}
    found |= {"project_id": scope.project_id, "key_id": scope.key_id, "hidden": scope.hidden}
    return Wanted(from_ms=from_ms, to_ms=to_ms, **found)


def _invalid(text: str) -> RequestRefused:
    return RequestRefused(Reason.INVALID_QUERY, text)
