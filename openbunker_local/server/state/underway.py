"""Which requests may still bring rows that were received before now. Knows times, and no request.

A row carries the time at which its request was read, and is visible some time after. Everything
received before a time is visible once all that arrived before it is, and no request from before it
is under way, or was answered after what is known to be visible.
"""

from collections.abc import Callable
from threading import Lock

# Ends of requests are told apart by so much, and the earliest start among each is kept.
STEP_MS = 100
# A stream that delivers nothing for so many steps on end has other troubles: then so much is
# taken off instead.
MAX_STEPS, UNKNOWN_MS = 3_000, 60_000
# How far a clock may be set back without a row being out of sight.
SLACK_MS = 1_000


class Underway:
    """The requests of one server. Threads share it."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._lock = Lock()
        self._starts: dict[int, int] = {}
        self._ended: dict[int, int] = {}  # step of the end -> the earliest start

    def one(self) -> "One":
        """Return what counts a request as under way for as long as it is entered."""
        return One(self)

    def begins(self) -> int:
        """Count a request that begins, and return when it does."""
        start = self._now_ms()
        with self._lock:
            self._starts[start] = self._starts.get(start, 0) + 1
        return start

    def ends(self, start: int) -> None:
        """Count the end of a request that began then."""
        with self._lock:
            self._starts[start] -= 1
            if not self._starts[start]:
                del self._starts[start]
            step = self._now_ms() // STEP_MS
            self._ended[step] = min(start, self._ended.get(step, start))
            while len(self._ended) > MAX_STEPS:
                del self._ended[next(iter(self._ended))]

    def settled_to_ms(self, fresh_to_ms: Callable[[], int]) -> int:
        """Return a time before whose receipt everything is visible.

        `fresh_to_ms` tells the time before which all that arrived is; rows arrive before their
        request ends.
        """
        with self._lock:  # before the other: what ends meanwhile has arrived by then
            starts = [self._now_ms(), *self._starts]
            ended = dict(self._ended)
        fresh = fresh_to_ms()
        starts += [start for step, start in ended.items() if (step + 1) * STEP_MS > fresh]
        with self._lock:
            for step in ended:
                if (step + 1) * STEP_MS <= fresh - SLACK_MS:
                    self._ended.pop(step, None)
        if len(ended) >= MAX_STEPS:
            fresh -= UNKNOWN_MS
        return min([fresh, *starts]) - SLACK_MS


class One:
    """One request, while it is entered. No generator, which each event would pay for."""

    __slots__ = ("_among", "_start")

    def __init__(self, among: Underway) -> None:
        self._among = among

    def __enter__(self) -> None:
        self._start = self._among.begins()

    def __exit__(self, *_: object) -> None:
        self._among.ends(self._start)
