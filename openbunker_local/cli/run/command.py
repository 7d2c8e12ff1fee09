"""`openbunker run`: the whole collector on this machine, until Ctrl-C or SIGTERM.

Parses options, binds the socket and says where it listens; the parts are `runtime`'s.
"""

import errno
import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from socket import socket
from typing import Annotated, Any

import typer

from openbunker.core.layout import day
from openbunker.wiring.system import now_ms
from openbunker_local import demo as demos
from openbunker_local import runtime
from openbunker_local.cli.demo import show
from openbunker_local.cli.run import options, twin
from openbunker_local.cli.terminal.exits import Misused, cannot
from openbunker_local.cli.terminal.options import DEFAULT_DATA, DataOption
from openbunker_local.cli.terminal.program import typed
from openbunker_local.demo import Demo
from openbunker_local.server import deployed, routes, server
from openbunker_local.server.limits import KIB, MIB, FrontLimits
from openbunker_local.server.proxies import NOBODY, Proxies
from openbunker_local.sqlite.refused_place import Kept
from openbunker_local.stream.disk import FolderInUse
from openbunker_local.stream.folder import FolderNewer
from openbunker_local.stream.parts import Parts, RealParts
from openbunker_local.workers.crew import LEAST_BYTES, Crew, for_cores
from openbunker_local.workers.worker import Terms

