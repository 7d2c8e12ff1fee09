"""What a receipt says: where an event lies and whether it is the copy that counts. Pure.

Knows what an id tells about itself, and how sightings become one answer. Where sightings come
from is a store's matter; HTTP is `receipt_endpoint`'s.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from openbunker.core.event import PUBLIC_SCOPE
from openbunker.core.times import MINUTE_MS, iso
from openbunker.query import incomplete
from openbunker.query.incomplete import Lack, Missing
from openbunker.query.scope import Scope

# Arrival may be a little before the id's time (an object has the minute of its oldest record) and
# after it (a stream that is throttled, a spill that was replayed soon).
BEFORE_MS, AFTER_MS = 2 * MINUTE_MS, 5 * MINUTE_MS
# Ids that clients choose have no time in them, and first copies may be that much older.
LOOK_BACK_MS = 60 * MINUTE_MS
MAX_ID = 512
_BEYOND = Lack(
    Missing.LOOK_BACK,
    None,
    "An event with the same dedupe key that was received long before is not looked for; "
    "ask again once this one is compacted.",
)
_YOUNG = Lack(Missing.NOT_VISIBLE_YET, None, "Ask again in a moment.")

_OURS = re.compile(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}")


class Place(StrEnum):
    """Where a row was seen, and the receipt that this makes."""

    SPILL = "spilled"
    JOURNAL = "accepted"
    HOT = "stored"
    COLD = "compacted"
    REFUSED = "refused"


# Of an event that is moving, the place that it has come furthest to.
_FURTHEST = (Place.COLD, Place.HOT, Place.JOURNAL, Place.SPILL, Place.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One row as it was found. `line` counts from 1; None where the store cannot say.

    `copy_of` is the event that kept this one from becoming cold.
    """

    place: Place
    event_id: str
    dedupe_key: str = ""
    received_ms: int = 0
    object: str | None = None
    line: int | None = None
    reason: str | None = None
    copy_of: str | None = None

    @property
    def rank(self) -> tuple[bool, int, str, int]:
        """What the first copy has least of: what became cold came first, whenever it came."""
        is_cold = self.place is Place.COLD and self.copy_of is None
        return not is_cold, self.received_ms, self.event_id, _FURTHEST.index(self.place)


@dataclass(frozen=True, slots=True)
class Sought:
    """An id as it was asked for. `event_id` and `at_ms` are set when it can be one of ours."""

    text: str
    event_id: str | None = None
    at_ms: int = 0

    @classmethod
    def of(cls, text: str) -> "Sought":
        """Read an id: 32 hex digits or a UUID of ours, else whatever a client chose."""
        plain = text.lower().replace("-", "") if len(text) in (32, 36) else ""
        if _OURS.fullmatch(plain):
            return cls(text, plain, int(plain[:12], 16))
        return cls(text)


class ReceiptStore(Protocol):
    """What finds rows by id."""

    @property
    def lag_ms(self) -> int:
        """How long an accepted event may be out of sight; 0 when it never is."""

    def sightings(self, scope: Scope, sought: Sought, now_ms: int) -> Sequence[Sighting]:
        """Return the rows of the id in the scope, and those it is a copy of; none if unknown.

        Raises QueryUnavailable when it cannot look.
        """


def is_of(row: dict[str, Any], text: str) -> bool:
    """Return whether a row's dedupe key is what a client calls `text`.

    Dialects put their name and a scope before the id: the key's id, or the event's name. Before
    that may stand that a public key sent it.
    """
    key, dialect = row["dedupe_key"], row["dialect"]
    own = key.removeprefix(PUBLIC_SCOPE)
    scopes = (row["key_id"], row["event_name"])
    return key == text or any(own == f"{dialect}:{scope}:{text}" for scope in scopes)


def receipt(sought: Sought, seen: Sequence[Sighting]) -> dict[str, Any] | None:
    """Return what became of the id, None when it was not seen."""
    asked = [one for one in seen if one.event_id == sought.event_id] or list(seen)
    if not asked:
        return None
    mine = min(asked, key=lambda one: one.rank)
    first = min(
        (one for one in seen if one.dedupe_key == mine.dedupe_key), key=lambda one: one.rank
    )
    told: dict[str, Any] = {"id": sought.text, "event_id": mine.event_id, "status": mine.place}
    if first.event_id != mine.event_id:
        told |= {"status": "duplicate_of", "duplicate_of": first.event_id}
    elif mine.copy_of:  # of an event that the key does not see
        told["status"] = "duplicate_of"
    lacks = [] if _is_certain(mine) else [_BEYOND]
    where = {"object": first.object, "line": first.line, "reason": mine.reason}
    told |= {name: value for name, value in where.items() if value is not None}
    return told | {"received_at": iso(mine.received_ms), **incomplete.told(lacks)}


def _is_certain(mine: Sighting) -> bool:
    """Return whether no event out of sight can have come before a row with its dedupe key.

    Nobody else has a key that is our own id; and what is cold, or was dropped for it, is judged.
    """
    judged = mine.place is Place.COLD or mine.copy_of is not None
    return judged or mine.dedupe_key == mine.event_id


def unseen(sought: Sought, lag_ms: int, now_ms: int) -> dict[str, Any] | None:
    """Return the receipt of an id that is too young to be seen yet, None when it is not."""
    if sought.event_id is None or not now_ms - lag_ms <= sought.at_ms <= now_ms:
        return None
    return {
        "id": sought.text,
        "event_id": sought.event_id,
        "status": "accepted",
        "certain": False,
        "detail": "Not visible yet. If we answered with this event id, it is on its way; the id of "
        "a refusal, and one that nobody was given, look the same for "
        f"{lag_ms // 1000} seconds. Ask again then.",
        **incomplete.told([_YOUNG]),
    }
