"""`openbunker projects`: list, create, update, reset, delete, restore."""

from typing import Annotated

import typer

from openbunker.core.times import iso
from openbunker.manage import projects
from openbunker.manage.model import Project
from openbunker.manage.office import Office
from openbunker.manage.routes import projects as project_routes
from openbunker.manage.routes.route import checked
from openbunker_local.cli.tenants import account_of, office
from openbunker_local.cli.terminal import tables
from openbunker_local.cli.terminal.asking import confirmed
from openbunker_local.cli.terminal.options import (
    DEFAULT_DATA,
    DEFAULT_LIMIT,
    AccountOption,
    DataOption,
    JsonOption,
    LimitOption,
    OverlapOption,
    StackOption,
    YesOption,
)
from openbunker_local.cli.terminal.program import typed

app = typer.Typer(
    help="Projects: what keys and events belong to.", no_args_is_help=True, rich_markup_mode=None
)
COLUMNS = ("project_id", "name", "status", "keys", "account_id")
ProjectArgument = Annotated[str, typer.Argument(help="Project id.")]


@app.command(name="list")
def list_(
    *,
    account: Annotated[str, typer.Option("--account", help="Only of this account.")] = "",
    limit: LimitOption = DEFAULT_LIMIT,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """List projects, account by account, newest first."""
    with office(data, stack) as opened:
        found = _all(opened, account, limit + 1)
    rows = [project_routes.told(one) for one in found[:limit]]
    if as_json:
        tables.show_json({"projects": rows, "more": len(found) > limit})
        return
    tables.show(rows, COLUMNS, f"There is no project yet: `{typed()} projects create`.", ("name",))
    if len(found) > limit:
        typer.secho("There are more: --limit shows them, --account fewer.", err=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="For people.")],
    *,
    description: Annotated[str, typer.Option(help="For people.")] = "",
    account: AccountOption = "",
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make a project and print its master key, once. The first one brings its account."""
    with office(data, stack) as opened:
        _named(name=name, description=description)
        master = ""
        if not account and not projects.accounts(opened, 1).things:
            made_account, master = projects.open_account(opened, name)
            account = made_account.account_id
        account_id = account_of(opened, data, stack, account)
        made, text = projects.create(opened, account_id, name, description)
    told = {"account_id": account_id, "project_id": made.project_id}
    if master:
        told["account_master_api_key"] = master
    told |= {"master_api_key": text, "status": made.status}
    tables.show_secret(told, as_json=as_json)


@app.command()
def update(
    project_id: ProjectArgument,
    *,
    name: Annotated[str | None, typer.Option(help="For people.")] = None,
    description: Annotated[str | None, typer.Option(help="For people.")] = None,
    dedupe_scopes: Annotated[
        str | None,
        typer.Option(help="separate: ids of public keys are not those of secret ones; or shared."),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """Change what people know of a project, or whether its keys share one dedupe scope."""
    with office(data, stack) as opened:
        owner = projects.account_id_of(opened, project_id)
        changes = {"name": name, "description": description, "dedupe_scopes": dedupe_scopes}
        _named(**changes)
        _show(projects.update(opened, owner, project_id, **changes), as_json=as_json)


@app.command()
def reset(
    project_id: ProjectArgument,
    *,
    overlap: OverlapOption = 0,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print a new master key of a project, once; the old one ends."""
    with office(data, stack) as opened:
        owner = projects.account_id_of(opened, project_id)
        name = projects.project(opened, owner, project_id).name
        confirmed(f"End the master key of {name} ({project_id})?", yes=yes)
        text, ends_ms = projects.reset(opened, owner, project_id, overlap)
    told = {"project_id": project_id, "old_key_until": iso(ends_ms), "master_api_key": text}
    tables.show_secret(told, as_json=as_json)


@app.command()
def delete(
    project_id: ProjectArgument,
    *,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Stop all keys of a project; `restore` undoes it for 30 days."""
    with office(data, stack) as opened:
        owner = projects.account_id_of(opened, project_id)
        found = projects.project(opened, owner, project_id)
        stopped = tables.count(found.keys, "key")
        confirmed(f"Stop {stopped} of {found.name} ({project_id})?", yes=yes)
        _show(projects.delete(opened, owner, project_id), as_json=as_json)


@app.command()
def restore(
    project_id: ProjectArgument,
    *,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take the deletion of a project back."""
    with office(data, stack) as opened:
        owner = projects.account_id_of(opened, project_id)
        _show(projects.restore(opened, owner, project_id), as_json=as_json)


def _named(**changes: str | None) -> None:
    """Raise RequestRefused for what the routes would not take as a name or a description."""
    checked(changes, project_routes.Update)


def _all(opened: Office, account: str, limit: int) -> list[Project]:
    """Return at most so many projects, read page by page."""
    found: list[Project] = []
    if account:
        return list(projects.listed(opened, account, limit).things)
    cursor: str | None = None
    while True:
        page = projects.accounts(opened, DEFAULT_LIMIT, cursor)
        for one in page.things:
            found += projects.listed(opened, one.account_id, limit - len(found)).things
            if len(found) >= limit:
                return found
        cursor = page.cursor
        if cursor is None:
            return found


def _show(project: Project, *, as_json: bool) -> None:
    told = project_routes.told(project)
    if as_json:
        tables.show_json(told)
    else:
        tables.show_one(told)
