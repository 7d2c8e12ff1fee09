"""`openbunker usage`: what projects sent, by day and dialect.

Works on a data folder, beside a running server or without one. Counting is `query.usage`'s; here
it is only asked for and shown.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from openbunker.core.layout import day
from openbunker.core.times import DAY_MS
from openbunker.keys.projects import month
from openbunker.query.usage import counting
from openbunker.usage import days as usage_days
from openbunker.usage import quotas
from openbunker.usage.model import Line, total
from openbunker.wiring import system
from openbunker_local.cli.tenants import existing
from openbunker_local.cli.terminal import tables
from openbunker_local.cli.terminal.options import (
    DEFAULT_DATA,
    AnyProjectOption,
    DataOption,
    FromOption,
    JsonOption,
    ToOption,
)
from openbunker_local.cli.terminal.times import moment, span, whole_days
from openbunker_local.lake.engine import DuckLake
from openbunker_local.lake.usage_counter import uncounted
from openbunker_local.sqlite import desk
from openbunker_local.sqlite.keys import SqliteKeyStore
from openbunker_local.sqlite.usage import SqliteUsageStore

BAR_WIDTH = 10
COLUMNS = ("project", "day", "dialect", "events", "bytes", "share")


@dataclass(frozen=True, slots=True)
class Counted:
    """The open counts and keys of a data folder."""

    data: Path
    store: SqliteUsageStore
    keys: SqliteKeyStore


def usage(
    *,
    data: DataOption = DEFAULT_DATA,
    project: AnyProjectOption = "",
    from_: FromOption = "",
    to: ToOption = "",
    recount: Annotated[
        bool, typer.Option("--recount", help="Count all of these days again.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Count events and bytes by project, day and dialect (UTC, by time of receipt).

    Without --from, from the first day of the month on.
    """
    now_ms = system.now_ms()
    first, last = _days(from_, to, now_ms)
    with counted(data) as found:
        _count(found, (first, last) if recount else None, now_ms)
        store = found.store
        lines = store.of_project(project, first, last) if project else store.of_all(first, last)
        named = [project] if project else sorted({line.project_id for line in lines})
        months = {one: of_month(found, one, now_ms) for one in named}
    if as_json:
        told = [{name: getattr(line, name) for name in Line.__slots__} for line in lines]
        tables.show_json({"usage": told, "months": months})
    else:
        _show(lines, months)


@contextmanager
def counted(data: Path) -> Iterator[Counted]:
    """Open the counts and the keys of a folder."""
    with (
        closing(SqliteUsageStore(existing(data))) as store,
        closing(SqliteKeyStore(data / desk.FILE)) as keys,
    ):
        yield Counted(data, store, keys)


def of_month(found: Counted, project: str, now_ms: int) -> dict[str, Any]:
    """Return what a project has used of its quota this month."""
    events, size = total(quotas.of_month(found.store, project, now_ms))
    state = found.keys.project(project)
    return {
        "month": month(now_ms),
        "events": events,
        "bytes": size,
        "monthly_events": state.monthly_events,
        "exceeded": state.over_quota(now_ms),
    }


def _days(from_: str, to: str, now_ms: int) -> tuple[str, str]:
    """Return the first and the last day of what was asked for, by default the month so far."""
    tomorrow = (now_ms // DAY_MS + 1) * DAY_MS
    end = moment(to, "--to") if to else tomorrow
    month_start = moment(f"{day(end - 1)[:8]}01", "--from")
    first, end = span(from_, to, month_start, tomorrow)
    whole_days(first, end, "Usage")
    return day(first), day(end - 1)


def _count(found: Counted, again: tuple[str, str] | None, now_ms: int) -> None:
    """Count what may have changed since the last count, and the days to be counted again."""
    with (
        tempfile.TemporaryDirectory() as spill,
        closing(DuckLake(found.data, system.now_ms, spill=Path(spill), whole=True)) as lake,
    ):
        days = uncounted(found.store.counted_ms(), now_ms, lake.files.first_day)
        if again:
            days = sorted({*days, *usage_days.days_between(*again)})
        counting.count_usage(lake, found.store, found.keys, days, now_ms)


def _show(lines: Sequence[Line], months: dict[str, dict[str, Any]]) -> None:
    most = max((line.events for line in lines), default=0)
    rows = [
        {
            "project": line.project_id,
            "day": line.day,
            "dialect": line.dialect,
            "events": line.events,
            "bytes": line.bytes,
            "share": "█" * round(BAR_WIDTH * line.events / most),
        }
        for line in lines
    ]
    tables.show(rows, COLUMNS, "Nothing was received in these days.", spare="share")
    for project, told in months.items():
        quota = told["monthly_events"]
        of = "" if quota is None else f" of {quota:,}"
        over = "; over quota" if told["exceeded"] else ""
        events = "event" if told["events"] == 1 and not of else "events"
        typer.echo(f"{project} {told['month']}: {told['events']:,}{of} {events}{over}")
