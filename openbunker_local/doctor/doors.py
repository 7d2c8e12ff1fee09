"""Each vendor's door: one event, how it says that it has it, and how it refuses a wrong key. Pure.

The shapes are those of `docs/wire`, a page for each; the golden cases hold the server to them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from openbunker_local.doctor.calls import Ask

# Whoever looks at what came in sees where it is from.
EVENT_NAME = "openbunker_doctor"
PAGE = "https://doctor.invalid/"
# Tracify names a visitor by hashes of a user agent and of an address; these are of nobody.
NOBODY = {"d" * 64: 3, "0" * 64: 4}


@dataclass(frozen=True, slots=True)
class Door:
    """A dialect's way in.

    `event` makes a request of a key, a site where the dialect has such, and the name of a run;
    `accepts` tells a success by its body, and `refusal` is the status of an answer to a key that
    nobody has.
    """

    dialect: str
    event: Callable[[str, str, str], Ask]
    accepts: Callable[[Any], bool]
    refusal: int
    has_site: bool = False


def _eventbunker(key: str, _site: str, run: str) -> Ask:
    body = {"event_name": EVENT_NAME, "run": run}
    return Ask("POST", "/post", {"x-eventbunker-write-key": key}, body)


def _databuddy(key: str, _site: str, run: str) -> Ask:
    body = {"type": "custom", "name": EVENT_NAME, "properties": {"run": run}}
    return Ask("POST", f"/?client_id={quote(key, safe='')}", {}, body)


def _nanosights(key: str, _site: str, run: str) -> Ask:
    data = {"category": "check", "label": run, "value": 1}
    body = {"projectKey": key, "event_name": EVENT_NAME, "url": PAGE, "event_data": data}
    return Ask("POST", "/api/tags/custom", {}, body)


def _tracify(key: str, site: str, run: str) -> Ask:
    one = {
        "type": "pageview",
        "url": PAGE,
        "customer_site_id": site,
        "identity_data": NOBODY,
        "data": {"origin": PAGE.rstrip("/"), "run": run},
    }
    return Ask("POST", "/api/v1/events", {"tracify-token": key}, {"events": [one]})


def _segment(key: str, _site: str, run: str) -> Ask:
    body = {"writeKey": key, "anonymousId": run, "event": EVENT_NAME, "properties": {"run": run}}
    return Ask("POST", "/v1/track", {}, body)


def _posthog(key: str, _site: str, run: str) -> Ask:
    one = {"api_key": key, "event": EVENT_NAME, "distinct_id": run, "properties": {"run": run}}
    return Ask("POST", "/i/v0/e/", {}, one)


def _says(**members: Any) -> Callable[[Any], bool]:
    def holds(body: Any) -> bool:
        return isinstance(body, Mapping) and all(body.get(k) == v for k, v in members.items())

    return holds


DOORS = (
    Door("eventbunker", _eventbunker, lambda body: "unique_req_id" in (body or ()), 401),
    Door("databuddy", _databuddy, _says(status="success"), 200),
    Door("nanosights", _nanosights, _says(success=True), 401),
    Door("tracify", _tracify, _says(status=True), 401, has_site=True),
    Door("segment", _segment, _says(success=True), 401),
    Door("posthog", _posthog, _says(status=1), 401),
)
