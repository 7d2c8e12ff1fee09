"""`openbunker accounts`: who owns projects, and their master keys."""

from typing import Annotated

import typer

from openbunker.core.times import iso
from openbunker.manage import projects
from openbunker.manage.routes import projects as project_routes
from openbunker.manage.routes.route import checked
from openbunker_local.cli import shared
from openbunker_local.cli.shared import DEFAULT_DATA, DataOption, JsonOption, StackOption, YesOption

app = typer.Typer(help="Who owns projects.", no_args_is_help=True)
COLUMNS = ("account_id", "name", "projects", "created_at")


@app.command(name="list")
def list_(
    *,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    limit: shared.LimitOption = shared.DEFAULT_LIMIT,
    cursor: Annotated[str, typer.Option(help="Where the last listing ended.")] = "",
    as_json: JsonOption = False,
) -> None:
    """List accounts, newest first."""
    with shared.office(data, stack) as office:
        page = projects.accounts(office, limit, cursor or None)
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
        shared.show_json({"accounts": rows, "next_cursor": page.cursor})
        return
    shared.show(rows, COLUMNS, "There is no account yet.")
    shared.more(page.cursor)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="For people.")],
    *,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make an account and print its master key, once."""
    with shared.office(data, stack) as office:
        asked = checked({"name": name}, project_routes.Account)
        account, text = projects.open_account(office, asked.name)
    told = {"account_id": account.account_id, "name": name, "master_api_key": text}
    shared.show_secret(told, as_json=as_json)


@app.command()
def reset(
    account_id: Annotated[str, typer.Argument(help="Account id.")],
    *,
    overlap: shared.OverlapOption = 0,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print a new master key of an account, once; the old one ends."""
    shared.confirmed(f"End the master key of {account_id}?", yes=yes)
    with shared.office(data, stack) as office:
        text, ends_ms = projects.reset(office, account_id, overlap_seconds=overlap)
    told = {"account_id": account_id, "old_key_until": iso(ends_ms), "master_api_key": text}
    shared.show_secret(told, as_json=as_json)
