"""The way in, the same for both clients: an event is encoded, captured or turned away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from openbunker_client import events
from openbunker_client.delivery.engine import Engine
from openbunker_client.delivery.sending import call, worth_a_line
from openbunker_client.model import Item, Unsent
from openbunker_client.settings import Settings

# While a test captures, set by `testing`: what takes events as they would be sent, and what is told
# of refusals.
captures: Callable[[bytes], None] | None = None
captures_refused: Callable[[Unsent], None] | None = None

_log = logging.getLogger("openbunker_client")


class Intake:
    """Turns what callers say into bytes for the engine. Raises nothing."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self._dropped = 0

    def encoded(self, given: events.Given) -> bytes | None:
        """Return an event's bytes; None if it came to its end here."""
        try:
            body = events.encode(given, time.time())
        except Exception as error:  # a value of the caller's, whatever it does
            self._refuse(given.event_id, given.name, given._asdict(), error)
            return None
        capture = captures  # a test in another thread may end its own just now
        if capture is not None:
            capture(body)
            self._engine.count(sent=True)
            return None
        return body

    def arguments(self, item: Mapping[str, Any]) -> dict[str, Any] | str:
        """Return one event of a batch as the arguments of `track`, or the id it is refused by."""
        try:
            return events.arguments(item)
        except Exception as error:  # as above
            event_id = events.new_id()
            given = item if isinstance(item, Mapping) else {"event": item}
            self._refuse(event_id, "", given, error)
            return event_id

    def drop(self, body: bytes) -> None:
        """Count and tell an event for which there was no room."""
        reason, message = "queue_full", "there was no room in the queue"
        if self._engine.closed:
            reason, message = "closed", "the client was closed before"
        self._engine.count(dropped=True)
        self._dropped += 1
        if worth_a_line(self._dropped):
            _log.warning("%d event(s) were dropped so far: %s", self._dropped, message)
        call(self._settings.on_drop, lambda: Item(body).unsent(reason, message))

    def _refuse(self, event_id: str, name: Any, given: Mapping[str, Any], error: Exception) -> None:
        reason = error.reason if isinstance(error, events.Unencodable) else "unstorable_value"
        message = events.shown(error)
        unsent = Unsent(event_id, events.shown(name), given, reason, message)
        capture = captures_refused
        if capture is not None:
            capture(unsent)
        self._engine.count()
        _log.error("an event was refused: %s", message)
        call(self._settings.on_refused, lambda: unsent)
