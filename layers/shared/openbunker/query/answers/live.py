"""`GET /v1/live`: the newest events and refusals, then what became visible since. Off the hot path.

Knows HTTP; the key was resolved by the caller. What was refused belongs to no part of a project, so
a key that sees a part of it sees events alone. What a walk has shown is `live_walk`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from openbunker.core.errors import QueryUnavailable, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.times import iso
from openbunker.keys.model import Key
from openbunker.query import incomplete
from openbunker.query.answers import failures, live_walk, parameters, refused_groups
from openbunker.query.answers.live_walk import Found, Place, Step
from openbunker.query.engine import Statement, Table
from openbunker.query.incomplete import Lack, Missing
from openbunker.query.question import seen as seen_text
from openbunker.query.question.seen import Seen
from openbunker.query.scope import EVENTS, REFUSED
from openbunker.query.scope_of_key import scope_of
from openbunker.query.services import QueryServices
from openbunker.query.sql import live as live_sql
from openbunker.query.sql.live import EVENT_COLUMNS, REFUSED_COLUMNS, Asked
from openbunker.web.http import Reply, Request

PATH = "/v1/live"
METHOD = "GET"
FILTERS = ("name", "dialect", "key", "fate", "q")
PARAMETERS = ("after", "limit", *FILTERS)
DEFAULT_LIMIT, MAX_LIMIT, MAX_TEXT = 100, 500, 200
STORED, REFUSED_FATE = FATES = ("stored", "refused")
HELD = Lack(
    Missing.NOT_VISIBLE_YET,
    None,
    "More came at once than a walk can hold apart; the rest follows as soon as the times before it "
    "are settled.",
)
# Texts of the years 0001 to 9999; a sender's clock may name others.
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999


@dataclass(frozen=True, slots=True)
class _Wanted:
    asked: Asked
    tables: Sequence[str]
    seen: Seen | None
    limit: int
    filters: dict[str, str]


def answer(request: Request, key: Key, services: QueryServices, started_ms: int) -> Reply:
    """Return the newest rows, or those since the answer before. Raises RequestRefused."""
    wanted = _wanted(request, key, services)
    # Before anything is looked at: what becomes visible meanwhile may be shown, and comes once.
    fresh_to_ms, state = services.visible() if services.visible else (None, "")
    settled_ms = services.settled()
    tables: list[Table] = []
    if wanted.seen and state and wanted.seen.state == state:
        step = Step((), wanted.seen, more=False, held=False)
    else:
        step, tables = _asked(wanted, services, settled_ms, started_ms)
    lacks = [lack for table in tables for lack in table.incomplete] + ([HELD] if step.held else [])
    told = [*lacks, *_erasing(wanted, started_ms)]
    fresh = [table.fresh_to_ms for table in tables] or [fresh_to_ms]
    known = [at_ms for at_ms in fresh if at_ms is not None]
    seen = replace(step.seen, state="" if step.more or lacks else state)
    body = {
        "rows": [one.told for one in step.shown],
        "next": seen_text.text_of(seen, wanted.filters, key.project_id),
        "more": step.more,
        "fresh_to": iso(min(known)) if known else None,
        **incomplete.told(told),
        "elapsed_ms": services.now_ms() - started_ms,
    }
    return Reply(200, body, {"cache-control": "no-store", **incomplete.headers(told)})


def _erasing(wanted: _Wanted, now_ms: int) -> list[Lack]:
    """Return that the newest refusals may lack some; those since are later than an erasure."""
    if wanted.seen or REFUSED not in wanted.tables:
        return []
    return refused_groups.erasing(wanted.asked.scope.hidden, now_ms - live_sql.LOOK_BACK_MS)


def _asked(
    wanted: _Wanted, services: QueryServices, settled_ms: int, now_ms: int
) -> tuple[Step, list[Table]]:
    try:
        return _step(wanted, services, settled_ms, now_ms)
    except QueryUnavailable as error:
        text = "The newest events cannot be read at the moment."
        raise failures.refusal(error, text, services.log) from error


def _step(
    wanted: _Wanted, services: QueryServices, settled_ms: int, now_ms: int
) -> tuple[Step, list[Table]]:
    found: list[Found] = []
    tables, cut = [], list[Place]()
    seen, count = wanted.seen, wanted.limit + 1
    count += len(seen.marks) if seen else 0
    for name in wanted.tables:
        table = services.engine.run(_statement(name, wanted, now_ms, count))
        rows = [_READERS[name](row) for row in table.rows]
        tables.append(table)
        found += rows
        cut += [rows[-1].place] if seen and len(rows) >= count else []
    if seen:
        return live_walk.after(seen, found, settled_ms, wanted.limit, cut), tables
    newest = sorted({one.mark: one for one in found}.values(), key=lambda one: one.place)
    return live_walk.begun(newest[::-1], settled_ms, wanted.limit), tables


def _statement(name: str, wanted: _Wanted, now_ms: int, count: int) -> Statement:
    if wanted.seen is None:
        begin = live_sql.newest_events if name == EVENTS else live_sql.newest_refused
        return begin(wanted.asked, now_ms, count)
    go_on = live_sql.events_after if name == EVENTS else live_sql.refused_after
    return go_on(wanted.asked, wanted.seen.place, now_ms, count)


def _event(row: Sequence[Any]) -> Found:
    one = dict(zip(EVENT_COLUMNS, row, strict=False))
    told = {
        **_row(STORED, one["event_id"], one),
        "time": _time(one["timestamp_ms"]),
        "timestamp_ms": one["timestamp_ms"],
        "name": one["event_name"],
        "customer_identifier": one["customer_identifier"],
        "user_id": one["user_id"],
    }
    mark = seen_text.mark(EVENTS, one["dedupe_key"])
    return Found((one["received_ms"], one["event_id"]), mark, told)


def _refused(row: Sequence[Any]) -> Found:
    one = dict(zip(REFUSED_COLUMNS, row, strict=True))
    name = one["refused_id"]
    why = {column: one[column] for column in ("reason", "field", "message")}
    told = {**_row(REFUSED_FATE, name, one), **why}
    return Found((one["received_ms"], name), seen_text.mark(REFUSED, name), told)


_READERS = {EVENTS: _event, REFUSED: _refused}


def _row(fate: str, name: str, one: dict[str, Any]) -> dict[str, Any]:
    received_ms = one["received_ms"]
    nothing = ("time", "timestamp_ms", "name", "customer_identifier", "user_id")
    return {
        "fate": fate,
        "event_id": name,
        "received_at": iso(received_ms),
        "received_ms": received_ms,
        "dialect": one["dialect"],
        "key": one["key_id"],
        **dict.fromkeys((*nothing, "reason", "field", "message")),
    }


def _time(at_ms: int) -> str | None:
    return iso(at_ms) if _FIRST_MS <= at_ms <= _LAST_MS else None


def _wanted(request: Request, key: Key, services: QueryServices) -> _Wanted:
    query = request.query
    parameters.hold(request, PARAMETERS)
    filters = {name: query[name] for name in FILTERS if name in query}
    for name, value in filters.items():
        if not 0 < len(value) <= MAX_TEXT or not value.isprintable():
            raise _invalid(f"{name}: has 1 to {MAX_TEXT} characters, and none that controls")
    texts = (filters.get(name) for name in ("name", "dialect", "key", "q"))
    return _Wanted(
        Asked(scope_of(key, services), *texts),
        _tables(filters, key),
        _seen(query.get("after"), filters, key),
        _limit(query.get("limit")),
        filters,
    )


def _tables(filters: dict[str, str], key: Key) -> Sequence[str]:
    fate = filters.get("fate")
    if fate is not None and fate not in FATES:
        raise _invalid(f"fate: is one of {', '.join(FATES)}")
    scoped = key.customer_identifier is not None or bool(key.key_filter_data)
    if fate == REFUSED_FATE and scoped:
        text = "This key sees a part of the project; what was refused belongs to no part."
        raise RequestRefused(Reason.SCOPED_KEY, text)
    if fate == STORED or scoped or "name" in filters:
        return () if fate == REFUSED_FATE else (EVENTS,)
    return (REFUSED,) if fate == REFUSED_FATE else (EVENTS, REFUSED)


def _seen(text: str | None, filters: dict[str, str], key: Key) -> Seen | None:
    if text is None:
        return None
    try:
        if len(text) > seen_text.MAX_TEXT:
            raise ValueError(seen_text.NOT_OURS)
        return seen_text.seen_of(text, filters, key.project_id)
    except ValueError as error:
        raise _invalid(f"after: {error}") from None


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= MAX_LIMIT):
        raise _invalid(f"limit: is 1 to {MAX_LIMIT}")
    return int(text)


def _invalid(text: str) -> RequestRefused:
    return RequestRefused(Reason.INVALID_QUERY, text)
