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
from typing import TYPE_CHECKING, Annotated, Any, NoReturn
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from openbunker.core.errors import ErasureStoreUnavailable, QueryUnavailable
from openbunker.core.reasons import Reason
from openbunker.core.times import iso
from openbunker.wiring import system
from openbunker_local import demo as demos
from openbunker_local.cli.printable import printable

if TYPE_CHECKING:  # --help stays fast
    from openbunker.core.refused_rows import Refused
    from openbunker.erasure.model import Hidden
    from openbunker.query.sql.refused import Wanted
    from openbunker_local.lake.engine import DuckLake

app = typer.Typer(help="What was refused of known keys, and another try.", no_args_is_help=True)
DataOption = Annotated[Path, typer.Option(help="Data folder, or a copy of a bucket.")]
PeriodOption = Annotated[str, typer.Option(help="minus_<n>_<minutes|hours|days>.")]
ProjectOption = Annotated[str, typer.Option(help="Project id; the demo's when left out.")]
DialectOption = Annotated[str, typer.Option(help="Only of this dialect.")]
DEFAULT_DATA, DEFAULT_PERIOD = Path(".openbunker"), "minus_60_minutes"


@app.command(name="list")
def list_(
    *,
    data: DataOption = DEFAULT_DATA,
    period: PeriodOption = DEFAULT_PERIOD,
    reason: Annotated[str, typer.Option(help="Only of this reason.")] = "",
    dialect: DialectOption = "",
    project: ProjectOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what was refused in a period, by reason, with the newest sample of each."""
    from openbunker.query.answers import refused_groups as refusals  # noqa: PLC0415
    from openbunker.query.sql import refused as refused_sql  # noqa: PLC0415

    wanted = _wanted(data, project, period, reason, dialect)
    with _lake(data) as lake:
        found = _asked(lake, refused_sql.groups(wanted))
    groups = refusals.groups_of(found)
    for lack in refusals.lacks(found):
        typer.echo(lack.advice, err=True)
    if as_json:
        typer.echo(json.dumps([group.told() for group in groups], indent=2))
        return
    table = Table("reason", "count", "last", "dialects", "fields", "newest sample")
    for group in groups:
        newest = group.samples[0]
        texts = (", ".join(group.dialects), printable(", ".join(group.fields[:5])))
        sample = printable(f"{newest.message}\n{newest.payload[:200]}")
        table.add_row(group.reason, str(group.count), iso(group.last_ms), *texts, sample)
    Console().print(table if groups else f"Nothing was refused in {period}.", markup=False)


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
    dry_run: Annotated[bool, typer.Option(help="Send nothing; tell what would be read.")] = False,
) -> None:
    """Send what was refused again, each payload mended by the patch. Safe to repeat."""
    from openbunker_local.cli import resubmit  # noqa: PLC0415

    mended = _patch(patch)
    wanted = _wanted(data, project, period, reason, dialect)
    with _lake(data) as lake:
        rows = list(_pages(lake, wanted))
    if dry_run:
        outcomes = resubmit.rehearse(rows, mended)
    else:
        keys = _keys(data, key, rows)
        address = url or _demo(data).base_url
        for text in set(keys.values()):
            _check(address, text, wanted.project_id)
        outcomes = resubmit.send(rows, mended, keys.__getitem__, address)
    console = Console(stderr=True)
    told = list(track(outcomes, "Replaying", total=len(rows), console=console))
    table = Table("outcome", "count")
    for outcome, count in Counter(one.told for one in told).most_common():
        table.add_row(outcome, str(count))
    Console().print(table if told else f"Nothing was refused for {reason} in {period}.")
    raise typer.Exit(0 if all(one.done for one in told) else 1)


@contextmanager
def _lake(data: Path) -> "Iterator[DuckLake]":
    """Open the objects of a folder beside whoever else works on it."""
    from openbunker_local.lake.engine import DuckLake  # noqa: PLC0415

    with (
        tempfile.TemporaryDirectory() as spill,
        closing(DuckLake(data, system.now_ms, spill=Path(spill), whole=True)) as lake,
    ):
        yield lake


def _pages(lake: "DuckLake", wanted: "Wanted") -> "Iterator[Refused]":
    """Yield all rows, page by page: what they hold does not fit into the lake's memory at once."""
    from openbunker.query.answers import refused_groups as refusals  # noqa: PLC0415
    from openbunker.query.sql import refused as refused_sql  # noqa: PLC0415

    while page := refusals.rows_of(_asked(lake, refused_sql.rows(wanted))):
        yield from page
        wanted = replace(wanted, after_id=page[-1].refused_id)


def _asked(lake: "DuckLake", statement: Any) -> Any:
    try:
        return lake.run(statement)
    except QueryUnavailable as error:
        _stop(f"The refused objects cannot be read: {error}")


def _wanted(data: Path, project: str, period: str, reason: str, dialect: str) -> "Wanted":
    from openbunker.query.question import period as periods  # noqa: PLC0415
    from openbunker.query.sql.refused import Wanted  # noqa: PLC0415

    if reason and reason not in set(Reason):
        _stop(f"{reason} is not a reason; docs/reasons.md has all of them.")
    try:
        from_ms, to_ms = periods.parse(period).bounds(system.now_ms())
    except ValueError as error:
        _stop(f"--period: {error}")
    project_id = project or _demo(data).project_id
    return Wanted(
        project_id=project_id,
        hidden=_hidden(data, project_id),
        from_ms=from_ms,
        to_ms=to_ms,
        reason=reason or None,
        dialect=dialect or None,
    )


def _hidden(data: Path, project_id: str) -> "tuple[Hidden, ...]":
    """Return who is erased, and so is neither shown nor sent again."""
    from openbunker.erasure import model  # noqa: PLC0415
    from openbunker_local.sqlite import erasures as erasures_sqlite  # noqa: PLC0415

    try:
        return model.hidden(erasures_sqlite.of_project(data, project_id))
    except ErasureStoreUnavailable as error:
        _stop(f"Nobody can say who is erased: {error}")


def _demo(data: Path) -> demos.Demo:
    found = demos.load(data)
    if found is None:
        _stop(f"There is no {data / demos.FILE}: name --project, and to replay --url and --key.")
    return found


def _keys(data: Path, key: str, rows: "Sequence[Refused]") -> dict[str, str]:
    """Return the key for each dialect of the rows."""
    dialects = {row.dialect for row in rows}
    if key or not dialects:
        return dict.fromkeys(dialects, key)
    demo = _demo(data)
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
        _stop(f"There is no openbunker at {url}. Start it, or name it with --url.")
    finally:
        connection.close()
    if told.get("kind") != "WRITE" or told.get("project_id") != project_id:
        _stop(f"The key does not write to project {project_id}; name the right one with --key.")


def _patch(given: str) -> Any:
    """Return the patch of a JSON text or of a file that holds one; None when there is none."""
    if not given:
        return None
    try:
        text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
        patch = json.loads(text)
    except (OSError, ValueError) as error:
        _stop(f"--patch is neither JSON nor a file of it: {error}")
    if not isinstance(patch, dict):
        _stop("--patch is a JSON object.")
    return patch


def _stop(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)
