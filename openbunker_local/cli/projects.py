"""`openbunker projects`: list, create, update, reset, delete, restore."""

from typing import Annotated

import typer

from openbunker.core.times import iso
from openbunker.manage import projects
from openbunker.manage.model import Project
from openbunker.manage.office import Office
from openbunker.manage.routes import projects as project_routes
from openbunker.manage.routes.route import checked
from openbunker_local.cli import shared
from openbunker_local.cli.printable import printable
from openbunker_local.cli.shared import (
    DEFAULT_DATA,
    AccountOption,
    DataOption,
    JsonOption,
    StackOption,
    YesOption,
)

app = typer.Typer(help="Projects: what keys and events belong to.", no_args_is_help=True)
COLUMNS = ("project_id", "name", "status", "keys", "account_id")
ProjectArgument = Annotated[str, typer.Argument(help="Project id.")]


@app.command(name="list")
def list_(
    *,
    account: Annotated[str, typer.Option(help="Only of this account.")] = "",
    limit: shared.LimitOption = shared.DEFAULT_LIMIT,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """List projects, account by account, newest first."""
    with shared.office(data, stack) as office:
        found = _all(office, account, limit + 1)
    rows = [project_routes.told(one) for one in found[:limit]]
    if as_json:
        shared.show_json({"projects": rows, "more": len(found) > limit})
        return
    shared.show(rows, COLUMNS, "There is no project yet: `openbunker projects create`.")
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
    with shared.office(data, stack) as office:
        _named(name=name, description=description)
        opened = ""
        if not account and not projects.accounts(office, 1).things:
            made_account, opened = projects.open_account(office, name)
            account = made_account.account_id
        account_id = shared.account_of(office, data, stack, account)
        made, text = projects.create(office, account_id, name, description)
    told = {"account_id": account_id, "project_id": made.project_id}
    if opened:
        told["account_master_api_key"] = opened
    told |= {"master_api_key": text, "status": made.status}
    shared.show_secret(told, as_json=as_json)


@app.command()
def update(
    project_id: ProjectArgument,
    *,
    name: Annotated[str | None, typer.Option(help="For people.")] = None,
    description: Annotated[str | None, typer.Option(help="For people.")] = None,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """Change what people know of a project."""
    with shared.office(data, stack) as office:
        owner = projects.account_id_of(office, project_id)
        changes = {"name": name, "description": description}
        _named(**changes)
        _show(projects.update(office, owner, project_id, **changes), as_json=as_json)


@app.command()
def reset(
    project_id: ProjectArgument,
    *,
    overlap: shared.OverlapOption = 0,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print a new master key of a project, once; the old one ends."""
    shared.confirmed(f"End the master key of {project_id}?", yes=yes)
    with shared.office(data, stack) as office:
        owner = projects.account_id_of(office, project_id)
        text, ends_ms = projects.reset(office, owner, project_id, overlap)
    told = {"project_id": project_id, "old_key_until": iso(ends_ms), "master_api_key": text}
    shared.show_secret(told, as_json=as_json)


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
    with shared.office(data, stack) as office:
        owner = projects.account_id_of(office, project_id)
        found = projects.project(office, owner, project_id)
        question = f"Stop the {found.keys} keys of {printable(found.name)} ({project_id})?"
        shared.confirmed(question, yes=yes)
        _show(projects.delete(office, owner, project_id), as_json=as_json)


@app.command()
def restore(
    project_id: ProjectArgument,
    *,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take the deletion of a project back."""
    with shared.office(data, stack) as office:
        owner = projects.account_id_of(office, project_id)
        _show(projects.restore(office, owner, project_id), as_json=as_json)


def _named(**changes: str | None) -> None:
    """Raise RequestRefused for what the routes would not take as a name or a description."""
    checked(changes, project_routes.Update)


def _all(office: Office, account: str, limit: int) -> list[Project]:
    """Return at most so many projects, read page by page."""
    found: list[Project] = []
    if account:
        return list(projects.listed(office, account, limit).things)
    cursor: str | None = None
    while True:
        page = projects.accounts(office, shared.DEFAULT_LIMIT, cursor)
        for one in page.things:
            found += projects.listed(office, one.account_id, limit - len(found)).things
            if len(found) >= limit:
                return found
        cursor = page.cursor
        if cursor is None:
            return found


def _show(project: Project, *, as_json: bool) -> None:
    told = project_routes.told(project)
    if as_json:
        shared.show_json(told)
    else:
        shared.show_one(told)
