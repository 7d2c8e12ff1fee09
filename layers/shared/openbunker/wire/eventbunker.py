"""Dialect of EventBunker: POST /post, one JSON object per request.

Knows the vendor's field names, value rules and answers. Does not look up keys, write, or know
other dialects. Contract: docs/wire/eventbunker.md.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from openbunker.core import jsontext
from openbunker.core.errors import Problem, RequestRefused
from openbunker.core.event import MAX_ID, MAX_NAME, Draft
from openbunker.core.reasons import Reason
from openbunker.web.http import Reply, Request
from openbunker.wire import calendar, dates
from openbunker.wire.dialect import Body, Cors, Dialect, Item, Outcome, Submission, not_stored
from openbunker.wire.fields import Field, all_problems, is_number, kind_of, refusal

KEY_HEADER = "x-eventbunker-write-key"
MAX_EVENT_NAMES = 2000

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_FIELDS = (
    Field("event_name", "string", required=True, least=1, most=256),
    Field("customer_identifier", "string", nullable=True, most=MAX_ID),
    Field("metric_name", "string", nullable=True, most=MAX_NAME),
    Field("metric_value", "number", nullable=True),
)
_LIST_KINDS = frozenset({"string", "number", "boolean"})
_OWN = frozenset({"event_name", "timestamp", "customer_identifier", "metric_name", "metric_value"})
_BAD_KEY = f"Invalid {KEY_HEADER}"
# What the vendor says whatever our reason's own text is.
_TEXTS = {
    Reason.MISSING_KEY: _BAD_KEY,
    Reason.UNKNOWN_KEY: _BAD_KEY,
    Reason.MALFORMED_KEY: f"{_BAD_KEY}: it is cut off or mistyped",
    Reason.KEY_NOT_FOR_DIALECT: _BAD_KEY,
    Reason.WRONG_KEY_KIND: f"Please use a write key for write requests. {_BAD_KEY}",
}
_Path = tuple[str | int, ...]


def read(request: Request) -> Submission:
    """Return the key and the one item; what is wrong with the body waits for the key."""
    key = request.header(KEY_HEADER)
    try:
        body = jsontext.parse(request.body())
        return Submission(key, [_item(body)], raw=[body].__getitem__)
    except RequestRefused as refused:
        return Submission(key, refused=refused.held())


def reply(outcome: Outcome) -> Reply:
    """Answer with the id and the time of receipt, or with what is wrong with the item."""
    verdict = outcome.verdicts[0]
    if verdict.accepted and verdict.fate.accepted:
        event_id = verdict.accepted.event_id
        return Reply(200, {"unique_req_id": event_id, "time_recorded": outcome.received_ms})
    return refuse(outcome.request, not_stored(verdict))


def refuse(_request: Request, refused: RequestRefused) -> Reply:
    """Answer `{"error": text}`; the beginning of each text is the vendor's."""
    reason = refused.reason
    if reason in _TEXTS:
        text = _TEXTS[reason]
    elif reason in (Reason.ORIGIN_NOT_ALLOWED, Reason.OVER_QUOTA, Reason.RATE_LIMITED):
        text = refused.message
    elif reason.facts.retryable:
        text = f"Error... {refused.message}"
    else:
        text = f"Body JSON validation failed. {refused.message}"
    return Reply(reason.facts.status, {"error": text})


def _item(body: Any) -> Item:
    found = all_problems(body, _FIELDS, _own_problems)
    if found:
        return refusal(found)
    value = body.get("metric_value")
    return Draft(
        event_name=body["event_name"],
        timestamp_ms=_time_ms(body.get("timestamp")),
        customer_identifier=body.get("customer_identifier"),
        metric_name=body.get("metric_name"),
        metric_value=None if value is None else float(value),
        properties={name: value for name, value in body.items() if name not in _OWN},
    )


def _own_problems(body: Mapping[str, Any]) -> list[Problem]:
    """Return the findings that need more than a type: the name, the time, the sender's fields."""
    found: list[Problem] = []
    name = body.get("event_name")
    if name is not None and not _NAME.fullmatch(name):
        found.append(Problem("invalid_format", ("event_name",), "use only a-z A-Z 0-9 . _ -"))
    time = body.get("timestamp")
    if time is not None and _time_ms(time) is None:
        text = f"this {kind_of(time)} is not a date that JavaScript reads"
        found.append(Problem("invalid_date", ("timestamp",), text))
    for name, value in body.items():
        if type(value) is not str and name not in _OWN:
            found += _value_problems(value, (name,))
    return found


def _value_problems(value: Any, path: _Path) -> list[Problem]:
    """Return what is wrong with one of the sender's own fields; objects go one level deep."""
    if isinstance(value, dict) and len(path) == 1:
        return [
            problem
            for name, inner in value.items()
            for problem in _value_problems(inner, (*path, name))
        ]
    if isinstance(value, dict):
        return [Problem("too_deep", path, "objects may be nested one level deep")]
    if isinstance(value, list):
        return _list_problems(value, path)
    if kind_of(value) == "number" and not is_number(value):
        return [Problem("not_finite", path, "the number is too large")]
    return []


def _list_problems(values: Sequence[Any], path: _Path) -> list[Problem]:
    kinds = {kind_of(value) for value in values}
    if len(kinds) > 1 or not kinds <= _LIST_KINDS:
        text = "a list holds only strings, only numbers or only booleans"
        return [Problem("invalid_list", path, text)]
    if kinds == {"number"} and not all(map(is_number, values)):
        return [Problem("not_finite", path, "a number is too large")]
    return []


def _time_ms(time: Any) -> int | None:
    if isinstance(time, str):
        return dates.parse(time)
    if is_number(time) and abs(time) <= calendar.MAX_MS:
        return int(time)
    return None


EVENTBUNKER = Dialect(
    name="eventbunker",
    routes=("POST /post",),
    read=read,
    reply=reply,
    refuse=refuse,
    key_headers=(KEY_HEADER,),
    max_event_names=MAX_EVENT_NAMES,
    cors=Cors(headers=f"Content-Type, {KEY_HEADER}"),
    bodies={"/post": Body(_FIELDS)},
)
