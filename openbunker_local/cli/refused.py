"""`openbunker refused list` and `openbunker refused replay`: what was refused, and another try.

Reads the refused objects of a data folder, whether a server runs on it or not, or of any copy of
the folder `refused/` of a bucket. Sending is `resubmit`'s, reading the lake's.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from openbunker.core.reasons import Reason
from openbunker.core.refused_rows import Refused
from openbunker.core.times import iso
from openbunker.erasure import model
from openbunker.erasure.model import Hidden
from openbunker.query.answers import refused_groups as refusals
from openbunker.query.question import period as periods
from openbunker.query.sql import refused as refused_sql
from openbunker.query.sql.refused import Wanted
from openbunker.wiring import system
from openbunker_local.cli import resubmit
from openbunker_local.cli.resubmit import Outcome
from openbunker_local.cli.tenants import demo_of, existing
from openbunker_local.cli.terminal import tables
from openbunker_local.cli.terminal.exits import Code, Misused, cannot, refuse
from openbunker_local.cli.terminal.options import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    ProjectOption,
)
from openbunker_local.cli.terminal.progress import Bar
from openbunker_local.lake.engine import DuckLake
from openbunker_local.sqlite import erasures as erasures_sqlite

app = typer.Typer(
    help="What was refused of known keys, and another try.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
PeriodOption = Annotated[
    str,
    typer.Option("--period", metavar="PERIOD", help="minus_<n>_<minutes|hours|days>, up to now."),
]
DialectOption = Annotated[str, typer.Option("--dialect", help="Only of this dialect.")]
DEFAULT_PERIOD = "minus_60_minutes"
COLUMNS = ("reason", "count", "last", "dialects", "fields", "newest sample")
MAX_FIELDS, SAMPLE = 5, 200


@app.command(name="list")
def list_(
    *,
    data: DataOption = DEFAULT_DATA,
    period: PeriodOption = DEFAULT_PERIOD,
    reason: Annotated[str, typer.Option(help="Only of this reason.")] = "",
    dialect: DialectOption = "",
    project: ProjectOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show what was refused in a period, by reason, with the newest sample of each."""
    wanted = _wanted(data, project, period, reason, dialect)
    with _lake(data) as lake:
        found = lake.run(refused_sql.groups(wanted))
    groups = refusals.groups_of(found)
    for lack in refusals.lacks(found, wanted):
        typer.echo(lack.advice, err=True)
    if as_json:
        tables.show_json([group.told() for group in groups])
        return
    rows = [
        {
            "reason": group.reason,
            "count": group.count,
            "last": iso(group.last_ms),
            "dialects": list(group.dialects),
            "fields": list(group.fields[:MAX_FIELDS]),
            "newest sample": f"{group.samples[0].message}\n{group.samples[0].payload[:SAMPLE]}",
        }
        for group in groups
    ]
    free = ("dialects", "fields", "newest sample")
    tables.show(rows, COLUMNS, f"Nothing was refused in {period}.", free)


