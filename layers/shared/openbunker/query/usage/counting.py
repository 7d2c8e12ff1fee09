"""Counts days and settles quotas by the counts. Off the hot path; run again at will.

Called after events were compacted, for the days in which they were received, and on one machine
now and then. Knows neither engine nor store, only their contracts.
"""

from collections import Counter
from collections.abc import Iterable

from openbunker.core.times import HOUR_MS
from openbunker.keys.projects import ProjectStates
from openbunker.query.engine import Engine, Table
from openbunker.query.usage import tree as usage_sql
from openbunker.usage.days import bounds
from openbunker.usage.model import Line, UsageStore, Use
from openbunker.usage.quotas import settle


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


def _last_of(table: Table) -> dict[tuple[str, str], int]:
    last: dict[tuple[str, str], int] = {}
    for row in table.rows:
        found = dict(zip(usage_sql.NAMES, row, strict=True))
        place, at_ms = (found["project_id"], found["key_id"]), int(found["last_ms"])
        last[place] = max(last.get(place, 0), at_ms - at_ms % HOUR_MS)
    return last
