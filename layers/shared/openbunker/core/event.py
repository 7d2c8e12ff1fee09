"""The canonical event, and the draft that a dialect reads before it is complete.

Pure data. Vendor field names end in the dialect; here there is one word per concept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# The most characters of a text that has a column of its own, in every dialect and for every reader.
# An id must fit into a statement's parameter with each of its quotes doubled: Athena takes 1,024.
MAX_ID, MAX_NAME, MAX_URL, MAX_TITLE, MAX_TAG = 500, 256, 8192, 2048, 500
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
TEXT_LIMITS = {
    **dict.fromkeys(("event_name", "metric_name"), MAX_NAME),
    **dict.fromkeys(("customer_identifier", "user_id", "anonymous_id", "session_id"), MAX_ID),
    **dict.fromkeys(("url", "page_path", "referrer"), MAX_URL),
    "page_title": MAX_TITLE,
    **dict.fromkeys(UTM, MAX_TAG),
}
# Before the dedupe key of what a public key sent, where its project keeps the two kinds apart.
PUBLIC_SCOPE = "public:"


# Not by keyword alone: each value that is left out would be looked for, for every event.
@dataclass(frozen=True, slots=True)
class Draft:
    """An item that reads as an event, in canonical words, before ids and enrichment.

    `timestamp_ms` is None when the sender gave none (then: the time of receipt). `age_ms`, where
    the sender's clock also says when it sent the request, is the time from the one to the other:
    the time of receipt less the age is when it happened, however wrong that clock is.
    `client_event_id` is the id to echo; `dedupe_key` the client's idempotency id, already
    carrying its scope, or None when the item has none. `utm` are campaign tags by their full
    name (`utm_source`, ...) that the vendor's clients name themselves; they come before the URL's.
    """

    event_name: str
    timestamp_ms: int | None = None
    age_ms: int | None = None
    client_event_id: str | None = None
    dedupe_key: str | None = None
    customer_identifier: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    session_id: str | None = None
    url: str | None = None
    page_title: str | None = None
    page_path: str | None = None
    referrer: str | None = None
    user_agent: str | None = None
    metric_name: str | None = None
    metric_value: float | None = None
    utm: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event as it is stored: one row of `docs/storage.md`.

    Times are milliseconds since the epoch, UTC. `event_id` is 32 hex digits, ordered by time.
    `ip` is masked before it gets here. `properties` holds the sender's own fields.
    """

    project_id: str
    event_id: str
    dedupe_key: str
    dialect: str
    key_id: str
    event_name: str
    timestamp_ms: int
    received_ms: int
    customer_identifier: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    session_id: str | None = None
    url: str | None = None
    page_title: str | None = None
    page_path: str | None = None
    referrer: str | None = None
    ip: str | None = None
    country: str | None = None
    browser: str | None = None
    os: str | None = None
    device: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    metric_name: str | None = None
    metric_value: float | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
