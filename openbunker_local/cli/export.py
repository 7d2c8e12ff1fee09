"""`openbunker export`: the events of a project as Parquet, NDJSON or CSV, from a data folder.

Runs beside a server or without one. What the files hold is `export`'s.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from openbunker.core.errors import ErasureStoreUnavailable, QueryUnavailable
from openbunker.core.times import DAY_MS
from openbunker.wiring import system
from openbunker_local import demo as demos

if TYPE_CHECKING:  # --help stays fast
    from openbunker.query.scope import Scope
    from openbunker_local.lake.export import Export

# It becomes part of a file's name.
PROJECT_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
TimeOption = Annotated[str, typer.Option(help="Day or time, ISO 8601; UTC unless it says.")]
TargetOption = Annotated[Path | None, typer.Option(help="File, or folder for a file a day.")]


def export(
    *,
    parquet: TargetOption = None,
    ndjson: TargetOption = None,
    csv: TargetOption = None,
    data: Annotated[Path, typer.Option(help="Data folder.")] = Path(".openbunker"),
    project: Annotated[str, typer.Option(help="Project id; the demo's when left out.")] = "",
    from_: Annotated[str, typer.Option("--from", help="First day or time.")] = "",
    to: Annotated[str, typer.Option(help="Until before this day or time.")] = "",
) -> None:
    """Write the events of a project into a file, or into a file a day. Safe to repeat.

    A target without an ending is a folder; days that are over and written already are left out.
    """
    from openbunker_local.lake.export import Form  # noqa: PLC0415

    targets = {Form.PARQUET: parquet, Form.NDJSON: ndjson, Form.CSV: csv}
    chosen = [(form, target) for form, target in targets.items() if target is not None]
    if len(chosen) != 1:
        _stop("Name one of --parquet, --ndjson and --csv, with a file or a folder.")
    form, target = chosen[0]
    target = target.resolve()
    is_folder = target.is_dir() or not target.suffix
    writes = target if is_folder else target.parent
    bounds = _bounds(from_, to)
    if is_folder and not _whole_days(bounds):
        _stop("A folder takes whole days: name --from and --to without a time, or name a file.")
    if not data.is_dir():
        _stop(f"There is no folder {data}: name --data.")
    project_id = project or _demo(data)
    if not PROJECT_ID.fullmatch(project_id):
        _stop("--project is the id of a project, such as prj_0a1b2c3d4e5f6071.")
    scope = _scope(data, project_id)
    try:
        writes.mkdir(parents=True, exist_ok=True)
        with _exporting(data, writes, scope, form) as exporting:
            _write(exporting, bounds, target, is_folder=is_folder)
    except (QueryUnavailable, OSError) as error:
        _stop(f"The events cannot be exported: {error}")


def _write(exporting: "Export", bounds: tuple[int, int], target: Path, *, is_folder: bool) -> None:
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("events"), TimeRemainingColumn(), console=console,
    )  # fmt: skip
    with bar:
        task = bar.add_task("Looking", total=None)
        days = exporting.days(bounds)
        bar.update(task, total=sum(day.events for day in days))
        written = 0
        steps = exporting.folder(days, target) if is_folder else exporting.file(days, target)
        for day, file in steps:
            bar.update(task, description=day.name, advance=day.events)
            written += day.events if file else 0
    total = sum(day.events for day in days)
    left = f"; {total - written} were there already" if total > written else ""
    console.print(f"{written} events of {len(days)} days written to {target}{left}.")


@contextmanager
def _exporting(data: Path, writes: Path, scope: "Scope", form: str) -> "Iterator[Export]":
    from openbunker_local.lake import export as exports  # noqa: PLC0415
    from openbunker_local.lake.engine import DuckLake  # noqa: PLC0415

    with (
        tempfile.TemporaryDirectory() as spill,
        closing(DuckLake.for_export(data, Path(spill), writes)) as lake,
    ):
        yield exports.Export(lake, scope, exports.Form(form), system.now_ms())


def _scope(data: Path, project_id: str) -> "Scope":
    """Return the project without its erased customers."""
    from openbunker.erasure import model  # noqa: PLC0415
    from openbunker.query.scope import Scope  # noqa: PLC0415
    from openbunker_local.sqlite import erasures as erasures_sqlite  # noqa: PLC0415

    try:
        found = erasures_sqlite.of_project(data, project_id)
    except ErasureStoreUnavailable as error:
        _stop(f"Nobody can say which customers are erased: {error}")
    return Scope(project_id, hidden=model.hidden(found), forgotten=model.forgotten(found))


def _bounds(from_: str, to: str) -> tuple[int, int]:
    from openbunker_local.lake import export as exports  # noqa: PLC0415

    try:
        start = exports.read_time(from_) if from_ else exports.ALL[0]
        end = exports.read_time(to) - 1 if to else exports.ALL[1]
    except ValueError:
        _stop("--from and --to are days or times such as 2026-11-21 or 2026-11-21T08:30.")
    if start > end:
        _stop("--from is before --to.")
    return start, end


def _whole_days(bounds: tuple[int, int]) -> bool:
    """Return whether no day is cut: a file of a day's part would be taken for the day later."""
    from openbunker_local.lake import export as exports  # noqa: PLC0415

    open_end = bounds[1] == exports.ALL[1]
    return bounds[0] % DAY_MS == 0 and (open_end or (bounds[1] + 1) % DAY_MS == 0)


def _demo(data: Path) -> str:
    found = demos.load(data)
    if found is None:
        _stop(f"There is no {data / demos.FILE}: name --project.")
    return found.project_id


def _stop(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)
