"""What the bodies of Databuddy's newer API hold: the events of /track, the person of /identify.

Pure. Knows the vendor's field names and nothing of keys and answers; those are in
`databuddy_track`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbunker.core.errors import Problem, RequestRefused
from openbunker.core.event import Draft
from openbunker.core.reasons import Reason
from openbunker.wire import calendar, dates
from openbunker.wire.databuddy.fields import IDENTIFY, MAX_BATCH, MAX_EVENT_ID, reserved
from openbunker.wire.fields import Field, all_problems, beside, is_number, problems, refusal, under

_ID_LENGTH = 256
FIELDS = (
    Field("name", "string", required=True, least=1, most=256),
    Field("namespace", "string", nullable=True, most=64),
    Field("properties", "object", nullable=True),
    Field("eventId", "string", nullable=True, most=MAX_EVENT_ID),
    Field("anonymousId", "string", nullable=True, most=_ID_LENGTH),
    Field("sessionId", "string", nullable=True, most=_ID_LENGTH),
    Field("profileId", "string", nullable=True, most=_ID_LENGTH),
    Field("websiteId", "string", nullable=True, most=_ID_LENGTH),
    Field("source", "string", nullable=True, most=64),
)
PERSON = (
    Field("profileId", "string", required=True, least=1, most=_ID_LENGTH),
    Field("anonymousId", "string", nullable=True, most=_ID_LENGTH),
    Field("traits", "object", nullable=True),
)


class InvalidBody(RequestRefused):
    """A refusal that remembers every finding, for the answer to list them."""

    def __init__(self, reason: Reason, found: Sequence[Problem]) -> None:
        super().__init__(reason, refusal(found).message)
        self.problems = found


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: the text of the key, and the website id of the query, which may be that key."""

    key: str | None
    website_id: str | None

    def site(self, body: Mapping[str, Any]) -> dict[str, str]:
        """Return the website's id as a property, unless it is the key: no row holds a key."""
        site = body.get("websiteId") or self.website_id
        return {"$website_id": site} if site and site != self.key else {}


def events_in(body: Any, sender: Sender) -> list[Draft]:
    """Return the drafts of one event or of a list of them. Raises InvalidBody for any finding."""
    events = body if isinstance(body, list) else [body]
    if len(events) > MAX_BATCH:
        text = f"Too big: expected array to have <={MAX_BATCH} items"
        raise InvalidBody(Reason.BATCH_TOO_LARGE, [Problem("too_big", (), text)])
    found: list[Problem] = []
    for at, event in enumerate(events):
        place = (at,) if isinstance(body, list) else ()
        found += under(place, all_problems(event, FIELDS, _own_problems))
    if found:
        raise InvalidBody(Reason.INVALID_SCHEMA, found)
    return [_event(event, sender) for event in events]


def person_in(body: Any, sender: Sender) -> Draft:
    """Return the draft of an identification. Raises InvalidBody for any finding."""
    if isinstance(body, dict) and isinstance(body.get("profileId"), str):
        body = {**body, "profileId": body["profileId"].strip()}
    site = Field("websiteId", "string", required=not sender.website_id, most=_ID_LENGTH)
    found = problems(body, (*PERSON, site))
    if found:
        raise InvalidBody(Reason.INVALID_SCHEMA, found)
    return Draft(
        event_name=IDENTIFY,
        anonymous_id=body.get("anonymousId"),
        user_id=body["profileId"],
        properties=beside(body.get("traits") or {}, sender.site(body)),
    )


def _event(event: Mapping[str, Any], sender: Sender) -> Draft:
    own = {f"${name}": event[name] for name in ("namespace", "source") if event.get(name)}
    return Draft(
        event_name=event["name"],
        timestamp_ms=_time_ms(event.get("timestamp")),
        client_event_id=event.get("eventId") or None,
        anonymous_id=event.get("anonymousId"),
        session_id=event.get("sessionId"),
        user_id=event.get("profileId"),
        properties=beside(event.get("properties") or {}, {**own, **sender.site(event)}),
    )


def _own_problems(event: Mapping[str, Any]) -> list[Problem]:
    """Return the findings that need more than a type: a name of ours, a time that is none."""
    time = event.get("timestamp")
    if time is None or _time_ms(time) is not None:
        return reserved(event)
    text = "Invalid input: expected milliseconds or a date that JavaScript reads"
    return [*reserved(event), Problem("invalid_union", ("timestamp",), text)]


def _time_ms(time: Any) -> int | None:
    if isinstance(time, str):
        return dates.parse(time)
    return int(time) if is_number(time) and abs(time) <= calendar.MAX_MS else None
