"""`GET /v1/receipts/{id}` of an openbunker server: what became of an event. The hosted service
has no such thing.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from openbunker_client.delivery.sending import USER_AGENT
from openbunker_client.model import Request, Transport
from openbunker_client.settings import Settings


class ReceiptUnavailable(RuntimeError):
    """The server did not say what became of an event. Says nothing about the event."""


def ask(settings: Settings, transport: Transport, event_id: str) -> dict[str, Any] | None:
    """Return the receipt of an id, None if the server knows no event of it.

    Raises ReceiptUnavailable; ValueError without a query key or an id.
    """
    if not settings.query_key:
        raise ValueError("query_key: receipts need a QUERY key of the same project")
    if not isinstance(event_id, str) or not event_id:
        raise ValueError("event_id: a text that is not empty")
    headers = {"x-eventbunker-query-key": settings.query_key, "User-Agent": USER_AGENT}
    url = f"{settings.base_url}/v1/receipts/{quote(event_id, safe='')}"
    try:
        response = transport(Request("GET", url, headers, b""))
    except Exception as error:  # a transport may be the user's: whatever it raises
        raise ReceiptUnavailable(f"no answer: {error}") from error
    reason = response.headers.get("x-openbunker-reason", "")
    if response.status == 404 and reason == "not_found":
        return None
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        body = None
    if response.status != 200 or not isinstance(body, dict):
        raise ReceiptUnavailable(f"HTTP {response.status} {reason}".rstrip())
    return body
