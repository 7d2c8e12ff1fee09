"""`GET /v1/live/{event_id}`: one row of the newest events, opened. Off the hot path.

Knows HTTP; the key was resolved by the caller. The row as it is stored, or what was sent of a
refusal, and its receipt, which is the receipts' own.
"""

import json
from typing import Any

from openbunker.core.errors import QueryUnavailable, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.times import iso
from openbunker.keys.model import Key
from openbunker.query import incomplete, receipts
from openbunker.query.answers import failures
from openbunker.query.answers import receipt as receipt_endpoint
from openbunker.query.answers import refused_groups as refusals
from openbunker.query.engine import Table
from openbunker.query.incomplete import Lack
from openbunker.query.question import listing
from openbunker.query.question.basis import Basis
from openbunker.query.receipts import Sought
from openbunker.query.scope import Scope
from openbunker.query.scope_of_key import scope_of
from openbunker.query.services import QueryServices
from openbunker.query.sql import listing as listing_sql
from openbunker.query.sql import refused as refused_sql
from openbunker.web.http import Reply, Request

PREFIX = "/v1/live/"
PATH = PREFIX + "{event_id}"
METHOD = "GET"
# An id is made at the time of receipt that its event carries.
NEAR_MS = 1_000


def answer(request: Request, key: Key, services: QueryServices, started_ms: int) -> Reply:
    """Return the row of the id that ends the path. Raises RequestRefused: not found."""
    sought = Sought.of(request.path.removeprefix(PREFIX)[: receipts.MAX_ID])
    if sought.event_id is None:
        text = "A row is named by an id of ours: 32 hex digits, as GET /v1/live tells it."
        raise RequestRefused(Reason.NOT_FOUND, text)
    scope = scope_of(key, services)
    try:
        found, lacks = _stored(scope, sought, services, started_ms)
        found = found or _refused(scope, sought, services)
    except QueryUnavailable as error:
        text = "The row cannot be read at the moment."
        raise failures.refusal(error, text, services.log) from error
    if not found:
        raise RequestRefused(Reason.NOT_FOUND, receipt_endpoint.NOT_FOUND)
    told = {**found, "receipt": _receipt(sought, key, services), **incomplete.told(lacks)}
    return Reply(200, told, {"cache-control": "no-store", **incomplete.headers(lacks)})


def _stored(
    scope: Scope, sought: Sought, services: QueryServices, now_ms: int
) -> tuple[dict[str, Any], list[Lack]]:
    """Return the stored row of an event that counts, nothing where there is none."""
    body = {
        "select": [listing.EVERYTHING],
        "time_period": {"from": sought.at_ms - NEAR_MS, "to": sought.at_ms + NEAR_MS},
        "time_basis": Basis.RECEIVED,
        "filters": [{"field_name": "event_id", "op": "equals", "value": sought.event_id}],
        "limit": 1,
    }
    page = listing_sql.page(listing.parse(body), body, scope, now_ms)
    table: Table = services.engine.run(page.statement)
    rows, _ = page.rows(table, lambda _names, rows: len(rows))
    if not rows:
        return {}, list(table.incomplete)
    event = dict(zip(page.columns, rows[0], strict=True))
    properties = event.pop(listing.WHOLE.name)
    row = {"fate": "stored", "event_id": sought.event_id, "event": event}
    return {**row, "properties": properties}, list(table.incomplete)


def _refused(scope: Scope, sought: Sought, services: QueryServices) -> dict[str, Any]:
    """Return what was refused. It belongs to no part of a project, so a part does not see it."""
    if scope.customer_identifier is not None or scope.filters:
        return {}
    near = refused_sql.one(scope, sought.event_id or "", sought.at_ms, receipts.AFTER_MS)
    row = next(iter(refusals.rows_of(services.engine.run(near))), None)
    if row is None:
        return {}
    names = ("reason", *refusals.IN_SAMPLE, "payload_bytes", "received_ms")
    told = {name: getattr(row, name) for name in names}
    told |= {"received_at": iso(row.received_ms), "truncated": not row.whole}
    found = {"fate": "refused", "event_id": row.refused_id, "refused": told}
    return {**found, "sent": _json(row.payload) if row.whole else None}


def _json(text: str) -> Any:
    """Return a text as JSON, None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _receipt(sought: Sought, key: Key, services: QueryServices) -> dict[str, Any] | None:
    """Return the receipt, None where the key, or the server, has none."""
    try:
        reply = receipt_endpoint.answer(receipt_endpoint.PREFIX + sought.text, key, services)
    except RequestRefused as refused:
        if refused.reason in (Reason.SCOPED_KEY, Reason.NOT_FOUND):
            return None
        raise
    return dict(reply.body or {})
