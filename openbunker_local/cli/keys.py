"""`openbunker keys`: list, create, update, rotate, disable, enable, delete."""

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from openbunker.core.times import iso
from openbunker.keys.model import KeyKind
from openbunker.manage import credentials
from openbunker.manage.credentials import Place
from openbunker.manage.model import Credential
from openbunker.manage.routes import key_bodies
from openbunker.manage.routes import keys as key_routes
from openbunker.manage.routes.route import checked
from openbunker.usage.model import UsageUnavailable
from openbunker.wiring import system
from openbunker_local.cli.tenants import office, project_of
from openbunker_local.cli.terminal import tables
from openbunker_local.cli.terminal.asking import confirmed
from openbunker_local.cli.terminal.exits import Misused
from openbunker_local.cli.terminal.options import (
    DEFAULT_DATA,
    DEFAULT_LIMIT,
    CursorOption,
    DataOption,
    JsonOption,
    LimitOption,
    OverlapOption,
    ProjectOption,
    StackOption,
    YesOption,
)
from openbunker_local.cli.terminal.program import typed
from openbunker_local.cli.terminal.times import moment
from openbunker_local.sqlite import usage as usage_sqlite

app = typer.Typer(help="Keys of a project.", no_args_is_help=True, rich_markup_mode=None)
COLUMNS = ("key_id", "type", "name", "status", "customer_identifier", "dialects", "last_used_at")
KeyArgument = Annotated[str, typer.Argument(help="Key id, not the key itself.")]
# Master keys are made by `projects create` and `reset`.
Kind = Literal["WRITE", "QUERY", "DELETE"]
NameOption = Annotated[str | None, typer.Option(help="For people.")]
CustomerOption = Annotated[str | None, typer.Option(help="Bind the key to one customer.")]
FilterOption = Annotated[
    list[str] | None, typer.Option("--filter", help="JSON of a filter; QUERY keys only.")
]
OriginOption = Annotated[list[str] | None, typer.Option("--origin", help="An allowed origin.")]
SiteOption = Annotated[list[str] | None, typer.Option("--site", help="A Tracify site id.")]
DialectOption = Annotated[list[str] | None, typer.Option("--dialect", help="Only this dialect.")]
StrictOption = Annotated[bool | None, typer.Option("--strict/--lenient", help="Validation mode.")]
ExpiresOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="It ends then; UTC unless it says.")
]


