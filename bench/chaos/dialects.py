"""How the clients of a chaos run speak each dialect: a request of numbered events, its answer read.

A spoilt event lacks what its dialect requires. Knows the vendors' words and no server.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

from bench.chaos.history.model import SHELF
from tests.support.server import Answer

BLOCK = 4_000  # so that each question about one block stays below the rows of an answer
HASHES = {"a" * 64: 3, "b" * 64: 4}
OK, AGAIN = 200, 503
# So many numbers in a row are one customer's, where the dialect names one.
CUSTOMER = 150


class Fate(Enum):
    """What a client has to make of the answer for one event."""

    ACCEPTED = auto()
    REFUSED = auto()
    AGAIN = auto()
    UNEXPECTED = auto()


@dataclass(frozen=True, slots=True)
class Event:
    """An event to be sent; it keeps its content when it is sent again."""

    number: int
    spoilt: bool = False

    def data(self) -> dict[str, int]:
        """Return what the questions look for."""
        return {
            "number": self.number,
            "block": self.number // BLOCK,
            "shelf": self.number // SHELF,
        }


@dataclass(frozen=True, slots=True)
class Sent:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: Any


def customer(number: int) -> str:
    """Return whose event it is."""
    return f"customer-{number // CUSTOMER}"


Told: TypeAlias = list[tuple[Fate, str | None]]


@dataclass(frozen=True, slots=True)
class Speaker:
    """A dialect: `ids` says that its events carry their sender's ids and may be sent again.

    `customers`: they name a customer, who can be erased.
    """

    name: str
    batch: int
    ids: bool
    customers: bool
    write: Callable[[Mapping[str, str], Sequence[Event]], Sent]
    read: Callable[[Answer, Sequence[Event]], Told]


def _eventbunker(demo: Mapping[str, str], events: Sequence[Event]) -> Sent:
    name = {} if events[0].spoilt else {"event_name": "chaos"}
    body = {"customer_identifier": customer(events[0].number), **name, **events[0].data()}
    return Sent("/post", {"x-eventbunker-write-key": demo["write_key"]}, body)


def _nanosights(demo: Mapping[str, str], events: Sequence[Event]) -> Sent:
    name = {} if events[0].spoilt else {"event_name": "chaos"}
    body = {
        "projectKey": demo["project_key"],
        "url": demo["site_origin"] + "/page",
        "event_data": events[0].data(),
        **name,
    }
    return Sent("/api/tags/custom", {}, body)


def _databuddy(demo: Mapping[str, str], events: Sequence[Event]) -> Sent:
    batch = [
        {
            "type": "custom",
            "eventId": f"chaos-{event.number}",
            "properties": event.data(),
            **({} if event.spoilt else {"name": "chaos"}),
        }
        for event in events
    ]
    return Sent(f"/batch?client_id={demo['client_id']}", {}, batch)


def _segment(demo: Mapping[str, str], events: Sequence[Event]) -> Sent:
    batch = [
        {
            "type": "track",
            "userId": "u",
            "messageId": f"chaos-{event.number}",
            "properties": event.data(),
            **({} if event.spoilt else {"event": "chaos"}),
        }
        for event in events
    ]
    return Sent("/v1/batch", {}, {"writeKey": demo["write_key"], "batch": batch})


def _tracify(demo: Mapping[str, str], events: Sequence[Event]) -> Sent:
    batch = [
        {
            "type": "purchase",
            "url": demo["site_origin"] + "/thanks",
            "customer_site_id": demo["customer_site_id"],
            "identity_data": HASHES,
            "data": {
                "origin": demo["site_origin"],
                "order_id": f"chaos-{event.number}",
                "currency": "EUR",
                **event.data(),
                **({} if event.spoilt else {"amount": "1.00"}),
            },
        }
        for event in events
    ]
    return Sent("/api/v1/events", {"tracify-token": demo["tracify_token"]}, {"events": batch})


def _one(answer: Answer, events: Sequence[Event]) -> Told:
    """Read the answer for a single event by its status; the id is in our header."""
    if answer.status == OK and not events[0].spoilt:
        return [(Fate.ACCEPTED, answer.headers.get("x-openbunker-event-id"))]
    return [_not_accepted(answer, event) for event in events]


def _results(answer: Answer, events: Sequence[Event]) -> Told:
    """Read Databuddy's list of results."""
    if answer.status != OK or "results" not in answer.body:
        return [_not_accepted(answer, event) for event in events]
    told: Told = []
    for event, result in zip(events, answer.body["results"], strict=True):
        stored = result["status"] == "success"
        told.append((_fate(event, stored=stored), result.get("eventId") if stored else None))
    return told


def _errors(answer: Answer, events: Sequence[Event]) -> Told:
    """Read Segment's refusal: what is not named in `errors` was stored."""
    if answer.status == OK or "errors" in (answer.body or {}):
        failed = {one["index"] for one in answer.body.get("errors", ())}
        return [(_fate(event, stored=at not in failed), None) for at, event in enumerate(events)]
    return [_not_accepted(answer, event) for event in events]


def _all_or_again(answer: Answer, events: Sequence[Event]) -> Told:
    """Read Tracify's one boolean: when any event failed, the good ones are sent again."""
    if answer.status == OK and answer.body == {"status": True}:
        return [(_fate(event, stored=True), None) for event in events]
    return [_not_accepted(answer, event) for event in events]


def _fate(event: Event, *, stored: bool) -> Fate:
    if event.spoilt:
        return Fate.UNEXPECTED if stored else Fate.REFUSED
    return Fate.ACCEPTED if stored else Fate.AGAIN


def _not_accepted(answer: Answer, event: Event) -> tuple[Fate, None]:
    """Return the fate of an event of a request that was no plain success."""
    if answer.status == AGAIN:
        return (Fate.REFUSED if event.spoilt else Fate.AGAIN), None
    client_error = 400 <= answer.status < 500
    return (_fate(event, stored=False) if client_error else Fate.UNEXPECTED), None


SPEAKERS = (
    Speaker("eventbunker", 1, False, True, _eventbunker, _one),
    Speaker("nanosights", 1, False, False, _nanosights, _one),
    Speaker("databuddy", 8, True, False, _databuddy, _results),
    Speaker("segment", 8, True, False, _segment, _errors),
    Speaker("tracify", 4, True, False, _tracify, _all_or_again),
)
