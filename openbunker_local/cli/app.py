"""The command line: `openbunker run`, `openbunker demo`. Says what to do next when it cannot."""

import errno
import json
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.panel import Panel

from openbunker.core.errors import KeyStoreUnavailable
from openbunker.usage.model import UsageUnavailable
from openbunker_local import demo as demos
from openbunker_local.cli import accounts as cli_accounts
from openbunker_local.cli import keys as cli_keys
from openbunker_local.cli import projects as cli_projects
from openbunker_local.cli import refused as cli_refused
from openbunker_local.cli import usage as cli_usage
from openbunker_local.cli.audit import audit
from openbunker_local.cli.compact import compact
from openbunker_local.cli.curls import curls
from openbunker_local.cli.export import export
from openbunker_local.cli.reconcile import reconcile
from openbunker_local.demo import Demo
from openbunker_local.server import routes
from openbunker_local.stream.disk import FolderInUse

if TYPE_CHECKING:
    from socket import socket

    from bench.chaos.faults.injection import Injection

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
DEFAULT_DATA = Path(".openbunker")
COMPACT_SECONDS = 60.0

app = typer.Typer(
    help="A self-hosted event collector that speaks several vendors' wire formats.",
    no_args_is_help=True,
    add_completion=False,
)
app.command()(reconcile)
app.command()(compact)
app.command()(export)
app.command()(cli_usage.usage)
app.command()(cli_usage.limits)
app.add_typer(cli_refused.app, name="refused")
app.add_typer(cli_accounts.app, name="accounts")
app.add_typer(cli_projects.app, name="projects")
app.add_typer(cli_keys.app, name="keys")
app.command()(audit)
CountOption = Annotated[
    float, typer.Option(min=0.05, help="How often usage is counted for quotas.")
]
DataOption = Annotated[Path, typer.Option(help="Folder of events and keys.")]


@app.command()
def run(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes a free one.")
    ] = 3000,
    data: DataOption = DEFAULT_DATA,
    log: Annotated[bool, typer.Option(help="Print one JSON line per request.")] = False,
    compact: Annotated[
        bool, typer.Option(help="Compact what was delivered, in the background.")
    ] = True,
    compact_interval: Annotated[
        float, typer.Option(min=0.05, help="Seconds from one compaction to the next.")
    ] = COMPACT_SECONDS,
    faults: Annotated[
        Path | None, typer.Option(help="TOML table of faults to inject; for tests only.")
    ] = None,
    count_seconds: CountOption = 60.0,
) -> None:
    """Run the whole collector on this machine until Ctrl-C or SIGTERM."""
    from openbunker_local import runtime  # noqa: PLC0415  # --help stays fast
    from openbunker_local.server import server  # noqa: PLC0415  # --help stays fast

    console = Console()
    injection = read_faults(faults) if faults else None
    listener, url = listen(host, port)
    told = print_line if log else print_unexpected
    try:
        pace = runtime.Pace(compact_interval if compact else None, count_seconds)
        with runtime.running(data, url, told, injection, pace) as parts:
            app_ = server.App(routes.load(TEMPLATE), parts.health)
            server.serve(app_, listener, lambda: announce(console, parts.demo, data, parts.fresh))
    except FolderInUse as error:
        stop(f"{error}. End it, or give this one a folder of its own: DATA=….")
    except (OSError, KeyStoreUnavailable, UsageUnavailable) as error:
        stop(f"Cannot use the data folder {data}: {error}")
    if injection:
        # Plain and alone on its line: scripts read it.
        print(f"faults struck: {json.dumps(injection.struck())}")  # noqa: T201
    console.print("drained, bye")


@app.command()
def demo(
    data: DataOption = DEFAULT_DATA,
    export: Annotated[bool, typer.Option(help="Print shell variables instead.")] = False,
) -> None:
    """Show the demo project's curls again, or its keys as shell variables."""
    project = demos.load(data)
    if project is None:
        stop(f"There is no {data / demos.FILE} yet. `make run` makes it.")
    if export:
        for name, value in asdict(project).items():
            typer.echo(f"export {name.upper()}={shlex.quote(value)}")
    else:
        show(Console(), project)


def listen(host: str, port: int) -> "tuple[socket, str]":
    """Return a socket that is bound, and the address at which it will be reached."""
    from openbunker_local.server import server  # noqa: PLC0415

    try:
        listener = server.bind(host, port)
    except OSError as error:
        hint = f" Try PORT={port + 1}." if error.errno == errno.EADDRINUSE else ""
        stop(f"Cannot listen on {host}:{port}: {error.strerror}.{hint}")
    name = f"[{host}]" if ":" in host else host
    return listener, f"http://{name}:{listener.getsockname()[1]}"


def announce(console: Console, project: Demo, data: Path, fresh: bool) -> None:
    """Say where openbunker listens, and on a new data folder what to try."""
    if fresh:
        show(console, project)
    console.print(f"Demo keys: {data / demos.FILE}; `openbunker demo` shows the curls again.")
    # Plain and alone on its line: scripts wait for it.
    print(f"openbunker listening on {project.base_url}", flush=True)  # noqa: T201


def show(console: Console, project: Demo) -> None:
    """Print the curls so that they can be selected and pasted."""
    for title, command in curls(project).items():
        console.print(Panel.fit(title, border_style="cyan"))
        print(command + "\n")  # noqa: T201  # rich would wrap it


def read_faults(file: Path) -> "Injection":
    """Return the faults of a table, ready to strike, and say loudly that there are some."""
    from bench.chaos.faults.injection import Injection  # noqa: PLC0415
    from bench.chaos.faults.table import InvalidFaults, load  # noqa: PLC0415  # most runs have none

    try:
        table = load(file)
    except InvalidFaults as error:
        stop(f"Cannot use the faults of {error}")
    text = "\n".join(f"{fault.name} ({fault.kind})" for fault in table.fault)
    title = f"FAULTS ARE INJECTED: things fail on purpose (seed {table.seed})"
    Console(stderr=True).print(Panel.fit(text, title=title, border_style="bold red"))
    return Injection(table, time.sleep)


def print_line(line: Mapping[str, Any]) -> None:
    """Write a request's line to standard error."""
    typer.echo(json.dumps(line), err=True)


def print_unexpected(line: Mapping[str, Any]) -> None:
    """Write only what an operator has to know of."""
    if line.get("unexpected"):
        print_line(line)


def stop(message: str) -> NoReturn:
    """End with an error that says what to do next."""
    typer.secho(message, fg="red", err=True)
    sys.exit(1)
