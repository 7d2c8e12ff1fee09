"""`openbunker limits`: what a project may send, shown or set. A running server follows in seconds.

The rules are `openbunker.manage.limits`'s; here they are asked for and shown.
"""

from contextlib import closing
from typing import Annotated, Any

import typer

from openbunker.manage import limits as setting
from openbunker.manage import projects
from openbunker.manage.routes import limits as limit_routes
from openbunker.manage.routes import route
from openbunker.wiring import system
from openbunker.wiring.office import office_over
from openbunker_local.cli.tenants import actor
from openbunker_local.cli.terminal import tables
from openbunker_local.cli.terminal.exits import Misused
from openbunker_local.cli.terminal.options import DEFAULT_DATA, DataOption, JsonOption
from openbunker_local.cli.usage import Counted, counted, of_month
from openbunker_local.sqlite import desk
from openbunker_local.sqlite.tenants import SqliteTenants

MAX_DIGITS = 20


def limits(
    project: Annotated[str, typer.Argument(help="Project id.")],
    *,
    monthly_events: Annotated[
        str, typer.Option("--monthly-events", help="Quota of a month, or none.")
    ] = "",
    events_per_second: Annotated[
        str, typer.Option("--events-per-second", help="Rate of one key, or none.")
    ] = "",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Show the limits of a project, or set them. A running server follows within seconds."""
    given = {"monthly_events": monthly_events, "events_per_second": events_per_second}
    changes = {name: _limit(name, text) for name, text in given.items() if text}
    with counted(data) as found:
        _change(found, project, changes)
        state = found.keys.project(project)
        told = {"project_id": project, **of_month(found, project, system.now_ms())}
    told["events_per_second"] = state.events_per_second
    if as_json:
        tables.show_json(told)
    else:
        tables.show_one({name: "none" if value is None else value for name, value in told.items()})


def _change(found: Counted, project: str, changes: dict[str, Any]) -> None:
    """Set what is named, if anything. Raises RequestRefused for a project that is nowhere."""
    with closing(SqliteTenants(found.data / desk.FILE)) as items:
        office = office_over(items, actor())
        place = (projects.account_id_of(office, project), project)
        if changes:
            route.checked({"project_id": project, **changes}, limit_routes.Limits)
            setting.change(office, found.keys, found.store, place, changes)


def _limit(name: str, text: str) -> int | None:
    if text == "none":
        return None
    if not text.isascii() or not text.isdigit() or len(text) > MAX_DIGITS:
        raise Misused(f"--{name.replace('_', '-')} is a whole number, or none.")
    return int(text)
