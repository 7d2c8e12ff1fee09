"""`GET /v1/events/names`: names, when and how many; of one name its properties as well.

Knows HTTP; the key was resolved by the caller. Asked of the rows of the key's scope, as every
question is, so nothing here outlives a row: who is erased is in no example.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from openbunker.core.errors import QueryUnavailable, RequestRefused
from openbunker.core.event import MAX_NAME
from openbunker.core.reasons import Reason
from openbunker.core.times import DAY_MS, iso
from openbunker.keys.model import Key
from openbunker.query import incomplete
from openbunker.query.answers import failures, parameters
from openbunker.query.catalogue import properties
from openbunker.query.catalogue.properties import Row
from openbunker.query.incomplete import Lack, Missing
from openbunker.query.question import listing, question
from openbunker.query.question.basis import Basis
from openbunker.query.scope import Scope
from openbunker.query.scope_of_key import scope_of
from openbunker.query.services import QueryServices
from openbunker.query.sql import aggregates as sql
from openbunker.query.sql import listing as listing_sql
from openbunker.web.http import Reply, Request

PATH = "/v1/events/names"
METHOD = "GET"
PARAMETERS = ("days", "name")
DEFAULT_DAYS, MAX_DAYS = 30, 90
# Properties are told of so many young rows, and of so many that are older than a week.
SAMPLE, YOUNG_MS = listing.MAX_LIMIT, 7 * DAY_MS
_MANY = "The newest days of some names are missing. Ask for fewer days, or for one name."
_WIDE = "The properties that fewest events have are missing."


def answer(request: Request, key: Key, services: QueryServices, started_ms: int) -> Reply:
    """Return the names of the key's events, or one with its properties. Raises RequestRefused."""
    days, name = _wanted(request)
    scope = scope_of(key, services)
    from_ms = (started_ms // DAY_MS - days + 1) * DAY_MS  # whole days, the last is today
    try:
        names, lacks = _names(scope, services, (from_ms, started_ms), name)
        if name is not None and names:
            more, left = _properties(scope, services, (from_ms, started_ms), name)
            names[0] |= more
            lacks += left
    except QueryUnavailable as error:
        text = "The names of events cannot be read at the moment."
        raise failures.refusal(error, text, services.log) from error
    body = {
        "names": names,
        "from": iso(from_ms),
        "to": iso(started_ms),
        **incomplete.told(lacks),
        "elapsed_ms": services.now_ms() - started_ms,
    }
    return Reply(200, body, {"cache-control": "no-store", **incomplete.headers(lacks)})


def _names(
    scope: Scope, services: QueryServices, times: tuple[int, int], name: str | None
) -> tuple[list[dict[str, Any]], list[Lack]]:
    body = {
        "time_period": _period(times),
        "time_basis": Basis.RECEIVED,
        "group_by": ["event_name"],
        "group_by_date": {"interval": "day", "fill": False},
        "computations": [
            {"function": "count"},
            {"function": "min", "field_name": "received_ms"},
            {"function": "max", "field_name": "received_ms"},
        ],
        "filters": _named(name),
        "limit": question.MAX_LIMIT,
    }
    plan = sql.plan(question.parse(body), scope, times[1])
    table = services.engine.run(plan.statement)
    by_name: defaultdict[str, list[Sequence[Any]]] = defaultdict(list)
    for row in plan.answer(table):
        by_name[row[1]].append(row)
    lacks = list(table.incomplete)
    lacks += [Lack(one.reason, one.count, _MANY) for one in plan.lacks(table)]
    names = [_name(name, rows) for name, rows in by_name.items()]
    return sorted(names, key=lambda one: (-one["events"], one["name"])), lacks


def _name(name: str, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    return {
        "name": name,
        "first_seen": iso(min(row[3] for row in rows)),
        "last_seen": iso(max(row[4] for row in rows)),
        "events": sum(row[2] for row in rows),
        "daily": [[row[0][:10], row[2]] for row in rows],
    }


def _properties(
    scope: Scope, services: QueryServices, times: tuple[int, int], name: str
) -> tuple[dict[str, Any], list[Lack]]:
    """Return the properties of a name's events: of the newest, and of the newest before a week."""
    week_ms = max(times[0], times[1] - YOUNG_MS)
    young, lacks = _rows(scope, services, (week_ms, times[1]), name)
    old: list[Row] = []
    if week_ms > times[0]:
        old, more = _rows(scope, services, (times[0], week_ms - 1), name)
        lacks += more
    found = properties.told(young, old)
    if found.left_out:
        lacks.append(Lack(Missing.ROW_LIMIT, found.left_out, _WIDE))
    return {"properties": found.fields, "sampled": len(young) + len(old)}, lacks


def _rows(
    scope: Scope, services: QueryServices, times: tuple[int, int], name: str
) -> tuple[list[Row], list[Lack]]:
    """Return the newest rows of a name, as many as one page holds."""
    body = {
        "select": ["received_ms", listing.WHOLE.name],
        "time_period": _period(times),
        "time_basis": Basis.RECEIVED,
        "filters": _named(name),
        "limit": SAMPLE,
    }
    page = listing_sql.page(listing.parse(body), body, scope, times[1])
    table = services.engine.run(page.statement)
    rows, _ = page.rows(table, lambda _names, rows: len(rows))
    return [(at_ms, found) for at_ms, found in rows if isinstance(found, dict)], [*table.incomplete]


def _period(times: tuple[int, int]) -> dict[str, int]:
    return {"from": times[0], "to": times[1] + 1}


def _named(name: str | None) -> list[dict[str, str]]:
    return [{"field_name": "event_name", "op": "equals", "value": name}] if name else []


def _wanted(request: Request) -> tuple[int, str | None]:
    parameters.hold(request, PARAMETERS)
    days, name = request.query.get("days", str(DEFAULT_DAYS)), request.query.get("name")
    if not (days.isascii() and days.isdecimal() and len(days) < 3 and 1 <= int(days) <= MAX_DAYS):
        raise RequestRefused(Reason.INVALID_QUERY, f"days: is 1 to {MAX_DAYS}")
    if name is not None and not 0 < len(name) <= MAX_NAME:
        text = f"name: is the name of an event: 1 to {MAX_NAME} characters"
        raise RequestRefused(Reason.INVALID_QUERY, text)
    return int(days), name
