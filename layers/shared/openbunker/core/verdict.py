"""What became of each item: deliveries (a sink's word) merged into verdicts (the caller's).

Law: one verdict per item, in the order of the items; there is no default of "ok".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from openbunker.core.errors import Refusal
from openbunker.core.event import Draft
from openbunker.core.reasons import Reason


class Fate(StrEnum):
    """The end of one item. `stored` and `spilled` are accepted; `retry` may be resent."""

    STORED = "stored"
    SPILLED = "spilled"
    REFUSED = "refused"
    RETRY = "retry"

    @property
    def accepted(self) -> bool:
        """Whether the item is durable."""
        return self is _STORED or self is _SPILLED


# Found faster by a name than in their enumeration.
FATES = tuple(Fate)
_STORED, _SPILLED, _REFUSED = Fate.STORED, Fate.SPILLED, Fate.REFUSED


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a sink says of one record. `reason` is set exactly when the fate is `retry`.

    `detail` is the code of the fault that the record met, also where another sink then took it.
    """

    fate: Fate
    reason: Reason | None = None
    detail: str = ""


STORED = Delivery(Fate.STORED)


@dataclass(frozen=True, slots=True)
class Accepted:
    """An item on its way to the sink: what was sent, its id, and when it happened and came."""

    draft: Draft
    event_id: str
    happened_ms: int
    received_ms: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the caller is told of one item.

    `accepted` is the item as it was sent to the sink unless the fate is `refused`; `refusal` is set
    exactly then.
    """

    fate: Fate
    accepted: Accepted | None = None
    refusal: Refusal | None = None
    reason: Reason | None = None


def merge(items: Sequence[Accepted | Refusal], deliveries: Sequence[Delivery]) -> list[Verdict]:
    """Give every item its verdict, in order; deliveries belong to the accepted items in order.

    Raises ValueError when the counts disagree: then nobody knows what was stored.
    """
    sent = sum([isinstance(item, Accepted) for item in items])
    if sent != len(deliveries):
        raise ValueError(f"{sent} records were sent and {len(deliveries)} deliveries came back")
    told = iter(deliveries)
    return [
        Verdict(_REFUSED, None, item, item.reason)
        if isinstance(item, Refusal)
        else Verdict((one := next(told)).fate, item, None, one.reason)
        for item in items
    ]


def telling_reason(verdicts: Sequence[Verdict]) -> Reason | None:
    """Return the first reason that a retry helps, else the first one: a retry loses nothing."""
    reasons = [verdict.reason for verdict in verdicts if verdict.reason]
    return next((reason for reason in reasons if reason.facts.retryable), next(iter(reasons), None))
