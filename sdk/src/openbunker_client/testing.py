"""For the tests of programs that use the client: events are kept here and nothing is sent.

with capture() as captured:
    checkout(cart)
assert captured.names == ["purchase"]
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def capture() -> Iterator[Captured]:
    """Capture what all clients track until the block ends; they count it as sent.

    Values that cannot be JSON are refused as in earnest, and `on_refused` is called. Captures
    may be nested: the inner one gets the events.
    """
    captured = Captured()
    before = intake.captures, intake.captures_refused
    intake.captures, intake.captures_refused = captured._take, captured.refused.append
    try:
        yield captured
    finally:
        intake.captures, intake.captures_refused = before
