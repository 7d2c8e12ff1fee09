"""Counts days and settles quotas by the counts. Off the hot path; run again at will.

Called after events were compacted, for the days in which they were received, and on one machine
now and then. Knows neither engine nor store, only their contracts.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from openbunker.core.layout import DAY_MS
from openbunker.keys.projects import ProjectStates, month
from openbunker.query.engine import Engine, Table
from openbunker.query.usage import tree as usage_sql
from openbunker.usage.model import HOUR_MS, Line, UsageStore, Use, total

# Events are delivered, and spilled ones replayed, some time after they were received. With the
# first count of a day, the days before are counted once more: delivery may take a day.
LATE_MS, VERY_LATE_MS = HOUR_MS, 2 * DAY_MS
# How far back a count that was never made begins; `openbunker usage --recount` counts older days.
FIRST_MS = DAY_MS


def count_usage(
    engine: Engine,
    store: UsageStore,
    states: ProjectStates,
    days: Iterable[str],
    now_ms: int,
    *,
    hot: bool = True,
) -> int:
    """Count days (`2026-11-21`, UTC, by time of receipt) and return how many lines were kept.

    Then says of each project that was counted whether its quota of this month is used up.
    Raises QueryUnavailable, UsageUnavailable, KeyStoreUnavailable; the next count makes it good.
    """
    lines: list[Line] = []
    last: dict[tuple[str, str], int] = {}
    for day in sorted(set(days)):
        table = engine.run(usage_sql.received(*bounds(day), hot=hot))
        lines += lines_of(day, table)
        last |= _last_of(table)  # days come in their order
    projects = sorted({line.project_id for line in lines})
    # A day of the past that is counted again must not take a key's last use back.
    known = {project_id: store.last_used(project_id) for project_id in projects}
    uses = [
        Use(project_id=project_id, key_id=key_id, hour_ms=hour_ms)
        for (project_id, key_id), hour_ms in last.items()
        if hour_ms > known[project_id].get(key_id, -1)
    ]
    store.put(lines, uses, now_ms)
    for project_id in projects:
        settle(states, store, project_id, now_ms)
    return len(lines)


def lines_of(day: str, table: Table) -> list[Line]:
    """Return the lines of a day from a table of `usage_sql.received`."""
    events: Counter[tuple[str, str]] = Counter()
    sizes: Counter[tuple[str, str]] = Counter()
    for row in table.rows:
        found = dict(zip(usage_sql.NAMES, row, strict=True))
        place = (found["project_id"], found["dialect"])
        events[place] += int(found["events"])
        sizes[place] += int(found["bytes"])
    return [
        Line(project_id=p, day=day, dialect=d, events=count, bytes=sizes[p, d])
        for (p, d), count in sorted(events.items())
    ]


def settle(states: ProjectStates, store: UsageStore, project_id: str, now_ms: int) -> None:
    """Say of a project whether its quota of the month is used up, if that is not said yet."""
    state = states.project(project_id)
    used, _ = total(of_month(store, project_id, now_ms))
    over = state.monthly_events is not None and used >= state.monthly_events
    if over != state.over_quota(now_ms):
        states.change_project(project_id, {"over_month": month(now_ms) if over else None})


def change_limits(
    states: ProjectStates,
    store: UsageStore,
    project_id: str,
    limits: dict[str, int | None],
    now_ms: int,
) -> None:
    """Set `monthly_events` or `events_per_second` (None: no limit) and settle the quota at once."""
    states.change_project(project_id, limits)
    settle(states, store, project_id, now_ms)


def of_month(store: UsageStore, project_id: str, now_ms: int) -> list[Line]:
    """Return the lines of a project in the month of a time, until its day."""
    return store.of_project(project_id, f"{month(now_ms)}-01", day_of(now_ms))


def day_of(at_ms: int) -> str:
    """Return the day of a time, UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()


def bounds(day: str) -> tuple[int, int]:
    """Return when a day begins, and when the next one does. Raises ValueError for no day."""
    begin = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    from_ms = int(begin.timestamp()) * 1000
    return from_ms, from_ms + DAY_MS


def days_between(first: str, last: str) -> list[str]:
    """Return every day from one to another, both within."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(begin + timedelta(days=n)).isoformat() for n in range((end - begin).days + 1)]


def days_to_count(counted_ms: int | None, now_ms: int) -> list[str]:
    """Return the days that may have changed since the count before, today among them."""
    if counted_ms is None:
        since_ms = now_ms - FIRST_MS
    else:
        turned = day_of(counted_ms) != day_of(now_ms)
        since_ms = min(counted_ms, now_ms) - (VERY_LATE_MS if turned else LATE_MS)
    return days_between(day_of(since_ms), day_of(now_ms))


def _last_of(table: Table) -> dict[tuple[str, str], int]:
    last: dict[tuple[str, str], int] = {}
    for row in table.rows:
        found = dict(zip(usage_sql.NAMES, row, strict=True))
        place, at_ms = (found["project_id"], found["key_id"]), int(found["last_ms"])
        last[place] = max(last.get(place, 0), at_ms - at_ms % HOUR_MS)
    return last
