"""`GET /v1/receipts/{event_id}`: what became of one event. Off the hot path.

Knows HTTP; the key was resolved by the caller. Where events lie is the store's matter; what was
refused is asked of the engine. Who a refused item is about was never read, so a key that is bound
to one customer sees none: to it such an id is unknown.
"""

from typing import Any

from openbunker.core.errors import QueryUnavailable, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.times import MINUTE_MS, iso
from openbunker.keys.model import Key
from openbunker.query import incomplete, receipts
from openbunker.query.answers import failures
from openbunker.query.answers import refused_groups as refusals
from openbunker.query.receipts import Sought
from openbunker.query.scope import Scope
from openbunker.query.scope_of_key import scope_of
from openbunker.query.services import QueryServices
from openbunker.query.sql import refused as refused_sql
from openbunker.web.http import RETRY_AFTER_SECONDS, Reply

PREFIX = "/v1/receipts/"
PATH = PREFIX + "{event_id}"
METHOD = "GET"
NOT_FOUND = "No event of this key's project has this id."
OF_LATE = (
    f" Ids that clients choose are looked for in the last {receipts.LOOK_BACK_MS // MINUTE_MS} "
    "minutes alone."
)


def answer(path: str, key: Key, services: QueryServices) -> Reply:
    """Return the receipt of the id that ends the path. Raises RequestRefused: not found."""
    text = path.removeprefix(PREFIX)
    if services.receipts is None or not 0 < len(text) <= receipts.MAX_ID:
        raise RequestRefused(Reason.NOT_FOUND, f"An id has 1 to {receipts.MAX_ID} characters.")
    if key.key_filter_data:  # receipts read ids, and no fields that a filter could be held to
        told = "This key sees a part of the events; receipts are for keys that see all of them."
        raise RequestRefused(Reason.SCOPED_KEY, told)
    sought, now_ms = Sought.of(text), services.now_ms()
    scope = scope_of(key, services)
    try:
        seen = services.receipts.sightings(scope, sought, now_ms)
        found = receipts.receipt(sought, seen) or _refused(scope, sought, services)
    except QueryUnavailable as error:
        told = "The receipt cannot be looked up at the moment."
        raise failures.refusal(error, told, services.log) from error
    if found:
        return _reply(found)
    if young := receipts.unseen(sought, services.receipts.lag_ms, now_ms):
        return _reply(young).with_headers({"retry-after": str(RETRY_AFTER_SECONDS)})
    raise RequestRefused(Reason.NOT_FOUND, NOT_FOUND + ("" if sought.event_id else OF_LATE))


def _reply(told: dict[str, Any]) -> Reply:
    return Reply(200, told, {incomplete.COMPLETE_HEADER: str(told["complete"]).lower()})


def _refused(scope: Scope, sought: Sought, services: QueryServices) -> dict[str, Any] | None:
    """Return the receipt of an id of what was refused. Raises QueryUnavailable."""
    if sought.event_id is None or scope.customer_identifier is not None:
        return None
    near = refused_sql.one(scope, sought.event_id, sought.at_ms, receipts.AFTER_MS)
    row = next(iter(refusals.rows_of(services.engine.run(near))), None)
    if row is None:
        return None
    told = {
        "id": sought.text,
        "refused_id": row.refused_id,
        "status": receipts.Place.REFUSED,
        "reason": row.reason,
        "field": row.field,
        "message": row.message,
        "dialect": row.dialect,
        "route": row.route,
        "received_at": iso(row.received_ms),
        "complete": True,
    }
    return {name: value for name, value in told.items() if value is not None}
