"""What is held of a start, and what one run says of it.

A limit is a ratio to the empty handler of the same run, but for memory and for the first event,
which is held against a warm one.
"""

from collections.abc import Callable, Mapping
from statistics import median

from bench.init.functions import EMPTY, HOT
from bench.init.start import Start

_HOT = {
    "init": 2.1,
    "instructions": 2.1,
    "init and first event": 2.2,
    "first event, of a warm one": 3.0,
    "MB": 24.0,
}
_COLD = {"init": 6.0, "instructions": 6.0, "init and first event": 6.5}
HELD: Mapping[str, Mapping[str, float]] = {
    **dict.fromkeys(HOT, _HOT),
    "query": _COLD,
    "manage": _COLD,
}


def ratios(
    starts: Mapping[str, list[Start]], counted: Mapping[str, float], name: str
) -> dict[str, float]:
    """Return what a function took, as what is held of it; without instructions not counted."""
    own, floor = (
        (
            median(one.ready_cpu for one in starts[which]),
            median(one.ready_cpu + one.first_cpu for one in starts[which]),
        )
        for which in (name, EMPTY)
    )
    # The shortest: what a busy machine adds to a millisecond has nothing to do with the function.
    first, warm = (min(getattr(one, which) for one in starts[name]) for which in _TIMES)
    found = {
        "init": own[0] / floor[0],
        "init and first event": own[1] / floor[1],
        "first event, of a warm one": first / warm,
        "MB": median(one.megabytes for one in starts[name]),
    }
    return found | ({"instructions": counted[name] / counted[EMPTY]} if counted else {})


_TIMES = ("first_ms", "warm_ms")


def told(
    starts: Mapping[str, list[Start]], counted: Mapping[str, float], say: Callable[[str], None]
) -> int:
    """Say what lies above what is held, and return 1 if anything does."""
    above = 0
    for name, limits in HELD.items():
        found = ratios(starts, counted, name)
        for what, most in limits.items():
            if found.get(what, 0) > most:
                say(f"{name}: {what} {found[what]:.2f}, ABOVE the {most} held")
                above = 1
    if not above:
        say(f"within what is held of {', '.join(HELD)}")
    return above
