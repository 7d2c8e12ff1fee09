"""For the tests of programs that use the client: events are kept here and nothing is sent.

with capture() as captured:
    checkout(cart)
assert captured.names == ["purchase"]
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, NamedTuple

from openbunker_client import intake
from openbunker_client.model import Unsent


class Event(NamedTuple):
    """An event as the server would have got it."""

    name: str
    properties: dict[str, Any]
    anonymous_id: str | None
    session_id: str | None
    timestamp: int
    event_id: str


class Captured:
    """What all clients of this process track, in order. `refused` is what never could be sent."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.refused: list[Unsent] = []

    @property
    def names(self) -> list[str]:
        """The events' names."""
        return [event.name for event in self.events]

    def named(self, name: str) -> list[Event]:
        """Return the events of a name."""
        return [event for event in self.events if event.name == name]

    def _take(self, body: bytes) -> None:
        sent = json.loads(body)
        self.events.append(
            Event(
                sent["name"],
                sent.get("properties") or {},
                sent.get("anonymousId"),
                sent.get("sessionId"),
                sent["timestamp"],
                sent["eventId"],
            )
        )


_open: list[Captured] = []
_changing = Lock()


@contextmanager
def capture() -> Iterator[Captured]:
    """Capture what all clients track until the block ends; they count it as sent.

    Values that cannot be JSON are refused as in earnest, and `on_refused` is called. Of several
    captures, nested or of threads beside one another, the one that began last gets the events.
    """
    captured = Captured()
    _change(lambda: _open.append(captured))
    try:
        yield captured
    finally:
        _change(lambda: _open.remove(captured))


def _change(change: Callable[[], None]) -> None:
    """Change what is open; blocks of threads may end in any order."""
    with _changing:
        change()
        last = _open[-1] if _open else None
        intake.captures = last._take if last else None
        intake.captures_refused = last.refused.append if last else None
