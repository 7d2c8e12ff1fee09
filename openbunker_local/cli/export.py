"""`openbunker export`: the events of a project as Parquet, NDJSON or CSV, from a data folder.

Runs beside a server or without one. What the files hold is `lake.export`'s.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from openbunker.core.times import DAY_MS
from openbunker.erasure import model
from openbunker.query.scope import Scope
from openbunker.wiring import system
from openbunker_local.cli.tenants import demo_of, existing
from openbunker_local.cli.terminal import tables
from openbunker_local.cli.terminal.exits import Misused, cannot
from openbunker_local.cli.terminal.options import (
    DEFAULT_DATA,
    DataOption,
    FromOption,
    JsonOption,
    ProjectOption,
    ToOption,
)
from openbunker_local.cli.terminal.progress import Bar
from openbunker_local.cli.terminal.times import span, whole_days
from openbunker_local.lake import export as exports
from openbunker_local.lake.engine import DuckLake
from openbunker_local.lake.export import Export, Form
from openbunker_local.sqlite import erasures as erasures_sqlite

# It becomes part of a file's name.
PROJECT_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
TARGET_HELP = "File, or folder for a file a day."
ParquetOption = Annotated[Path | None, typer.Option("--parquet", help=TARGET_HELP)]
NdjsonOption = Annotated[Path | None, typer.Option("--ndjson", help=TARGET_HELP)]
CsvOption = Annotated[Path | None, typer.Option("--csv", help=TARGET_HELP)]
END_MS = exports.ALL[1] + 1


@dataclass(frozen=True, slots=True)
class Target:
    """Where the files go: a folder for a file a day, or one file."""

    form: Form
    path: Path
    is_folder: bool

    @property
    def writes(self) -> Path:
        """The folder in which files appear."""
        return self.path if self.is_folder else self.path.parent


def export(
    *,
    parquet: ParquetOption = None,
    ndjson: NdjsonOption = None,
    csv: CsvOption = None,
    data: DataOption = DEFAULT_DATA,
    project: ProjectOption = "",
    from_: FromOption = "",
    to: ToOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write the events of a project into a file, or into a file a day. Safe to repeat.

    A target without an ending is a folder; days that are over and written already are left out.
    Times are those at which events happened.
    """
    target = _target({Form.PARQUET: parquet, Form.NDJSON: ndjson, Form.CSV: csv})
    first, end = span(from_, to, exports.ALL[0], END_MS)
    if target.is_folder:
        whole_days(first, _day_end(end), "A folder")
    project_id = project or demo_of(data).project_id
    if not PROJECT_ID.fullmatch(project_id):
        raise Misused("--project is the id of a project, such as prj_0a1b2c3d4e5f6071.")
    scope = _scope(existing(data), project_id)
    _made(target)
    with _exporting(data, target, scope) as exporting:
        told = _written(exporting, (first, end - 1), target)
    if as_json:
        tables.show_json(told)
        return
    events, days = tables.count(told["written"], "event"), tables.count(told["days"], "day")
    left = f"; {told['already']:,} were there already" if told["already"] else ""
    typer.echo(f"{events} of {days} written to {target.path}{left}.")


def _target(given: dict[Form, Path | None]) -> Target:
    chosen = [(form, path) for form, path in given.items() if path is not None]
    if len(chosen) != 1:
        raise Misused("Name one of --parquet, --ndjson and --csv, with a file or a folder.")
    form, path = chosen[0]
    path = path.resolve()
    return Target(form, path, is_folder=path.is_dir() or not path.suffix)


def _made(target: Target) -> None:
    """Make the folder that was named, in one that is there; never the way to it."""
    above = target.path.parent
    if not above.is_dir():
        cannot(f"There is no folder {above}: make it first, or mend the path.")
    if target.is_folder:
        target.path.mkdir(exist_ok=True)


def _day_end(end: int) -> int:
    """Return the end of the span; when none was named, that of a day."""
    return end if end != END_MS else end // DAY_MS * DAY_MS


def _written(exporting: Export, bounds: tuple[int, int], target: Target) -> dict[str, int]:
    """Write the files; tell how many events were written, were there already, of how many days."""
    with Bar("Looking") as bar:
        days = exporting.days(bounds)
        total = sum(day.events for day in days)
        done = written = 0
        write = exporting.folder if target.is_folder else exporting.file
        for day, file in write(days, target.path):
            done += day.events
            written += day.events if file else 0
            bar.update(done, total, day.name)
    return {"written": written, "already": total - written, "days": len(days)}


@contextmanager
def _exporting(data: Path, target: Target, scope: Scope) -> Iterator[Export]:
    with (
        tempfile.TemporaryDirectory() as spill,
        closing(DuckLake.for_export(data, Path(spill), target.writes)) as lake,
    ):
        yield Export(lake, scope, target.form, system.now_ms())


def _scope(data: Path, project_id: str) -> Scope:
    """Return the project without its erased customers."""
    found = erasures_sqlite.of_project(data, project_id)
    return Scope(project_id, hidden=model.hidden(found), forgotten=model.forgotten(found))
