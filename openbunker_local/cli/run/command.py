"""`openbunker run`: the whole collector on this machine, until Ctrl-C or SIGTERM.

Parses options, binds the socket and says where it listens; the parts are `runtime`'s.
"""

import errno
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from socket import socket
from typing import Annotated, Any

import typer
from rich.console import Console

from openbunker.core.errors import KeyStoreUnavailable
from openbunker.usage.model import UsageUnavailable
from openbunker_local import demo as demos
from openbunker_local.cli.demo import show
from openbunker_local.cli.run import options
from openbunker_local.cli.shared import DEFAULT_DATA, stop
from openbunker_local.demo import Demo
from openbunker_local.server.limits import KIB, MIB, FrontLimits
from openbunker_local.stream.disk import FolderInUse
from openbunker_local.stream.parts import Parts, RealParts

REAL = RealParts()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: the address, the folder, what is told, and how often it is worked on.

    `compact_seconds` is None where nothing is compacted in the background.
    """

    host: str = "127.0.0.1"
    port: int = 3000
    data: Path = DEFAULT_DATA
    log: bool = False
    compact_seconds: float | None = 60.0
    count_seconds: float = 60.0
    front: FrontLimits = field(default_factory=FrontLimits)


PLAIN = Wanted()
FRONT = PLAIN.front
CountOption = Annotated[
    float, typer.Option(min=0.05, help="How often usage is counted for quotas.")
]
DataOption = Annotated[Path, typer.Option(help="Folder of events and keys.")]


def run(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = PLAIN.host,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes a free one.")
    ] = PLAIN.port,
    data: DataOption = PLAIN.data,
    log: Annotated[bool, typer.Option(help="Print one JSON line per request.")] = PLAIN.log,
    compact: Annotated[
        bool, typer.Option(help="Compact what was delivered, in the background.")
    ] = True,
    compact_interval: Annotated[
        float, typer.Option(min=0.05, help="Seconds from one compaction to the next.")
    ] = 60.0,
    count_seconds: CountOption = PLAIN.count_seconds,
    connections: options.Connections = FRONT.connections,
    held_mib: options.HeldMib = FRONT.held_bytes // MIB,
    header_kib: options.HeaderKib = FRONT.header_bytes // KIB,
    headers: options.Headers = FRONT.headers,
    header_seconds: options.HeaderSeconds = FRONT.header_seconds,
    body_seconds: options.BodySeconds = FRONT.body_seconds,
    idle_seconds: options.IdleSeconds = FRONT.idle_seconds,
) -> None:
    """Run the whole collector on this machine until Ctrl-C or SIGTERM."""
    interval = compact_interval if compact else None
    front = FrontLimits(
        connections=connections,
        held_bytes=held_mib * MIB,
        header_bytes=header_kib * KIB,
        headers=headers,
        header_seconds=header_seconds,
        body_seconds=body_seconds,
        idle_seconds=idle_seconds,
    )
    serve(Wanted(host, port, data, log, interval, count_seconds, front))


def serve(wanted: Wanted, parts: Parts = REAL) -> None:
    """Serve as wanted until Ctrl-C or SIGTERM, then drain and say so."""
    from openbunker_local import runtime  # noqa: PLC0415  # --help stays fast
    from openbunker_local.server import deployed, routes, server  # noqa: PLC0415  # --help stays fast

    data = wanted.data
    try:
        server.allow_files(wanted.front.connections)
    except OSError as error:
        hint = "Raise `ulimit -n`, or say --connections."
        stop(f"Cannot serve {wanted.front.connections} connections: {error.strerror}. {hint}")
    listener, url = listen(wanted.host, wanted.port)
    told = print_line if wanted.log else print_unexpected
    pace = runtime.Pace(wanted.compact_seconds, wanted.count_seconds)
    try:
        with runtime.running(data, url, told, pace, parts) as running:
            app = server.App(routes.load(deployed.TEMPLATE), running.health)
            heard = partial(announce, running.demo, data, running.fresh)
            server.serve(app, listener, heard, wanted.front)
    except FolderInUse as error:
        stop(f"{error}. End it, or give this one a folder of its own: DATA=….")
    except (OSError, KeyStoreUnavailable, UsageUnavailable) as error:
        stop(f"Cannot use the data folder {data}: {error}")
    typer.echo("drained, bye")


def listen(host: str, port: int) -> tuple[socket, str]:
    """Return a socket that is bound, and the address at which it will be reached."""
    from openbunker_local.server import server  # noqa: PLC0415

    try:
        listener = server.bind(host, port)
    except OSError as error:
        hint = f" Try PORT={port + 1}." if error.errno == errno.EADDRINUSE else ""
        stop(f"Cannot listen on {host}:{port}: {error.strerror}.{hint}")
    name = f"[{host}]" if ":" in host else host
    return listener, f"http://{name}:{listener.getsockname()[1]}"


def announce(project: Demo, data: Path, fresh: bool) -> None:
    """Say where openbunker listens, and on a new data folder what to try."""
    console = Console()
    if fresh:
        show(console, project)
    console.print(f"Demo keys: {data / demos.FILE}; `openbunker demo` shows the curls again.")
    # Plain and alone on its line: scripts wait for it.
    print(f"openbunker listening on {project.base_url}", flush=True)  # noqa: T201


def print_line(line: Mapping[str, Any]) -> None:
    """Write a request's line to standard error."""
    typer.echo(json.dumps(line), err=True)


def print_unexpected(line: Mapping[str, Any]) -> None:
    """Write only what an operator has to know of."""
    if line.get("unexpected"):
        print_line(line)
