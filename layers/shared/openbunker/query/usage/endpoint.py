"""`GET /v1/usage`: what a project sent, by day and dialect, and how its quota stands.

Knows HTTP; the key was resolved by the caller. A count is of the whole project, so a key that sees
a part of it sees none.
"""

from datetime import date
from typing import Any

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.times import iso
from openbunker.keys.model import Key
from openbunker.keys.projects import month
from openbunker.keys.resolve import standing
from openbunker.query import incomplete
from openbunker.query.answers import parameters
from openbunker.query.incomplete import Lack, Missing
from openbunker.query.services import QueryServices
from openbunker.usage.days import day_of
from openbunker.usage.model import Line, UsageStore, UsageUnavailable, total
from openbunker.usage.quotas import of_month
from openbunker.web.http import Reply, Request

PATH = "/v1/usage"
METHOD = "GET"
PARAMETERS = ("from", "to")
MAX_DAYS = 400


def answer(request: Request, key: Key, services: QueryServices, now_ms: int) -> Reply:
    """Return the usage of the key's project; by default of the month. Raises RequestRefused."""
    if key.customer_identifier is not None or key.key_filter_data:
        raise RequestRefused(Reason.SCOPED_KEY, "This key sees a part of the project only.")
    if not key.project_id:
        raise RequestRefused(Reason.WRONG_KEY_KIND, "Use the master key of the project.")
    first, last = _days(request, now_ms)
    try:
        body = _told(_store(services), key, (first, last), now_ms)
    except UsageUnavailable as error:
        services.log({"level": "ERROR", "error": str(error)})
        raise _unavailable() from error
    project = standing(key, services.keys)
    quota = {
        "monthly_events": project.monthly_events,
        "exceeded": project.over_quota(now_ms),
        "events_per_second": project.events_per_second,
    }
    lacks = _lacks(body["counted_at"])
    told = body | {"quota": quota} | incomplete.told(lacks)
    return Reply(200, told, incomplete.headers(lacks))


def _lacks(counted_at: str | None) -> list[Lack]:
    if counted_at:  # what came since is in the next count
        return []
    advice = "Nothing was counted yet, so no number here means anything. Ask again in some minutes."
    return [Lack(Missing.NOT_COUNTED_YET, None, advice)]


def _told(store: UsageStore, key: Key, days: tuple[str, str], now_ms: int) -> dict[str, Any]:
    lines = store.of_project(key.project_id, *days)
    counted_ms = store.counted_ms()
    return {
        "project_id": key.project_id,
        "from": days[0],
        "to": days[1],
        "usage": [_line(line) for line in lines],
        "total": _total(lines),
        "month": {"month": month(now_ms), **_total(of_month(store, key.project_id, now_ms))},
        "counted_at": None if counted_ms is None else iso(counted_ms),
    }


def _line(line: Line) -> dict[str, Any]:
    told = {"day": line.day, "dialect": line.dialect}
    return {**told, "events": line.events, "bytes": line.bytes}


def _total(lines: list[Line]) -> dict[str, int]:
    events, size = total(lines)
    return {"events": events, "bytes": size}


def _days(request: Request, now_ms: int) -> tuple[str, str]:
    parameters.hold(request, PARAMETERS)
    last = _day(request, "to", day_of(now_ms))
    first = _day(request, "from", last.replace(day=1).isoformat())
    if not 0 <= (last - first).days < MAX_DAYS:
        raise _invalid(f"from: is a day before to, and at most {MAX_DAYS} days are told at once")
    return first.isoformat(), last.isoformat()


def _day(request: Request, name: str, default: str) -> date:
    text = request.query.get(name, default)
    try:
        if len(text) != len("2026-11-21"):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise _invalid(f"{name}: is a day such as 2026-11-21") from None


def _store(services: QueryServices) -> UsageStore:
    if services.usage is None:
        raise _unavailable()
    return services.usage


def _invalid(text: str) -> RequestRefused:
    return RequestRefused(Reason.INVALID_QUERY, text)


def _unavailable() -> RequestRefused:
    text = "The usage cannot be told at the moment."
    return RequestRefused(Reason.QUERY_UNAVAILABLE, text)
