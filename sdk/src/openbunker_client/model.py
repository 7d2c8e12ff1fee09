"""The words of the client: what it sends, what it is answered, what it says of events.

Values only, nothing that acts. What users see are named tuples, the rest plain classes: a named
tuple costs a third of a millisecond at import, a dataclass more, and `dataclasses` loads `inspect`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

Overflow = Literal["block", "drop"]


class Request(NamedTuple):
    """One HTTP request, as a transport gets it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Response(NamedTuple):
    """One HTTP answer, as a transport gives it. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


# Raises any Exception when no answer came; that is taken as a reason to send again.
Transport = Callable[[Request], Response]


class Report(NamedTuple):
    """How many events came to which end. The four always add up to what was tracked.

    `sent` were taken by the server, `refused` never can be, `dropped` were given up, `pending` are
    the rest. Events that an earlier process left in the spool count as tracked too.
    """

    sent: int
    refused: int
    pending: int
    dropped: int

    @property
    def tracked(self) -> int:
        """All events there were."""
        return self.sent + self.refused + self.pending + self.dropped


class Unsent(NamedTuple):
    """An event that will not be sent: what `on_refused` and `on_drop` are called with.

    `reason` is a code: the server's (`x-openbunker-reason`) where it gave one, else ours.
    `message` is for people. `event` is as it would have been sent; where that was not possible,
    as it was given.
    """

    event_id: str
    name: str
    event: Mapping[str, Any]
    reason: str
    message: str


class Item:
    """One event on its way: the bytes to send, how often that was tried, its place in the spool.

    `cap` is how many events may share a request with it: less than a batch once the server found
    fault with a request that it was in. 0 is no cap. `passed` is the core's count of batches that
    had got through when it failed for the first time. `number` counts those that entered the queue.
    """

    __slots__ = ("body", "cap", "number", "passed", "place", "tries")

    def __init__(self, body: bytes, place: tuple[Any, int] | None = None) -> None:
        self.body = body
        self.place = place
        self.tries = self.passed = self.number = 0
        self.cap = 0

    def unsent(self, reason: str, message: str) -> Unsent:
        """Return what is told of this event."""
        event = json.loads(self.body)
        return Unsent(event["eventId"], event["name"], event, reason, message)


class Refusal:
    """Why the server will never take an event."""

    __slots__ = ("message", "reason")

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        self.message = message


class Settled:
    """An answer that names the end of each event: None is taken, True is to be sent again.

    `cause` and `after` (seconds) are of those to be sent again.
    """

    __slots__ = ("after", "cause", "results")

    def __init__(
        self,
        results: list[Refusal | Literal[True] | None],
        cause: str = "",
        after: float | None = None,
    ) -> None:
        self.results = results
        self.cause = cause
        self.after = after


class TooMuch:
    """An answer that refuses the request for what one of its events may be, or for its size."""

    __slots__ = ("refusal",)

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


class Again:
    """No answer, or one that asks for another try; `after` are the seconds that it asked for.

    `suspect` when an event in the request may be the cause, `unclear` when nobody can say: a server
    that dies of one and a server that is restarted both hang up.
    """

    __slots__ = ("after", "cause", "suspect", "unclear")

    def __init__(
        self,
        cause: str,
        after: float | None = None,
        *,
        suspect: bool = False,
        unclear: bool = False,
    ) -> None:
        self.cause = cause
        self.after = after
        self.suspect = suspect
        self.unclear = unclear


class Told:
    """An event that came to a bad end, for the callbacks."""

    __slots__ = ("dropped", "item", "message", "reason")

    def __init__(self, item: Item, *, dropped: bool, reason: str, message: str) -> None:
        self.item = item
        self.dropped = dropped
        self.reason = reason
        self.message = message


Answer = Settled | TooMuch | Again
