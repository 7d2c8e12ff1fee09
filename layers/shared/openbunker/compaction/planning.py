"""Which minutes a step of compaction takes, whose rows it leaves out, what may go after it. Pure.

The cut runs along minutes of arrival: what lies in an earlier minute is cold, or will be found as
late. An object is late when it appeared in a minute that was compacted already: Data Firehose
tries to deliver for 24 hours, and keeps the minute of arrival.

Rows of whoever is being erased never become cold, without a word between the two functions: both
go by the store of erasures, and have the oldest one first.
"""

from calendar import timegm
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from time import gmtime, strftime, strptime

from openbunker.compaction.statements import Gone, Minutes
from openbunker.compaction.store.bucket import Listed
from openbunker.compaction.store.state import State
from openbunker.core import layout
from openbunker.core.times import DAY_MS, MINUTE_MS
from openbunker.erasure.model import Erasure

# So old is a minute before it is compacted. The stream delivers within seconds and the alarm on
# its freshness rings at a minute; what is later is found as late, and costs another statement.
LAG_MS = 15 * MINUTE_MS
# What a listing may miss of an upload that had begun: it tells when an upload began, not its end.
UPLOAD_MS = 10 * MINUTE_MS
# The longest span of one step, so that a long pause is caught up in statements of bounded size.
MAX_SPAN_MS = DAY_MS
# So long may rows of an erased customer still turn up: the spill keeps a message for 14 days.
LATE_MS = 15 * DAY_MS
# Persons of a batch of erasures, and those whose late rows a step leaves out. A statement has
# 262,144 bytes, and a person takes 47 of them.
MAX_GONE, MAX_LATE = 500, 2_500
# Persons whose rows are taken out and who are not called erased yet: with a batch they are well
# below MAX_LATE, so that a step leaves out each of them.
MAX_TAKEN_OUT = 1_500


# Minutes so close together are one span: fewer conditions, and little is read twice.
GAP_MS = 10 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Step:
    """The minutes that a step takes, the cut after it, and the objects that nobody needs any more.

    `expired` lie before the days that are kept, and were seen by an earlier step that succeeded.
    """

    to_ms: int
    minutes: tuple[Minutes, ...]
    expired: tuple[str, ...]


def next_step(state: State, listing: Iterable[Listed], now_ms: int, hot_days: int) -> Step:
    """Return the next step, of a listing of all hot objects that began at a time."""
    objects = [(one, at) for one in listing if (at := minute_ms(one.key)) is not None]
    from_ms = state.compacted_to_ms or min((at for _, at in objects), default=now_ms)
    to_ms = max(state.compacted_to_ms, min(closed_ms(now_ms), from_ms + MAX_SPAN_MS))
    kept_from_ms, seen_ms = state.compacted_to_ms - hot_days * DAY_MS, state.listed_ms - UPLOAD_MS
    taken, expired = set[int](), []
    for one, at in objects:
        is_new = one.modified_ms >= seen_ms if at < state.compacted_to_ms else at < to_ms
        if is_new:
            taken.add(at)
        elif at < kept_from_ms:
            expired.append(one.key)
    return Step(to_ms, tuple(_spans(taken)), tuple(expired))


def oldest_first(erasures: Iterable[Erasure]) -> list[Erasure]:
    """Return erasures in the order in which they are worked on."""
    return sorted(erasures, key=lambda one: (one.requested_ms, one.erasure_id))


def left_out(erasures: Iterable[Erasure], now_ms: int) -> tuple[list[Erasure], int]:
    """Return whose rows must not become cold, and how many there was no room for.

    Those who wait, in the order in which they are worked on: of whoever is, the rows are looked
    for once in the table and not again. Then those who are erased, the newest first.
    """
    late = [one for one in erasures if (one.erased_ms or now_ms) > now_ms - LATE_MS]
    waiting = oldest_first(one for one in late if one.erased_ms is None)
    done = oldest_first(one for one in late if one.erased_ms is not None)
    found = waiting + done[::-1]
    return found[:MAX_LATE], len(found[MAX_LATE:])


def gone_of(erasures: Sequence[Erasure]) -> list[Gone]:
    """Return erasures in the words of statements."""
    return [Gone(one.customer_hash, one.requested_ms) for one in erasures]


def closed_ms(now_ms: int) -> int:
    """Return the cut at which compaction is level with a time."""
    return (now_ms - LAG_MS) // MINUTE_MS * MINUTE_MS


def minute_ms(key: str) -> int | None:
    """Return the minute of arrival of a hot object, in ms since the epoch; None for other keys."""
    parts = layout.parse(key)
    return _ms(parts.day, parts.minute) if parts else None


@cache
def _ms(day: str, minute: str) -> int | None:
    try:
        return timegm(strptime(day + minute, "%Y-%m-%d%H%M")) * 1000
    except ValueError:
        return None


def _spans(minutes: Iterable[int]) -> Iterator[Minutes]:
    """Join minutes that are close together, within one day."""
    first = last = None
    for at in sorted(minutes):
        if first is not None and last is not None:
            if at - last <= GAP_MS and at // DAY_MS == last // DAY_MS:
                last = at
                continue
            yield _span(first, last)
        first = last = at
    if first is not None and last is not None:
        yield _span(first, last)


def _span(first: int, last: int) -> Minutes:
    low, high = (strftime("%H%M", gmtime(at // 1000)) for at in (first, last))
    return Minutes(layout.day(first), low, high)
