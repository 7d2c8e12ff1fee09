"""One step of a walk along the newest rows: which are shown, and where the walk stands then.

Pure. A row is shown when it was not: what is received before the walk's place was, and so was what
has one of its marks. The place moves to where everything is visible and shown, so a row that
becomes visible late, among others that were shown long ago, is shown all the same, and once.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from openbunker.query.question.seen import MAX_MARKS, Seen

Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Found:
    """A row as an engine gave it: its place in the order of receipt, its mark, and what is told."""

    place: Place
    mark: bytes
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What is shown, and where the walk stands then.

    `more`: others wait that were visible. `held`: others are visible, and shown once the times
    before them are settled: a text holds so many marks and no more.
    """

    shown: Sequence[Found]
    seen: Seen
    more: bool
    held: bool


def begun(newest: Sequence[Found], settled_ms: int, limit: int) -> Step:
    """Return the first step: the newest rows, of which all before `settled_ms` are visible.

    What is not settled and not shown comes with the next step.
    """
    shown = newest[:limit]
    marks = frozenset(one.mark for one in shown if one.place >= (settled_ms, ""))
    more = any(one.place >= (settled_ms, "") for one in newest[limit : limit + 1])
    return Step(shown, Seen(settled_ms, marks=marks), more=more, held=False)


def after(
    seen: Seen, rows: Iterable[Found], settled_ms: int, limit: int, cut: Collection[Place] = ()
) -> Step:
    """Return the next step: of the rows after the walk's place those that were not shown.

    `cut` are the last places of tables of which there is more than `rows` have: nothing is known
    of what comes after them.
    """
    known_to = min(cut, default=None)
    here = _once(one for one in rows if known_to is None or one.place <= known_to)
    settled, unread = (settled_ms, ""), frozenset[bytes]()
    if known_to is not None:  # what was not read anew may be there still
        unread = seen.marks - {one.mark for one in here}
    again = [one for one in here if one.mark in seen.marks and one.place > settled]
    room = MAX_MARKS - len(unread) - len(again)
    fresh = [one for one in here if one.mark not in seen.marks]
    unsettled = [one for one in fresh if one.place > settled]
    most = len(fresh) - max(len(unsettled) - room, 0)
    shown = fresh[: min(limit, most)]
    if len(shown) < len(fresh):
        stop = fresh[len(shown)].place
        known_to = max((one.place for one in here if one.place < stop), default=seen.place)
    place = max(seen.place, settled if known_to is None else min(settled, known_to))
    told = seen.marks | {one.mark for one in shown}
    marks = unread | {one.mark for one in here if one.place > place and one.mark in told}
    waits = len(shown) == limit < len(fresh) or bool(cut)
    moved = bool(shown) or place > seen.place
    return Step(
        shown, Seen(*place, marks), more=waits and moved, held=most < min(limit, len(fresh))
    )


def _once(rows: Iterable[Found]) -> list[Found]:
    """Return the rows in the order of receipt, each mark once."""
    found: dict[bytes, Found] = {}
    for one in sorted(rows, key=lambda one: one.place):
        found.setdefault(one.mark, one)
    return list(found.values())
