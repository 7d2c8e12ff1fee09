"""`openbunker doctor URL`: is a running collector well, as its clients meet it?

Parses options and prints; what is tried and what it means is `openbunker_local.doctor`'s.
"""

import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from openbunker_local import demo as demos
from openbunker_local.cli.tenants import existing
from openbunker_local.cli.terminal import tables
from openbunker_local.cli.terminal.exits import Code, Misused, cannot
from openbunker_local.cli.terminal.options import DEFAULT_DATA, DataOption, JsonOption
from openbunker_local.cli.terminal.program import typed
from openbunker_local.doctor.calls import Server, Unreachable
from openbunker_local.doctor.checks import Doctor
from openbunker_local.doctor.verdicts import Found, State

SIGNS = {State.OK: ("✓", "green"), State.FAILED: ("✗", "red"), State.SKIPPED: ("·", "yellow")}
HELP_URL = "Where it listens; of a data folder's demo when left out."
HELP_WRITE = "A WRITE key, in whose project an event a dialect is stored."
HELP_QUERY = "A QUERY key of the same project, to see the events arrive."


def doctor(
    url: Annotated[str, typer.Argument(help=HELP_URL)] = "",
    *,
    write_key: Annotated[
        str, typer.Option("--write-key", envvar="OPENBUNKER_WRITE_KEY", help=HELP_WRITE)
    ] = "",
    query_key: Annotated[
        str, typer.Option("--query-key", envvar="OPENBUNKER_QUERY_KEY", help=HELP_QUERY)
    ] = "",
    origin: Annotated[
        str, typer.Option("--origin", help="A page whose browser is to be let in.")
    ] = demos.SITE_ORIGIN,
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="Seconds that events may take to be visible.")
    ] = 60.0,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Try a running collector from outside: keys, each vendor's door, time until visible, CORS.

    Exit code 1 says that something is not well, 3 that nobody answers.
    """
    demo = None if url else demos.load(existing(data))
    if not url and demo is None:
        cannot(f"Name the address: {typed()} doctor https://events.example.com")
    write_key = write_key or (demo.write_key if demo else "")
    query_key = query_key or (demo.query_key if demo else "")
    if not write_key:
        raise Misused("Give a WRITE key: OPENBUNKER_WRITE_KEY=... or --write-key")
    if not _is_word(write_key + query_key + origin):
        raise Misused("Keys and origins are of printable ASCII, without blanks.")
    found = _examined(url or str(demo and demo.base_url), write_key, query_key, origin, wait,
                      shown=not as_json)  # fmt: skip
    failed = sum(one.state is State.FAILED for one in found)
    if as_json:
        tables.show_json({"well": not failed, "checks": [asdict(one) for one in found]})
    else:
        typer.echo(f"{tables.count(len(found), 'check')}, {failed} failed.")
    raise typer.Exit(Code.REFUSED if failed else Code.DONE)


def _is_word(text: str) -> bool:
    """Return whether a text can stand in a header and in an address."""
    return text.isascii() and text.isprintable() and " " not in text


def _examined(
    url: str, write_key: str, query_key: str, origin: str, wait: float, *, shown: bool
) -> Sequence[Found]:
    try:
        server = Server(url, time.monotonic)
    except ValueError as error:
        raise Misused(str(error)) from error
    means = Doctor(
        call=server.call,
        write_key=write_key,
        query_key=query_key,
        origin=origin,
        run=secrets.token_hex(8),
        wait=wait,
        now=time.time,
        monotonic=time.monotonic,
        sleep=time.sleep,
    )
    found: list[Found] = []
    try:
        for one in means.examine():
            found.append(one)
            if shown:
                _show(one)
    except Unreachable as error:
        cannot(f"Nobody answers at {url}: {error}")
    return found


def _show(one: Found) -> None:
    """Print a line as soon as it is known, and below it what to do."""
    sign, colour = SIGNS[one.state]
    ms = "" if one.ms is None else f"{one.ms:,.0f} ms"
    typer.secho(sign, fg=colour, nl=False)
    typer.echo(f" {one.check:10} {one.of:12} {ms:>9}  {tables.text(one.said)}".rstrip())
    if one.advice:
        typer.secho(f"  {tables.text(one.advice)}", fg=colour)
    sys.stdout.flush()
