"""What an answer says of a check: well or not, in a few words, and what to do about it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum

from openbunker_local.doctor.calls import Answer
from openbunker_local.doctor.doors import Door

# The header Date has whole seconds, and the answer was on its way.
MOST_CLOCK_SECONDS = 5.0
LYING = ("accepted", "stored", "spilled", "compacted")


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found, and what to do about it. `ms`: how long the server took."""

    check: str
    of: str
    state: State
    ms: float | None
    said: str
    advice: str = ""


def found(check: str, of: str, got: Answer, said: str, fault: str | None) -> Found:
    """Return what was found; without a fault it is well."""
    state = State.OK if fault is None else State.FAILED
    return Found(check, of, state, round(got.ms, 1), said, fault or "")


def skipped(check: str, of: str, why: str) -> Found:
    """Return that nothing was tried."""
    return Found(check, of, State.SKIPPED, None, why)


def refusal(got: Answer) -> str:
    """Return an answer's status, and its reason where it tells one."""
    return f"{got.status} {got.headers.get('x-openbunker-reason', '')}".rstrip()


def health(got: Answer) -> Found:
    """Judge an answer of `/health`, which a deployed stack does not have."""
    if got.status == 404:
        return skipped("health", "", "no such route: a deployed stack has alarms instead")
    told = got.json if isinstance(got.json, dict) else {}
    causes = "; ".join(str(one) for one in told.get("causes") or ())
    fine = got.status == 200 and told.get("status") == "ok"
    said = str(told.get("status", refusal(got)))
    return found("health", "", got, said, None if fine else causes or got.text[:200])


def clock(got: Answer, now: float) -> Found:
    """Judge the date of an answer by our own clock, in seconds."""
    try:
        theirs = parsedate_to_datetime(got.headers.get("date", "")).timestamp()
    except ValueError:
        return skipped("clock", "", "the answer has no date")
    apart = theirs - now
    far = abs(apart) > MOST_CLOCK_SECONDS
    advice = "set the clocks by NTP, here or there" if far else None
    return found("clock", "", got, f"{apart:+.0f} s from ours", advice)


def key(kind: str, got: Answer) -> Found:
    """Judge an answer of the key's validation."""
    check, wanted = f"{kind} key", f"give a {kind} key of a project"
    told = got.json if isinstance(got.json, dict) else {}
    if told.get("valid") is not True:
        return found(check, "", got, refusal(got), wanted)
    if told.get("kind") != kind:
        return found(check, "", got, f"it is a {told.get('kind')} key", wanted)
    return found(check, "", got, f"project {told.get('project_id')}", None)


def stored(door: Door, got: Answer) -> Found:
    """Judge the answer to an event; what is said of a success is its id."""
    event_id = got.headers.get("x-openbunker-event-id", "")
    if 200 <= got.status < 300 and door.accepts(got.json) and event_id:
        return found("event", door.dialect, got, event_id, None)
    return found("event", door.dialect, got, refusal(got), got.text[:200])


def refused(door: Door, got: Answer) -> Found:
    """Judge the answer to a key that nobody has."""
    fine = got.status == door.refusal and got.headers.get("x-openbunker-reason") == "unknown_key"
    wanted = f"it should be {door.refusal} unknown_key: is openbunker behind this address?"
    return found("refusal", door.dialect, got, refusal(got), None if fine else wanted)


def let_in(door: Door, got: Answer) -> Found:
    """Judge the answer to a browser that asks before it sends."""
    allowed = got.headers.get("access-control-allow-origin", "")
    fine = 200 <= got.status < 300 and allowed != ""
    said = f"allows {allowed}" if allowed else refusal(got)
    advice = "let OPTIONS through: is there a proxy that answers it?"
    return found("cors", door.dialect, got, said, None if fine else advice)


def receipt(dialect: str, got: Answer) -> Found:
    """Judge the receipt of an event that was accepted."""
    told = got.json if isinstance(got.json, dict) else {}
    status = told.get("status")
    fault = None if status in LYING else got.text[:200]
    return found("receipt", dialect, got, str(status or refusal(got)), fault)


def missing(sent: Mapping[str, str], got: Answer) -> Sequence[str]:
    """Return the dialects whose events a listing does not show. `sent`: dialect -> event id."""
    told = got.json if isinstance(got.json, dict) else {}
    rows = told.get("rows")
    listed = {str(row[0]) for row in rows if isinstance(row, list) and row} if rows else set()
    return [dialect for dialect, event_id in sent.items() if event_id not in listed]
