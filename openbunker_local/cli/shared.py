"""What the commands about tenants share: where they work, what they print, when they ask back.

They work on a data folder, also beside a running server, or on a deployed stack.
"""

import getpass
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from openbunker.core.errors import InvalidSettings, RequestRefused
from openbunker.manage import projects
from openbunker.manage.office import Office
from openbunker.manage.store import TenantItems, TenantsUnavailable
from openbunker.wiring.office import office_over
from openbunker_local import demo as demos
from openbunker_local.cli.printable import printable
from openbunker_local.sqlite import desk as tenants

DEFAULT_DATA = Path(".openbunker")
DEFAULT_LIMIT, PIPED_WIDTH = 100, 160
DataOption = Annotated[Path, typer.Option(help="Data folder of one machine.")]
StackOption = Annotated[str, typer.Option(help="A deployed stack, in place of a data folder.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask back.")]
LimitOption = Annotated[int, typer.Option(min=1, help="How many to show.")]
AccountOption = Annotated[str, typer.Option(help="Account id; needed when there are several.")]
ProjectOption = Annotated[str, typer.Option(help="Project id; the demo's when left out.")]
OverlapOption = Annotated[
    int, typer.Option(min=0, max=30 * 86_400, help="Seconds for which the old key still works.")
]
SHOWN_ONCE = "This key is shown once; keep it now."


@contextmanager
def office(data: Path, stack: str) -> Iterator[Office]:
    """Open the tenants of a folder or a stack; what goes wrong inside ends the command."""
    try:
        with _items(data, stack) as items:
            yield office_over(items, f"cli:{getpass.getuser()}")
    except RequestRefused as refused:
        stop(refused.message)
    except (TenantsUnavailable, InvalidSettings) as error:
        stop(f"Nothing was done: {error}")


@contextmanager
def _items(data: Path, stack: str) -> Iterator[TenantItems]:
    if stack:
        from openbunker_local.stack import tenants as operating  # noqa: PLC0415  # needs boto3

        try:
            yield operating.tenants_of(stack)
        except ImportError:
            stop("--stack needs boto3: pip install 'openbunker[aws]'")
        return
    from openbunker_local.sqlite.tenants import SqliteTenants  # noqa: PLC0415

    if not data.is_dir():
        stop(f"There is no folder {data}. `openbunker run` makes one; --data names another.")
    with closing(SqliteTenants(data / tenants.FILE)) as items:
        yield items


def account_of(office: Office, data: Path, stack: str, named: str) -> str:
    """Return the account that is meant: the named one, the demo's, or the only one."""
    demo = None if stack else demos.load(data)
    found = projects.accounts(office, 2).things
    if named or (demo and len(found) > 1):
        return projects.account(office, named or (demo.account_id if demo else "")).account_id
    if not found:
        stop("There is no account yet: `openbunker accounts create`.")
    if len(found) > 1:
        stop("There are several accounts: name one with --account (`openbunker accounts list`).")
    return found[0].account_id


def project_of(office: Office, data: Path, stack: str, named: str) -> tuple[str, str]:
    """Return account and id of the project that is meant: the named one, or the demo's."""
    demo = None if stack or named else demos.load(data)
    if not named and demo is None:
        stop("Name the project with --project (`openbunker projects list`).")
    project_id = named or (demo.project_id if demo else "")
    return projects.account_id_of(office, project_id), project_id


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], nothing: str) -> None:
    """Print a table of some members of each row; ids are never cut, they are there to be copied."""
    table = Table()
    texts = [[_text(row.get(column)) for column in columns] for row in rows]
    for number, column in enumerate(columns):
        whole = max((len(row[number]) for row in texts), default=0) if _is_id(column) else None
        table.add_column(column, min_width=whole, no_wrap=bool(whole), overflow="fold")
    for row in texts:
        table.add_row(*row)
    _console().print(table if rows else nothing, markup=False)


def show_one(told: Mapping[str, Any]) -> None:
    """Print what is told of one thing, a member a line."""
    width = max(map(len, told))
    for name, value in told.items():
        typer.echo(f"{name:{width}}  {_text(value)}")


def _is_id(column: str) -> bool:
    return column.endswith("_id") or column == "what"


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=PIPED_WIDTH)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return json.dumps(value) if isinstance(value, dict) else printable(str(value))


def show_json(value: Any) -> None:
    """Print JSON for programs."""
    typer.echo(json.dumps(value, indent=2))


def show_secret(told: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what is told of a new key, its text among it."""
    if as_json:
        show_json(told)
        return
    show_one(told)
    typer.secho(SHOWN_ONCE, fg="yellow", err=True)


def confirmed(question: str, *, yes: bool) -> None:
    """Go on only if told so, by --yes or by an answer."""
    if not yes:
        typer.confirm(question, abort=True, err=True)


def more(cursor: str | None) -> None:
    """Say how to go on where a listing does not end."""
    if cursor:
        typer.secho(f"There are more: --cursor {cursor}", err=True)


def stop(message: str) -> NoReturn:
    """End with an error that says what to do next."""
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)
