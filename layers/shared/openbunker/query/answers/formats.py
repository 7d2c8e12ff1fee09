"""The table of an answer as JSON, NDJSON or CSV, by the request's Accept. Pure; no SQL.

Sources: RFC 9110, 12.5.1 (Accept); RFC 4180 (CSV); https://github.com/ndjson/ndjson-spec.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.query import incomplete
from openbunker.query.incomplete import Lack
from openbunker.query.question.forms import MAX_REPLY_BYTES, Form
from openbunker.web.http import Reply

CURSOR_HEADER = "x-openbunker-cursor"
FRESH_HEADER = "x-openbunker-fresh-to"

# What a spreadsheet takes for a formula (OWASP, "CSV Injection"), unless it is a plain number.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+([.][0-9]+)?")
_Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A table to be told: its names, its rows, and where the next page begins, if there is one.

    `lacks` is what is not in it.
    """

    columns: Sequence[str]
    rows: Sequence[_Row]
    fresh_to: str | None
    more: Mapping[str, Any]
    cursor: str | None = None
    lacks: Sequence[Lack] = ()


def wanted(accept: str | None) -> Form:
    """Return the form that an Accept header prefers. Raises RequestRefused when there is none."""
    if accept is None:
        return Form.JSON
    ranges = [_range(text) for text in accept.split(",") if text.strip()]
    best = max(Form, key=lambda form: _quality(form, ranges))  # of equals the first one
    if _quality(best, ranges) > 0:
        return best
    text = f"accept: there are {', '.join(Form)}"
    raise RequestRefused(Reason.NOT_ACCEPTABLE, text)


def fitting(form: Form, columns: Sequence[str], rows: Sequence[_Row]) -> int:
    """Return how many of the first rows fit into one answer."""
    line, room = _LINES[form], MAX_REPLY_BYTES
    for count, row in enumerate(rows):
        room -= len(json.dumps(line(columns, row)))
        if room < 0:
            return count
    return len(rows)


def reply(form: Form, answer: Answer) -> Reply:
    """Return the answer in its form. Raises RequestRefused when it is too large for one."""
    if fitting(form, answer.columns, answer.rows) < len(answer.rows):
        text = f"The answer has more than {MAX_REPLY_BYTES} bytes; ask for fewer rows or columns."
        raise RequestRefused(Reason.ANSWER_TOO_LARGE, text)
    whole = {"vary": "accept", **incomplete.headers(answer.lacks)}
    if form is Form.JSON:
        body = {"columns": list(answer.columns), "rows": answer.rows, **answer.more}
        return Reply(200, body | incomplete.told(answer.lacks), whole)
    line = _LINES[form]
    head = [_csv_line(answer.columns, answer.columns)] if form is Form.CSV else []
    text = "".join([*head, *(line(answer.columns, row) for row in answer.rows)])
    told = {CURSOR_HEADER: answer.cursor, FRESH_HEADER: answer.fresh_to}
    headers = {name: value for name, value in told.items() if value is not None}
    kind = {"content-type": f"{form}; charset=utf-8"}
    return Reply(200, None, {**kind, **whole, **headers}, text)


def _range(text: str) -> tuple[str, float]:
    """Return a media range and its quality; a quality that is none counts as 1."""
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    given = next((p[2:] for p in parameters if p.startswith("q=")), "1")
    return kind, float(given) if re.fullmatch(r"[01]([.][0-9]{0,3})?", given) else 1.0


def _quality(form: Form, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the quality of the range that names the form most closely."""
    for name in (form.value, form.partition("/")[0] + "/*", "*/*"):
        found = [quality for kind, quality in ranges if kind == name]
        if found:
            return max(found)
    return 0.0


def _json_line(_columns: Sequence[str], row: _Row) -> str:
    return json.dumps(list(row)) + ", "


def _ndjson_line(columns: Sequence[str], row: _Row) -> str:
    return json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n"


def _csv_line(_columns: Sequence[str], row: _Row) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_cell(value) for value in row])
    return line.getvalue()


def _cell(value: Any) -> str:
    """Return a value as a cell: null is empty, and no text of a sender is a formula."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    formula = _FORMULA.match(value) and not _NUMBER.fullmatch(value)
    return f"'{value}" if formula else value


_LINES: dict[Form, Callable[[Sequence[str], _Row], str]] = {
    Form.JSON: _json_line,
    Form.NDJSON: _ndjson_line,
    Form.CSV: _csv_line,
}
