"""What is tried of a server, in order. Asks through a call that it is given, and prints nothing.

A check that failed never stops another, but for an address where nobody answers.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from openbunker_local.doctor import verdicts
from openbunker_local.doctor.calls import Answer, Ask, Unreachable
from openbunker_local.doctor.doors import DOORS, Door
from openbunker_local.doctor.verdicts import Found, State, skipped

VALIDATE, QUERY = "/v1/keys/validate", "/v1/query/json"
WRITE_HEADER, QUERY_HEADER = "x-eventbunker-write-key", "x-eventbunker-query-key"
NOBODYS_KEY = "nobody-has-this-key"
FIRST_PAUSE, MOST_PAUSE = 0.25, 5.0
# Tracify's clients are servers: no browser asks before it sends.
FROM_SERVERS = ("tracify",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """The means of an examination: a call, keys, clocks in seconds, and a name of this run.

    `origin` is a page's whose browser is to be let in; `wait` bounds how long events may take to be
    visible.
    """

    call: Callable[[Ask], Answer]
    write_key: str
    query_key: str
    origin: str
    run: str
    wait: float
    now: Callable[[], float]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]

    def examine(self) -> Iterator[Found]:
        """Yield what is found, as it is found. Raises Unreachable where nobody answers at all."""
        yield verdicts.health(self.call(Ask("GET", "/health")))
        key = self.call(Ask("GET", VALIDATE, {WRITE_HEADER: self.write_key}))
        yield verdicts.clock(key, self.now())
        yield verdicts.key("WRITE", key)
        if self.query_key:
            asked = Ask("GET", VALIDATE, {QUERY_HEADER: self.query_key})
            yield self._tried("QUERY key", "", asked, lambda got: verdicts.key("QUERY", got))
        told = key.json if key.status == 200 and isinstance(key.json, dict) else {}
        sent: dict[str, str] = {}
        for door in DOORS:
            yield (event := self._event(door, told))
            if event.state is State.OK:
                sent[door.dialect] = event.said
            yield from self._door(door)
        yield from self._visible(sent)

    def _event(self, door: Door, told: Mapping[str, Any]) -> Found:
        """Send an event, from a page where the key is one of pages."""
        site = next(iter(told.get("sites") or ()), "")
        if door.dialect not in told.get("dialects", ()):
            return skipped("event", door.dialect, "the key does not speak it")
        if door.has_site and not site:
            return skipped("event", door.dialect, "the key has no site")
        ask = door.event(self.write_key, site, self.run)
        if origins := told.get("allowed_origins"):
            ask = replace(ask, headers={**ask.headers, "origin": origins[0]})
        return self._tried("event", door.dialect, ask, lambda got: verdicts.stored(door, got))

    def _door(self, door: Door) -> Iterator[Found]:
        wrong = door.event(NOBODYS_KEY, "", self.run)
        yield self._tried("refusal", door.dialect, wrong, lambda got: verdicts.refused(door, got))
        if door.dialect not in FROM_SERVERS:
            headers = {
                "origin": self.origin,
                "access-control-request-method": wrong.method,
                "access-control-request-headers": "content-type",
            }
            before = Ask("OPTIONS", wrong.path, headers)
            yield self._tried("cors", door.dialect, before, lambda got: verdicts.let_in(door, got))

    def _visible(self, sent: Mapping[str, str]) -> Iterator[Found]:
        if not self.query_key or not sent:
            why = "no event was accepted" if self.query_key else "give a QUERY key to look for them"
            yield skipped("visible", "", why)
            return
        yield self._tried("visible", "", _listing(self.query_key, sent),
                          lambda got: self._waited(sent, got))  # fmt: skip
        for dialect, event_id in sent.items():
            path = f"/v1/receipts/{quote(event_id, safe='')}"
            ask = Ask("GET", path, {QUERY_HEADER: self.query_key})
            yield self._tried("receipt", dialect, ask, _receipt_of(dialect))

    def _waited(self, sent: Mapping[str, str], got: Answer) -> Found:
        """Ask until all are listed, less and less often: on AWS each question costs."""
        began, pause = self.monotonic(), FIRST_PAUSE
        while got.status == 200 and verdicts.missing(sent, got):
            if self.monotonic() - began >= self.wait:
                break
            self.sleep(pause)
            pause = min(2 * pause, MOST_PAUSE)
            got = self.call(_listing(self.query_key, sent))
        if got.status != 200:
            return verdicts.found("visible", "", got, verdicts.refusal(got), got.text[:200])
        lacks = verdicts.missing(sent, got)
        said = f"{len(sent) - len(lacks)} of {len(sent)} after {self.monotonic() - began:.1f} s"
        late = f"not listed: {', '.join(lacks)}. Wait longer (--wait), or see health and alarms"
        return verdicts.found("visible", "", got, said, late if lacks else None)

    def _tried(self, check: str, of: str, ask: Ask, judge: Callable[[Answer], Found]) -> Found:
        try:
            return judge(self.call(ask))
        except Unreachable as error:
            advice = "it answered before: see its log"
            return Found(check, of, State.FAILED, None, str(error), advice)


def _receipt_of(dialect: str) -> Callable[[Answer], Found]:
    return lambda got: verdicts.receipt(dialect, got)


def _listing(query_key: str, sent: Mapping[str, str]) -> Ask:
    body = {
        "time_period": "minus_60_minutes",
        "select": ["event_id"],
        "filters": [{"field_name": "event_id", "op": "in", "value": [*sent.values()]}],
    }
    return Ask("POST", QUERY, {QUERY_HEADER: query_key}, body)
