"""A refused item that is sent again, mended: a request that names the record it was kept as.

The header makes it idempotent: the items get dedupe keys made of the record's id, so however
often a record is sent again, one event counts; and they keep the time at which they first came.
Nothing of it is trusted: it changes the sender's own events and no one else's.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from openbunker.core.errors import Refusal, RequestRefused
from openbunker.core.event import Draft
from openbunker.core.reasons import Reason
from openbunker.ingest.enrich import Origin
from openbunker.web.http import REFUSED_ID_HEADER, Request

_ID = re.compile(r"[0-9a-f]{32}")


def applied(
    request: Request, items: Sequence[Draft | Refusal], origin: Origin
) -> tuple[list[Draft | Refusal], Origin]:
    """Return the items with the record's time and dedupe keys; the sender's own come first.

    The origin loses the address and the browser: they are those of whoever resubmits. Raises
    RequestRefused for a header that is no id of ours.
    """
    refused_id = request.headers[REFUSED_ID_HEADER]
    if not _ID.fullmatch(refused_id):
        text = f"{REFUSED_ID_HEADER}: expected 32 hex digits"
        raise RequestRefused(Reason.INVALID_SCHEMA, text, field=REFUSED_ID_HEADER)
    first_ms = min(int(refused_id[:12], 16), origin.received_ms)  # ids begin with their time
    stamped = [
        item
        if isinstance(item, Refusal)
        else _stamped(item, origin, f"refused:{refused_id}:{at}", first_ms)
        for at, item in enumerate(items)
    ]
    return stamped, replace(origin, ip=None, country=None, user_agent=None, page=None)


def _stamped(draft: Draft, origin: Origin, dedupe_key: str, first_ms: int) -> Draft:
    time_ms = first_ms if draft.timestamp_ms is None else draft.timestamp_ms
    if draft.age_ms is not None:
        time_ms = first_ms - draft.age_ms
    own = draft.dedupe_key if origin.dedupe_key(draft) else dedupe_key
    return replace(draft, dedupe_key=own, timestamp_ms=time_ms, age_ms=None)
