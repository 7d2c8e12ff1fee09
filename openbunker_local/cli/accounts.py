"""`openbunker accounts`: who owns projects, and their master keys."""

from typing import Annotated

import typer

from openbunker.core.times import iso
from openbunker.manage import projects
from openbunker.manage.routes import projects as project_routes
from openbunker.manage.routes.route import checked
from openbunker_local.cli.tenants import office
from openbunker_local.cli.terminal import tables
from openbunker_local.cli.terminal.asking import confirmed
from openbunker_local.cli.terminal.options import (
    DEFAULT_DATA,
    DEFAULT_LIMIT,
    CursorOption,
    DataOption,
    JsonOption,
    LimitOption,
    OverlapOption,
    StackOption,
    YesOption,
)

app = typer.Typer(help="Who owns projects.", no_args_is_help=True, rich_markup_mode=None)
COLUMNS = ("account_id", "name", "projects", "created_at")


@app.command(name="list")
def list_(
    *,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    limit: LimitOption = DEFAULT_LIMIT,
    cursor: CursorOption = "",
    as_json: JsonOption = False,
) -> None:
    """List accounts, newest first."""
    with office(data, stack) as opened:
        page = projects.accounts(opened, limit, cursor or None)
    rows = [
        {
            "account_id": one.account_id,
            "name": one.name,
            "projects": one.projects,
            "created_at": iso(one.created_ms),
        }
        for one in page.things
    ]
    if as_json:
        tables.show_json({"accounts": rows, "next_cursor": page.cursor})
        return
    tables.show(rows, COLUMNS, "There is no account yet.", free=("name",))
    tables.more(page.cursor)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="For people.")],
    *,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make an account and print its master key, once."""
    with office(data, stack) as opened:
        asked = checked({"name": name}, project_routes.Account)
        account, text = projects.open_account(opened, asked.name)
    told = {"account_id": account.account_id, "name": name, "master_api_key": text}
    tables.show_secret(told, as_json=as_json)


@app.command()
def reset(
    account_id: Annotated[str, typer.Argument(help="Account id.")],
    *,
    overlap: OverlapOption = 0,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print a new master key of an account, once; the old one ends."""
    with office(data, stack) as opened:
        name = projects.account(opened, account_id).name
        confirmed(f"End the master key of {name} ({account_id})?", yes=yes)
        text, ends_ms = projects.reset(opened, account_id, overlap_seconds=overlap)
    told = {"account_id": account_id, "old_key_until": iso(ends_ms), "master_api_key": text}
    tables.show_secret(told, as_json=as_json)
