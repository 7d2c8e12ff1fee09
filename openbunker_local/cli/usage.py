"""`openbunker usage` and `openbunker limits`: what projects sent, and what they may send.

Both work on a data folder, beside a running server or without one. Counting and settling quotas
are `openbunker.usage`'s; here they are only asked for and shown.
"""

import getpass
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer
from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table

from openbunker.core.errors import KeyStoreUnavailable, QueryUnavailable, RequestRefused
from openbunker.keys.projects import ProjectState, month
from openbunker.manage.store import TenantsUnavailable
from openbunker.query.usage import counting
from openbunker.usage import days as usage_days
from openbunker.usage import quotas
from openbunker.usage.model import Line, UsageUnavailable, total
from openbunker.wiring import system
from openbunker.wiring.office import office_over
from openbunker_local.sqlite import desk as tenants

if TYPE_CHECKING:  # --help stays fast
    from openbunker_local.sqlite.keys import SqliteKeyStore
    from openbunker_local.sqlite.usage import SqliteUsageStore

DEFAULT_DATA = Path(".openbunker")
BAR_WIDTH = 10
MAX_DIGITS = 20
DataOption = Annotated[Path, typer.Option(help="Data folder.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ProjectOption = Annotated[str, typer.Option(help="Project id; all of them when left out.")]


def usage(
    *,
    data: DataOption = DEFAULT_DATA,
    project: ProjectOption = "",
    from_: Annotated[str, typer.Option("--from", help="First day, else the month's.")] = "",
    to: Annotated[str, typer.Option(help="Last day; today when left out.")] = "",
    recount: Annotated[bool, typer.Option(help="Count all of these days again.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Count events and bytes by project, day and dialect (UTC, by time of receipt)."""
    now_ms = system.now_ms()
    last = _day(to, usage_days.day_of(now_ms))
    first = _day(from_, last[:8] + "01")
    if first > last:
        _stop("--from is a day before --to.")
    with _opened(data) as (store, keys):
        _count(data, store, keys, (first, last) if recount else None, now_ms)
        lines = store.of_project(project, first, last) if project else store.of_all(first, last)
        named = [project] if project else sorted({line.project_id for line in lines})
        months = {one: _month(store, keys, one, now_ms) for one in named}
    if as_json:
        told = [{name: getattr(line, name) for name in Line.__slots__} for line in lines]
        typer.echo(json.dumps({"usage": told, "months": months}, indent=2))
    else:
        _show(lines, months)


def limits(
    project: Annotated[str, typer.Argument(help="Project id.")],
    *,
    monthly_events: Annotated[str, typer.Option(help="Quota of a month, or none.")] = "",
    events_per_second: Annotated[str, typer.Option(help="Rate of one key, or none.")] = "",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Show the limits of a project, or set them. A running server follows within seconds."""
    given = {"monthly_events": monthly_events, "events_per_second": events_per_second}
    changes = {name: _limit(name, text) for name, text in given.items() if text}
    with _opened(data) as (store, keys):
        _change(data, store, keys, project, changes)
        state = keys.project(project)
        told = {"project_id": project, **_month(store, keys, project, system.now_ms())}
    told["events_per_second"] = state.events_per_second
    if as_json:
        typer.echo(json.dumps(told, indent=2))
        return
    table = Table("limit", "value")
    for name, value in told.items():
        table.add_row(name, "none" if value is None else str(value))
    Console().print(table)


@contextmanager
def _opened(data: Path) -> "Iterator[tuple[SqliteUsageStore, SqliteKeyStore]]":
    """Open the counts and the keys of a folder; what goes wrong inside ends the command."""
    from openbunker_local.sqlite.keys import SqliteKeyStore  # noqa: PLC0415
    from openbunker_local.sqlite.usage import SqliteUsageStore  # noqa: PLC0415

    if not data.is_dir():
        _stop(f"There is no folder {data}. `openbunker run` makes one; --data names another.")
    try:
        with (
            closing(SqliteUsageStore(data)) as store,
            closing(SqliteKeyStore(data / tenants.FILE)) as keys,
        ):
            yield store, keys
    except RequestRefused as refused:
        _stop(refused.message)
    except (UsageUnavailable, KeyStoreUnavailable, TenantsUnavailable) as error:
        _stop(f"The data folder {data} cannot be used: {error}")
    except QueryUnavailable as error:
        _stop(f"The events cannot be counted: {error}")


def _count(
    data: Path,
    store: "SqliteUsageStore",
    keys: "SqliteKeyStore",
    again: tuple[str, str] | None,
    now_ms: int,
) -> None:
    """Count what may have changed since the last count, and the days to be counted again."""
    from openbunker_local.lake.engine import DuckLake  # noqa: PLC0415

    days = usage_days.days_to_count(store.counted_ms(), now_ms)
    if again:
        days = sorted({*days, *usage_days.days_between(*again)})
    with (
        tempfile.TemporaryDirectory() as spill,
        closing(DuckLake(data, system.now_ms, spill=Path(spill), whole=True)) as lake,
    ):
        counting.count_usage(lake, store, keys, days, now_ms)


def _change(
    data: Path,
    store: "SqliteUsageStore",
    keys: "SqliteKeyStore",
    project: str,
    changes: dict[str, int | None],
) -> None:
    """Set what is named, if anything. Raises RequestRefused for a project that is nowhere."""
    from openbunker.manage import limits as setting  # noqa: PLC0415
    from openbunker.manage import projects  # noqa: PLC0415
    from openbunker.manage.routes import limits as limit_routes  # noqa: PLC0415
    from openbunker.manage.routes import route  # noqa: PLC0415
    from openbunker_local.sqlite.tenants import SqliteTenants  # noqa: PLC0415

    with closing(SqliteTenants(data / tenants.FILE)) as items:
        office = office_over(items, f"cli:{getpass.getuser()}")
        place = (projects.account_id_of(office, project), project)
        if changes:
            route.checked({"project_id": project, **changes}, limit_routes.Limits)
            setting.change(office, keys, store, place, changes)


def _month(
    store: "SqliteUsageStore", keys: "SqliteKeyStore", project: str, now_ms: int
) -> dict[str, Any]:
    events, size = total(quotas.of_month(store, project, now_ms))
    state: ProjectState = keys.project(project)
    return {
        "month": month(now_ms),
        "events": events,
        "bytes": size,
        "monthly_events": state.monthly_events,
        "exceeded": state.over_quota(now_ms),
    }


def _table(lines: Sequence[Line], width: int) -> Table:
    """Return a table in which nothing is cut at 80 characters: the bar gives way before a count."""
    names = ("project", "day", "dialect", "events", "bytes")
    rows = [
        (line.project_id, line.day, line.dialect, f"{line.events:,}", f"{line.bytes:,}")
        for line in lines
    ]
    widths = [max(map(len, texts)) for texts in zip(names, *rows, strict=True)]
    table = Table(pad_edge=False)
    for name, least in zip(names, widths, strict=True):
        side: Literal["left", "right"] = "right" if name in ("events", "bytes") else "left"
        table.add_column(name, min_width=least, no_wrap=True, justify=side)
    barred = sum(widths) + 3 * len(widths) + BAR_WIDTH <= width
    if barred:
        table.add_column("")
    most = max(line.events for line in lines)
    for line, texts in zip(lines, rows, strict=True):
        bar = [ProgressBar(total=most, completed=line.events, width=BAR_WIDTH)] if barred else []
        table.add_row(*texts, *bar)
    return table


def _show(lines: Sequence[Line], months: dict[str, dict[str, Any]]) -> None:
    console = Console()
    nothing = "Nothing was received in these days."
    console.print(_table(lines, console.width) if lines else nothing)
    for project, told in months.items():
        quota = told["monthly_events"]
        of = "" if quota is None else f" of {quota:,}"
        over = "; over quota" if told["exceeded"] else ""
        print(f"{project} {told['month']}: {told['events']:,}{of} events{over}")  # noqa: T201


def _day(text: str, default: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else default
    except ValueError:
        _stop(f"{text} is no day such as 2026-11-21.")


def _limit(name: str, text: str) -> int | None:
    if text == "none":
        return None
    if not text.isascii() or not text.isdigit() or len(text) > MAX_DIGITS:
        _stop(f"--{name.replace('_', '-')} is a whole number, or none.")
    return int(text)


def _stop(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)