@app.command(name="list")
def list_(
    *,
    project: ProjectOption = "",
    limit: LimitOption = DEFAULT_LIMIT,
    cursor: CursorOption = "",
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """List the keys of a project, newest first."""
    with office(data, stack) as opened:
        place = Place(*project_of(opened, data, stack, project))
        page = credentials.listed(opened, place, limit, cursor or None)
    used = _last_used(data, stack, place.project_id)
    now_ms = system.now_ms()
    rows = [key_routes.told(one, now_ms, used.get(one.key.key_id)) for one in page.things]
    if as_json:
        tables.show_json({"keys": rows, "next_cursor": page.cursor})
        return
    nothing = f"The project has no key yet: `{typed()} keys create`."
    tables.show(rows, COLUMNS, nothing, free=("name", "customer_identifier", "dialects"))
    tables.more(page.cursor)


@app.command()
def create(
    *,
    kind: Annotated[Kind, typer.Option("--type", help="What it may do.")] = "WRITE",
    project: ProjectOption = "",
    name: NameOption = None,
    customer: CustomerOption = None,
    filters: FilterOption = None,
    origins: OriginOption = None,
    sites: SiteOption = None,
    dialects: DialectOption = None,
    strict: StrictOption = None,
    expires_at: ExpiresOption = None,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make a key and print it, once."""
    given = _given(
        name=name,
        customer=customer,
        filters=filters,
        origins=origins,
        sites=sites,
        dialects=dialects,
        strict=strict,
        expires_at=expires_at,
    )
    with office(data, stack) as opened:
        place = Place(*project_of(opened, data, stack, project))
        asked = checked({"type": kind, **given}, key_bodies.Create)
        scope = key_bodies.scope_of(asked, opened.now_ms())
        made, text = credentials.create(opened, place, KeyKind(kind), asked.name or "", scope)
    _show_new(made, text, as_json=as_json)


@app.command()
def update(
    key_id: KeyArgument,
    *,
    project: ProjectOption = "",
    name: NameOption = None,
    customer: CustomerOption = None,
    filters: FilterOption = None,
    origins: OriginOption = None,
    sites: SiteOption = None,
    dialects: DialectOption = None,
    strict: StrictOption = None,
    expires_at: ExpiresOption = None,
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """Change what is named, and leave the rest. Lists are replaced as a whole."""
    given = _given(
        name=name,
        customer=customer,
        filters=filters,
        origins=origins,
        sites=sites,
        dialects=dialects,
        strict=strict,
        expires_at=expires_at,
    )
    with office(data, stack) as opened:
        place = Place(*project_of(opened, data, stack, project))
        asked = checked({"key_id": key_id, **given}, key_bodies.Update)
        scope = key_bodies.scope_of(asked, opened.now_ms())
        _show(credentials.update(opened, place, key_id, scope, asked.name), as_json=as_json)


@app.command()
def rotate(
    key_id: KeyArgument,
    *,
    overlap: OverlapOption = 0,
    project: ProjectOption = "",
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print a new key of the same scope, once; the old one ends, now or after the overlap."""
    with office(data, stack) as opened:
        place = Place(*project_of(opened, data, stack, project))
        if not overlap:
            which = _named(credentials.find(opened, place, key_id))
            confirmed(f"End {which} within a minute? (--overlap lets it go on)", yes=yes)
        made, text, old = credentials.rotate(opened, place, key_id, overlap)
    if old and old.key.expires_ms:
        typer.secho(f"{key_id} works until {iso(old.key.expires_ms)}.", err=True)
    _show_new(made, text, as_json=as_json)


@app.command()
def disable(
    key_id: KeyArgument,
    *,
    project: ProjectOption = "",
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Stop a key within a minute; `enable` undoes it."""
    with office(data, stack) as opened:
        place = Place(*project_of(opened, data, stack, project))
        confirmed(f"Stop {_named(credentials.find(opened, place, key_id))}?", yes=yes)
        _show(credentials.switch(opened, place, key_id, on=False), as_json=as_json)


@app.command()
def enable(
    key_id: KeyArgument,
    *,
    project: ProjectOption = "",
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """Let a disabled key work again."""
    with office(data, stack) as opened:
        place = Place(*project_of(opened, data, stack, project))
        _show(credentials.switch(opened, place, key_id, on=True), as_json=as_json)


@app.command()
def delete(
    key_id: KeyArgument,
    *,
    project: ProjectOption = "",
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take a key away for ever, within a minute."""
    with office(data, stack) as opened:
        place = Place(*project_of(opened, data, stack, project))
        which = _named(credentials.find(opened, place, key_id))
        confirmed(f"Delete {which} for ever?", yes=yes)
        credentials.delete(opened, place, key_id)
    if as_json:
        tables.show_json({"key_id": key_id, "status": "DELETED"})
    else:
        typer.echo(f"{key_id} is deleted.")


def _named(found: Credential) -> str:
    """Return how a question names a key: its kind, its name and its id."""
    name = f"{found.name} " if found.name else ""
    return f"the {found.key.kind} key {name}({found.key.key_id})"


def _last_used(data: Path, stack: str, project_id: str) -> Mapping[str, int]:
    """Return when keys were last used, as far as a folder's counts tell it."""
    if stack or not (data / usage_sqlite.FILE).exists():
        return {}
    try:
        with closing(usage_sqlite.SqliteUsageStore(data)) as store:
            return store.last_used(project_id)
    except UsageUnavailable as error:
        typer.secho(f"When keys were last used cannot be told: {error}", fg="yellow", err=True)
        return {}


def _given(
    *,
    name: str | None,
    customer: str | None,
    filters: list[str] | None,
    origins: list[str] | None,
    sites: list[str] | None,
    dialects: list[str] | None,
    strict: bool | None,
    expires_at: str | None,
) -> dict[str, Any]:
    """Return what was given, as the body of a request has it."""
    try:
        parsed = [json.loads(text) for text in filters or []]
    except ValueError as error:
        raise Misused(f"--filter is JSON, such as {_FILTER}: {error}") from error
    found = {
        "name": name,
        "customer_identifier": customer,
        "key_filter_data": parsed,
        "allowed_origins": origins,
        "sites": sites,
        "dialects": dialects,
        "strict": strict,
        "expires_at": iso(moment(expires_at, "--expires-at")) if expires_at else None,
    }
    return {field: value for field, value in found.items() if value not in (None, [])}


_FILTER = '{"field_name": "plan", "op": "equals", "value": "pro"}'


def _show_new(made: Credential, text: str, *, as_json: bool) -> None:
    told = {"api_key": text, **key_routes.told(made, system.now_ms())}
    tables.show_secret(told, as_json=as_json)


def _show(credential: Credential, *, as_json: bool) -> None:
    told = key_routes.told(credential, system.now_ms())
    if as_json:
        tables.show_json(told)
    else:
        tables.show_one(told)
