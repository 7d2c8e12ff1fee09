"""`GET /v1/receipts/{event_id}`: what became of one event. Off the hot path.

Knows HTTP; the key was resolved by the caller. Where rows lie is the store's matter.
"""

from openbunker.errors import QueryUnavailable, RequestRefused
from openbunker.http import RETRY_AFTER_SECONDS, Reply
from openbunker.keys.model import Key
from openbunker.query import receipts
from openbunker.query.receipts import Sought
from openbunker.query.sql import Scope
from openbunker.reasons import Reason
from openbunker.services import QueryServices

PREFIX = "/v1/receipts/"
PATH = PREFIX + "{event_id}"
METHOD = "GET"


def answer(path: str, key: Key, services: QueryServices) -> Reply:
    """Return the receipt of the id that ends the path. Raises RequestRefused: not found."""
    text = path.removeprefix(PREFIX)
    if services.receipts is None or not 0 < len(text) <= receipts.MAX_ID:
        raise RequestRefused(Reason.NOT_FOUND, f"An id has 1 to {receipts.MAX_ID} characters.")
    sought, now_ms = Sought.of(text), services.now_ms()
    scope = Scope(key.project_id, key.customer_identifier)
    try:
        seen = services.receipts.sightings(scope, sought, now_ms)
    except QueryUnavailable as error:
        services.log({"level": "ERROR", "error": str(error)})
        told = "The receipt cannot be looked up at the moment."
        raise RequestRefused(Reason.QUERY_UNAVAILABLE, told) from error
    if found := receipts.receipt(sought, seen):
        return Reply(200, found)
    if young := receipts.unseen(sought, services.receipts.lag_ms, now_ms):
        return Reply(200, young, {"retry-after": str(RETRY_AFTER_SECONDS)})
    raise RequestRefused(Reason.NOT_FOUND, "No event of this key's project has this id.")
