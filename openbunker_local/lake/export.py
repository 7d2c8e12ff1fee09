"""Events of a project as files: Parquet, NDJSON or CSV, a day at a time. Written by the lake.

Reads what a question would read, hot and cold, each event once, without erased customers; so it
runs beside a server, in memory that does not grow with the events. A file appears at once and
whole. No SQL text: the trees are built here, on top of the rows of a scope.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import cast

from sqlglot import exp

from openbunker.core.times import DAY_MS
from openbunker.query.engine import Engine, Statement
from openbunker.query.question.columns import COLUMNS, PROPERTIES, Field, Kind
from openbunker.query.question.period import FIRST_MS, LAST_MS
from openbunker.query.scope import Scope
from openbunker.query.sql.aggregates import statement_of, within
from openbunker.query.sql.rows import Rows

# Days in 400 years of the calendar, after which it repeats.
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097
# A row group is held in memory while it is written, and by whoever reads it.
ROW_GROUP_BYTES = 8 * 1024 * 1024
# Stands in no line of JSON, which escapes it.
_NO_CHARACTER = "\x1f"
# What a spreadsheet takes for a formula, unless it is a plain number; as in `query.formats`.
_FORMULA, _NUMBER = r"^[=+@\t\r-]", r"^[+-]?[0-9]+([.][0-9]+)?$"

# All time.
ALL = (FIRST_MS, LAST_MS)


class Form(StrEnum):
    """What files can be, by the ending of their names."""

    PARQUET = "parquet"
    NDJSON = "ndjson"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Day:
    """The events of one day (UTC) within the times that were asked for, both included."""

    bounds: tuple[int, int]
    events: int

    @property
    def name(self) -> str:
        """The day as text, 2026-11-21; of other years than 0 to 9999 as ISO 8601 expands them."""
        cycles, day = divmod(self.bounds[0] // DAY_MS, _CYCLE_DAYS)
        found = date(1970, 1, 1) + timedelta(days=day)
        year = found.year + cycles * _CYCLE_YEARS
        return f"{year:04}{found:-%m-%d}" if 0 <= year <= 9999 else f"{year:+07}{found:-%m-%d}"

    @property
    def end_ms(self) -> int:
        """When the day is over."""
        return (self.bounds[0] // DAY_MS + 1) * DAY_MS


@dataclass(frozen=True, slots=True)
class Export:
    """Whose events go into files, of which form, read by which engine, as of when."""

    engine: Engine
    scope: Scope
    form: Form
    now_ms: int

    def days(self, bounds: tuple[int, int]) -> list[Day]:
        """Return the days that have events. Raises QueryUnavailable."""
        rows = Rows(self.scope)
        day = exp.cast(
            exp.Floor(this=exp.column("timestamp_ms") / exp.Literal.number(DAY_MS)),
            exp.DType.BIGINT,
        )
        tree = exp.select(day.as_("day"), exp.Count(this=exp.Star()).as_("events"))
        tree = tree.from_(rows.first_copies()).where(within(rows, bounds))
        tree = tree.group_by(exp.Literal.number(1)).order_by(exp.Literal.number(1))
        found = self.engine.run(statement_of(tree, rows, bounds, self.now_ms)).rows
        return [Day(_within(day, bounds), events) for day, events in found]

    def folder(self, days: Sequence[Day], target: Path) -> Iterator[tuple[Day, Path | None]]:
        """Write a file for each day; None for one that was written after its day was over."""
        target.mkdir(parents=True, exist_ok=True)
        for day in days:
            file = target / f"{self.scope.project_id}-{day.name}.{self.form}"
            done = _is_final(file, day)
            if not done:
                self._day(day, file)
            yield day, None if done else file

    def file(self, days: Sequence[Day], target: Path) -> Iterator[tuple[Day, Path]]:
        """Write one file of all days, which appears when the last one was yielded."""
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as folder:
            parts = []
            for number, day in enumerate(days):
                part = Path(folder) / f"{number:06}.{self.form}"
                self._day(day, part)
                parts.append(part)
                yield day, part
            if not parts:  # columns without a row: an empty file is no Parquet
                parts.append(Path(folder) / f"none.{self.form}")
                self._day(Day((LAST_MS, LAST_MS), 0), parts[0])
            whole = Path(folder) / f"whole.{self.form}"
            self._joined(parts, whole)
            _appear(whole, target)

    def _day(self, day: Day, file: Path) -> None:
        rows = Rows(self.scope)
        names = (*COLUMNS, PROPERTIES)
        columns = [_column(rows, name, self.form).as_(name) for name in names]
        if self.form is Form.NDJSON:
            columns = [_line(rows).as_("line")]
        tree = exp.select(*columns).from_(rows.first_copies()).where(within(rows, day.bounds))
        unfinished = file.with_name(file.name + ".part")
        into = cast("exp.Query", _copy(tree, unfinished, self.form))
        self.engine.run(statement_of(into, rows, day.bounds, self.now_ms))
        _appear(unfinished, file)

    def _joined(self, parts: Sequence[Path], whole: Path) -> None:
        if self.form is Form.PARQUET and parts:
            files = exp.array(*(exp.Literal.string(str(part)) for part in parts))
            read = exp.Anonymous(this="read_parquet", expressions=[files])
            into = cast("exp.Query", _copy(exp.select("*").from_(read), whole, self.form))
            self.engine.run(Statement(into, {}, 0, 0))
            return
        with whole.open("wb") as out:
            for number, part in enumerate(parts):
                with part.open("rb") as lines:
                    if self.form is Form.CSV and number:
                        lines.readline()  # every part has its head
                    shutil.copyfileobj(lines, out, 1 << 20)


def _within(day: int, bounds: tuple[int, int]) -> tuple[int, int]:
    start = day * DAY_MS
    return max(start, bounds[0]), min(start + DAY_MS - 1, bounds[1])


def _is_final(file: Path, day: Day) -> bool:
    try:
        return file.stat().st_mtime * 1000 >= day.end_ms
    except FileNotFoundError:
        return False


def _column(rows: Rows, name: str, form: Form) -> exp.Expr:
    value = rows.value(Field(name, column=name))
    if form is not Form.CSV or COLUMNS.get(name) is not Kind.TEXT:
        return value
    formula, number = (
        exp.RegexpLike(this=value.copy(), expression=exp.Literal.string(pattern))
        for pattern in (_FORMULA, _NUMBER)
    )
    quoted = exp.DPipe(this=exp.Literal.string("'"), expression=value.copy())
    return exp.case().when(exp.and_(formula, exp.not_(number)), quoted).else_(value)


def _line(rows: Rows) -> exp.Expr:
    """Return an event as JSON. What is in `properties` is JSON and is not parsed: that takes memory
    many times its size, and would write its numbers anew.
    """
    fields = [
        exp.PropertyEQ(
            this=exp.to_identifier(name), expression=rows.value(Field(name, column=name))
        )
        for name in COLUMNS
    ]
    text = exp.cast(exp.func("to_json", exp.Struct(expressions=fields)), exp.DType.TEXT)
    opened = exp.func("rtrim", text, exp.Literal.string("}"))
    name = exp.Literal.string(f',"{PROPERTIES}":')
    own = rows.value(Field(PROPERTIES, column=PROPERTIES))
    own_or_null = exp.Coalesce(this=own, expressions=[exp.Literal.string("null")])
    return exp.func("concat", opened, name, own_or_null, exp.Literal.string("}"))


def _copy(tree: exp.Select, file: Path, form: Form) -> exp.Copy:
    nothing = exp.Literal.string("")
    of_form: dict[Form, dict[str, exp.Expr]] = {
        Form.PARQUET: {
            "FORMAT": exp.var("PARQUET"),
            "COMPRESSION": exp.var("ZSTD"),
            "ROW_GROUP_SIZE_BYTES": exp.Literal.number(ROW_GROUP_BYTES),
        },
        Form.CSV: {"FORMAT": exp.var("CSV"), "HEADER": exp.true()},
        Form.NDJSON: {  # lines as they are
            "FORMAT": exp.var("CSV"),
            "HEADER": exp.false(),
            "QUOTE": nothing,
            "ESCAPE": nothing,
            "DELIMITER": exp.Literal.string(_NO_CHARACTER),
        },
    }
    options = of_form[form]
    return exp.Copy(
        this=tree.subquery(),
        kind=False,
        files=[exp.Literal.string(str(file))],
        params=[exp.CopyParameter(this=exp.var(k), expression=v) for k, v in options.items()],
    )


def _appear(unfinished: Path, file: Path) -> None:
    """Let a file appear under its name, whole and on the disk."""
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
    unfinished.replace(file)