REAL = RealParts()
MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: the address, the folder, what is told, and how often it is worked on.

    `compact_seconds` is None where nothing is compacted in the background. Requests of
    `worker_bytes` and more are the workers'.
    """

    host: str = "127.0.0.1"
    port: int = 3000
    data: Path = DEFAULT_DATA
    log: bool = False
    compact_seconds: float | None = 60.0
    count_seconds: float = 60.0
    refused_days: int = 90
    refused_mib: int = 512
    front: FrontLimits = field(default_factory=FrontLimits)
    proxies: Proxies = NOBODY
    demo: bool = True
    question_processes: int = 2
    workers: int = for_cores()
    worker_bytes: int = LEAST_BYTES


PLAIN = Wanted()
FRONT = PLAIN.front
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[
    int, typer.Option(min=0, max=MAX_PORT, help="Port to listen on; 0 takes a free one.")
]
Log = Annotated[bool, typer.Option(help="Print one JSON line per request.")]
Compact = Annotated[bool, typer.Option(help="Compact what was delivered, in the background.")]
CompactInterval = Annotated[
    float, typer.Option(min=0.05, help="Seconds from one compaction to the next.")
]
CountOption = Annotated[
    float, typer.Option(min=0.05, help="How often usage is counted for quotas.")
]


def run(
    *,
    host: Host = PLAIN.host,
    port: Port = PLAIN.port,
    data: DataOption = PLAIN.data,
    log: Log = PLAIN.log,
    compact: Compact = True,
    compact_interval: CompactInterval = 60.0,
    count_seconds: CountOption = PLAIN.count_seconds,
    refused_days: options.RefusedDays = PLAIN.refused_days,
    refused_mib: options.RefusedMib = PLAIN.refused_mib,
    connections: options.Connections = FRONT.connections,
    held_mib: options.HeldMib = FRONT.held_bytes // MIB,
    header_kib: options.HeaderKib = FRONT.header_bytes // KIB,
    headers: options.Headers = FRONT.headers,
    header_seconds: options.HeaderSeconds = FRONT.header_seconds,
    body_seconds: options.BodySeconds = FRONT.body_seconds,
    idle_seconds: options.IdleSeconds = FRONT.idle_seconds,
    trusted_proxy: options.TrustedProxy = None,
    country_header: options.CountryHeader = PLAIN.proxies.country_header,
    demo: options.Demo = PLAIN.demo,
    question_processes: options.QuestionProcesses = PLAIN.question_processes,
    workers: options.Workers = PLAIN.workers,
    testing: twin.Testing = False,
    keys: twin.Keys = None,
    clock: twin.Clock = "",
    until_eof: twin.UntilEof = False,
    config: options.Config = None,  # noqa: ARG001  # its callback has read it
) -> None:
    """Run the whole collector on this machine until Ctrl-C or SIGTERM."""
    seconds = (header_seconds, body_seconds, idle_seconds)
    front = _front((connections, headers), header_kib * KIB, held_mib * MIB, seconds)
    proxies = _proxies(trusted_proxy or (), country_header)
    typed_twin = twin.Typed(testing, keys, clock, until_eof).held()
    if testing:
        twin.serve(typed_twin, data, (front, proxies), partial(listen, host, port), printing(log))
        return
    kept, every = (refused_days, refused_mib), compact_interval if compact else None
    wanted = Wanted(host, port, data, log, every, count_seconds, *kept, front, proxies, demo)
    serve(replace(wanted, question_processes=question_processes, workers=workers))


def _front(
    counts: tuple[int, int], header_bytes: int, held_bytes: int, seconds: tuple[float, float, float]
) -> FrontLimits:
    connections, headers = counts
    header_seconds, body_seconds, idle_seconds = seconds
    return FrontLimits(
        connections=connections,
        held_bytes=held_bytes,
        header_bytes=header_bytes,
        headers=headers,
        header_seconds=header_seconds,
        body_seconds=body_seconds,
        idle_seconds=idle_seconds,
    )


def _proxies(networks: Sequence[str], country_header: str) -> Proxies:
    try:
        return Proxies.of(networks, country_header)
    except ValueError as error:
        raise Misused(f"--trusted-proxy: {error}.") from error


def serve(wanted: Wanted, parts: Parts = REAL) -> None:
    """Serve as wanted until Ctrl-C or SIGTERM, then drain and say so."""
    data = wanted.data
    try:
        server.allow_files(wanted.front.connections)
    except OSError as error:
        hint = "Raise `ulimit -n`, or say --connections."
        cannot(f"Cannot serve {wanted.front.connections} connections: {error.strerror}. {hint}")
    listener, url = listen(wanted.host, wanted.port)
    told = printing(wanted.log)
    kept = Kept(wanted.refused_days, wanted.refused_mib * MIB)
    seconds = (wanted.compact_seconds, wanted.count_seconds)
    pace = runtime.Pace(*seconds, kept, wanted.demo, wanted.question_processes)
    try:
        with runtime.running(data, url, told, pace, parts) as running:
            crew = Crew(
                running.desk, Terms(data, wanted.workers, wanted.worker_bytes, wanted.log, told)
            )
            app = server.App(
                routes.load(deployed.TEMPLATE, crew.loaded),
                running.health,
                running.why_not_ready,
                wanted.proxies,
                at_drain=running.drain,
                at_start=crew.start,
                at_end=crew.stop,
                stages=lambda: running.stages,
                underway=running.underway,
                takes_large=crew.is_ready,
            )
            heard = partial(announce, running, wanted, url)
            server.serve(app, listener, heard, wanted.front)
    except FolderInUse as error:
        cannot(f"{error}. End it, or name another folder: --data other (make run: DATA=other).")
    except FolderNewer as error:
        cannot(f"{error}.")
    except OSError as error:
        cannot(f"The data folder {data} cannot be used: {error}")
    typer.echo("drained, bye")


def listen(host: str, port: int) -> tuple[socket, str]:
    """Return a socket that is bound, and the address at which it will be reached."""
    try:
        listener = server.bind(host, port)
    except OSError as error:
        other = port + 1 if port < MAX_PORT else 0
        hint = f" Try --port {other} (make run: PORT={other})."
        hint = hint if error.errno == errno.EADDRINUSE else ""
        cannot(f"Cannot listen on {host}:{port}: {error.strerror}.{hint}")
    name = f"[{host}]" if ":" in host else host
    return listener, f"http://{name}:{listener.getsockname()[1]}"


def announce(running: runtime.Runtime, wanted: Wanted, url: str) -> None:
    """Say where openbunker listens, and on a new data folder what to try."""
    if running.made:
        _tell_demo(running.made, wanted.data, running.fresh, url)
    typer.echo(kept_for(wanted.refused_days, running.refused_over_ms, now_ms()))
    # Plain and alone on its line: scripts wait for it.
    typer.echo(f"openbunker listening on {url}")


def _tell_demo(demo: Demo, data: Path, fresh: bool, url: str) -> None:
    """Say where the demo's keys are. They are shown to a person alone: a log would keep them."""
    person = sys.stdout.isatty()
    if fresh and person:
        show(demo)
    again = "" if data == DEFAULT_DATA else f" --data {shlex.quote(str(data))}"
    typer.echo(f"Demo keys: {data / demos.FILE}; `{typed()} demo{again}` shows the curls.")
    if person:
        typer.echo(f"Console: {url}/#key={demo.query_key}")


def kept_for(days: int, over_ms: int | None, at_ms: int) -> str:
    """Say how long refused items stay, to whoever relied on their staying."""
    if over_ms is None:
        return "Refused items are kept until you delete them (--refused-days 0)."
    none_yet = f"; none is removed before {day(over_ms)}" if at_ms < over_ms else ""
    return f"Refused items are kept for {days} days{none_yet}."


def printing(everything: bool) -> Callable[[Mapping[str, Any]], None]:
    """Return what prints a request's line, or only what is unexpected."""
    return print_line if everything else print_unexpected


def print_line(line: Mapping[str, Any]) -> None:
    """Write a request's line to standard error."""
    typer.echo(json.dumps(line), err=True)


def print_unexpected(line: Mapping[str, Any]) -> None:
    """Write only what an operator has to know of."""
    if line.get("unexpected"):
        print_line(line)
