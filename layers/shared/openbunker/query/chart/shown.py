"""How much of an answer a chart shows, and how its page says so. Pure; no HTML.

A chart is of whole buckets: one that was cut in the middle would draw a fall that never was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openbunker.query.answers import formats
from openbunker.query.engine import Table
from openbunker.query.incomplete import Lack, Missing
from openbunker.query.question.forms import Form
from openbunker.query.question.question import DATE, Question
from openbunker.query.sql.aggregates import Plan

_ADVICE = "Ask for a longer interval, a shorter period or fewer groups."


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows of a chart. `lacks` is what they are not, `note` says it to a reader.

    `whole` tells whether each date that is there has all its groups.
    """

    rows: Sequence[Sequence[Any]]
    lacks: Sequence[Lack] = ()
    note: str = ""
    whole: bool = True


def shown(asked: Question, plan: Plan, table: Table, buckets: int) -> Shown:
    """Return what a chart can show of a table; `buckets` are those of the period."""
    rows = plan.answer(table)
    lacks = [*table.incomplete, *plan.lacks(table)]
    fit = formats.fitting(Form.JSON, plan.columns, rows)
    if fit < len(rows):
        lacks.append(Lack(Missing.ANSWER_SIZE, len(rows) - fit, _ADVICE))
    cut = len(rows) < len(table.rows) or fit < len(rows)
    if not cut:
        return Shown(rows, lacks, _damaged(lacks), whole=not lacks)
    rows = rows[:fit]
    if not rows or not _by_date(asked):
        return Shown(rows, lacks, _of_rows(len(rows), plan.total(table)), whole=False)
    whole = _whole_dates(rows, table.rows[fit][0] == table.rows[fit - 1][0])
    note = _of_dates(asked, len({row[0] for row in whole or rows}), buckets)
    return Shown(whole or rows, lacks, note, whole=bool(whole))


def _by_date(asked: Question) -> bool:
    orders = asked.order_by
    return asked.group_by_date is not None and (not orders or orders[0].field_name == DATE)


def _whole_dates(rows: Sequence[Sequence[Any]], cut: bool) -> list[Sequence[Any]]:
    """Return the rows; without those of the last date where some of it was cut off."""
    return [row for row in rows if not cut or row[0] != rows[-1][0]]


def _of_dates(asked: Question, dates: int, buckets: int) -> str:
    assert asked.group_by_date is not None
    most = "" if asked.group_by_date.fill else "at most "
    return f"{dates} of {most}{buckets} {asked.group_by_date.interval}s shown. {_ADVICE}"


def _of_rows(rows: int, total: int | None) -> str:
    if total is None:
        return f"The first {rows} rows are shown; there are more."
    return f"{rows} of {total} rows shown. {_ADVICE}"


def _damaged(lacks: Sequence[Lack]) -> str:
    return " ".join(one.advice for one in lacks)
