"""What a project may send: the burst of a key and the quota of a month, on the way of a request.

Imported only where there is a limit to hold. Raises refusals; knows no vendor. What a project's
limits are is the key store's word. How many events there were is counted elsewhere (`usage`) and
comes late: a quota is overshot by what arrives until the next count and the cache's end of life.
"""

from collections.abc import Sequence

from openbunker.core.errors import Refusal, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.verdict import merge
from openbunker.ingest import keep_refused
from openbunker.ingest.services import Services
from openbunker.ingest.visit import Visit
from openbunker.keys.model import Key
from openbunker.wire.dialect import Item

OVER_QUOTA = "The project's monthly quota of events is used up; what was sent is kept, not counted."
TOO_FAST = "The key sends more events than it may; send the same request again later."
NOT_KEPT = "The monthly quota is used up and this could not be kept; send the request again."


def check_burst(key: Key, per_second: int, count: int, services: Services) -> None:
    """Raise RequestRefused when the key has sent too much lately."""
    wait = services.buckets.take(key.key_id, count, per_second, services.monotonic())
    if wait:
        raise RequestRefused(Reason.RATE_LIMITED, TOO_FAST, retry_after_seconds=wait)


def refuse_over_quota(visit: Visit, items: Sequence[Item], services: Services) -> None:
    """Keep the items one by one, then raise RequestRefused; it may be resent if any was not kept.

    Does nothing where no item reads as an event: those are refused for what is wrong with them.
    """
    if all(isinstance(item, Refusal) for item in items):
        return
    refusal = Refusal(Reason.OVER_QUOTA, OVER_QUOTA)
    verdicts = merge([item if isinstance(item, Refusal) else refusal for item in items], [])
    if not keep_refused.items(visit, verdicts, services):
        raise RequestRefused(Reason.STREAM_UNAVAILABLE, NOT_KEPT)
    raise RequestRefused(Reason.OVER_QUOTA, OVER_QUOTA)