@app.command()
def replay(
    *,
    reason: Annotated[str, typer.Option(help="Only of this reason.")],
    data: DataOption = DEFAULT_DATA,
    period: PeriodOption = DEFAULT_PERIOD,
    dialect: DialectOption = "",
    project: ProjectOption = "",
    patch: Annotated[str, typer.Option(help="JSON merge patch (RFC 7396), or its file.")] = "",
    url: Annotated[str, typer.Option(help="A running server; the demo's when left out.")] = "",
    key: Annotated[str, typer.Option(help="WRITE key; the demo's when left out.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing; tell what would be read.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Send what was refused again, each payload mended by the patch. Safe to repeat."""
    mended = _patch(patch)
    wanted = _wanted(data, project, period, reason, dialect)
    with _lake(data) as lake:
        rows = list(_pages(lake, wanted))
    if dry_run:
        told = _followed(resubmit.rehearse(rows, mended), len(rows))
    else:
        keys = _keys(data, key, rows)
        address = url or demo_of(data).base_url
        for text in set(keys.values()):
            _check(address, text, wanted.project_id)
        told = _followed(resubmit.send(rows, mended, keys.__getitem__, address), len(rows))
    counts = Counter(one.told for one in told).most_common()
    found = [{"outcome": outcome, "count": count} for outcome, count in counts]
    if as_json:
        tables.show_json(found)
    else:
        nothing = f"Nothing was refused for {reason} in {period}."
        tables.show(found, ("outcome", "count"), nothing)
    raise typer.Exit(Code.DONE if all(one.done for one in told) else Code.REFUSED)


def _followed(outcomes: Iterator[Outcome], total: int) -> list[Outcome]:
    """Return what became of the rows, and show how far it is."""
    told = []
    with Bar("Replaying") as bar:
        for one in outcomes:
            told.append(one)
            bar.update(len(told), total)
    return told


@contextmanager
def _lake(data: Path) -> Iterator[DuckLake]:
    """Open the objects of a folder beside whoever else works on it."""
    with (
        tempfile.TemporaryDirectory() as spill,
        closing(DuckLake(existing(data), system.now_ms, spill=Path(spill), whole=True)) as lake,
    ):
        yield lake


def _pages(lake: DuckLake, wanted: Wanted) -> Iterator[Refused]:
    """Yield all rows, page by page: what they hold does not fit into the lake's memory at once."""
    while page := refusals.rows_of(lake.run(refused_sql.rows(wanted))):
        yield from page
        wanted = replace(wanted, after_id=page[-1].refused_id)


def _wanted(data: Path, project: str, period: str, reason: str, dialect: str) -> Wanted:
    if reason and reason not in set(Reason):
        raise Misused(f"--reason is one of {', '.join(sorted(Reason))}; not {reason!r}.")
    try:
        from_ms, to_ms = periods.parse(period).bounds(system.now_ms())
    except ValueError as error:
        raise Misused(f"--period: {error}") from error
    project_id = project or demo_of(data).project_id
    return Wanted(
        project_id=project_id,
        hidden=_hidden(data, project_id),
        from_ms=from_ms,
        to_ms=to_ms,
        reason=reason or None,
        dialect=dialect or None,
    )


def _hidden(data: Path, project_id: str) -> tuple[Hidden, ...]:
    """Return who is erased, and so is neither shown nor sent again."""
    return model.hidden(erasures_sqlite.of_project(existing(data), project_id))


def _keys(data: Path, key: str, rows: Sequence[Refused]) -> dict[str, str]:
    """Return the key for each dialect of the rows."""
    dialects = {row.dialect for row in rows}
    if key or not dialects:
        return dict.fromkeys(dialects, key)
    demo = demo_of(data)
    own = {
        "databuddy": demo.client_id,
        "nanosights": demo.project_key,
        "tracify": demo.tracify_token,
    }
    return {dialect: own.get(dialect, demo.write_key) for dialect in dialects}


def _check(url: str, key: str, project_id: str) -> None:
    """End unless a server says that the key writes to the project of the rows."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.netloc, timeout=10)
    try:
        connection.request("GET", "/v1/keys/validate", headers={"x-api-key": key})
        told = json.loads(connection.getresponse().read())
    except (OSError, HTTPException, ValueError):
        cannot(f"There is no openbunker at {url}. Start it, or name it with --url.")
    finally:
        connection.close()
    if told.get("kind") != "WRITE" or told.get("project_id") != project_id:
        refuse(f"The key does not write to project {project_id}; name the right one with --key.")


def _patch(given: str) -> Any:
    """Return the patch of a JSON text or of a file that holds one; None when there is none."""
    if not given:
        return None
    try:
        text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
        patch = json.loads(text)
    except (OSError, ValueError) as error:
        raise Misused(f"--patch is neither JSON nor a file of it: {error}") from error
    if not isinstance(patch, dict):
        raise Misused("--patch is a JSON object.")
    return patch
