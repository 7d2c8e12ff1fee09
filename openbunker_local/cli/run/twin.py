"""`openbunker run --testing`: what is typed for a twin. What a twin is, is `testing`'s."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Annotated, Any

import typer

from openbunker_local.cli.terminal.exits import Misused, cannot
from openbunker_local.cli.terminal.options import DEFAULT_DATA
from openbunker_local.cli.terminal.times import moment
from openbunker_local.server.limits import FrontLimits
from openbunker_local.server.proxies import Proxies
from openbunker_local.stream.disk import FolderInUse

PANEL = "A twin for tests"

Testing = Annotated[
    bool,
    typer.Option(
        "--testing",
        help="Be a twin for other programs' tests: fixed keys, /v1/test/…, nothing is kept.",
        rich_help_panel=PANEL,
    ),
]
Keys = Annotated[
    Path | None, typer.Option(help="TOML file of a twin's keys.", rich_help_panel=PANEL)
]
Clock = Annotated[str, typer.Option(help="Time that a twin begins at.", rich_help_panel=PANEL)]
UntilEof = Annotated[
    bool,
    typer.Option("--until-eof", help="End a twin with its standard input.", rich_help_panel=PANEL),
]


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed for a twin."""

    testing: bool
    keys: Path | None
    clock: str
    until_eof: bool

    def held(self) -> "Typed":
        """Return it. Raises Misused for a server that is no twin, or without what they need."""
        if not self.testing and (self.keys or self.clock or self.until_eof):
            raise Misused("--keys, --clock and --until-eof are for --testing.")
        # Its number would be the listener's, and a thread would read from that.
        if self.until_eof and sys.stdin is None:
            raise Misused("--until-eof: the standard input is closed.")
        return self


def serve(
    typed: Typed,
    data: Path,
    front: tuple[FrontLimits, Proxies],
    listen: Callable[[], tuple[socket, str]],
    log: Callable[[Mapping[str, Any]], None],
) -> None:
    """Be a twin until Ctrl-C or SIGTERM."""
    from openbunker_local.testing import twin  # noqa: PLC0415  # no server of events has it loaded
    from openbunker_local.testing.clock import ClockRefused  # noqa: PLC0415
    from openbunker_local.testing.keys import KeysRefused  # noqa: PLC0415
    from openbunker_local.testing.place import NotATwin  # noqa: PLC0415

    wished = twin.Wished(
        None if data == DEFAULT_DATA else data,
        typed.keys,
        moment(typed.clock, "--clock") if typed.clock else None,
        typed.until_eof,
        *front,
    )
    listener, url = listen()
    try:
        twin.serve(wished, listener, url, log, typer.echo)
    except KeysRefused as error:
        raise Misused(f"--keys: {error}") from error
    except ClockRefused as error:
        raise Misused(f"--clock: {error}.") from error
    except NotATwin as error:
        raise Misused(f"--data: {error}.") from error
    except FolderInUse as error:
        cannot(f"{error}.")
