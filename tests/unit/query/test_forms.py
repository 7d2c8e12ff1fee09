"""The answer's form by Accept: JSON, NDJSON and CSV, with what a spreadsheet must not run."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.query.answers import formats
from openbunker.query.answers.formats import Answer
from openbunker.query.question.forms import Form

TABLE = Answer(["a", "b"], [["x", 1.5], [None, {"k": "é"}]], "2026-11-21T00:00:00.000Z", {"n": 2})


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, Form.JSON),
        ("*/*", Form.JSON),
        ("application/json", Form.JSON),
        ("text/csv", Form.CSV),
        ("TEXT/CSV; header=present", Form.CSV),
        ("text/*", Form.CSV),
        ("application/x-ndjson", Form.NDJSON),
        ("application/*", Form.JSON),
        ("text/csv;q=0.5, application/x-ndjson;q=0.8", Form.NDJSON),
        ("text/csv;q=0.5, */*;q=0.1", Form.CSV),
        ("application/json;q=0, */*", Form.NDJSON),
        ("text/html, */*;q=0.8", Form.JSON),
        ("text/csv;q=rather", Form.CSV),
        (",, ,text/csv", Form.CSV),
    ],
)
def test_the_form_is_the_preferred_one(accept: str | None, form: Form) -> None:
    assert formats.wanted(accept) is form


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json;q=0", "image/*", "nonsense", ","]
)
def test_what_nobody_has_is_refused_with_what_there_is(accept: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        formats.wanted(accept)

    assert refused.value.reason is Reason.NOT_ACCEPTABLE
    assert all(form in refused.value.message for form in Form)


def test_ndjson_is_an_object_a_line() -> None:
    told = formats.reply(Form.NDJSON, TABLE).to_gateway()

    assert told["headers"]["content-type"] == "application/x-ndjson; charset=utf-8"
    assert told["headers"][formats.FRESH_HEADER] == "2026-11-21T00:00:00.000Z"
    assert formats.CURSOR_HEADER not in told["headers"]
    assert told["body"] == '{"a": "x", "b": 1.5}\n{"a": null, "b": {"k": "é"}}\n'


def test_csv_has_a_head_and_lines_that_end_as_the_rfc_says() -> None:
    told = formats.reply(Form.CSV, TABLE).to_gateway()

    assert told["headers"]["content-type"] == "text/csv; charset=utf-8"
    assert told["body"] == 'a,b\r\nx,1.5\r\n,"{""k"": ""é""}"\r\n'


def test_no_answer_is_no_line() -> None:
    empty = Answer(["a"], [], None, {})

    assert formats.reply(Form.NDJSON, empty).text == ""
    assert formats.reply(Form.CSV, empty).text == "a\r\n"


@given(st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=2), max_size=4))
def test_csv_reads_back_as_it_was_but_for_formulas(rows: list[list[str]]) -> None:
    text = formats.reply(Form.CSV, Answer(["a", "b"], rows, None, {})).text

    head, *read = csv.reader(io.StringIO(text, newline=""))

    assert head == ["a", "b"]
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("-5.00", "-5.00"),
        ("+49", "+49"),
        (-5, "-5"),
        ("a=1", "a=1"),
        (True, "true"),
        ("", ""),
        (None, ""),
    ],
)
def test_no_text_of_a_sender_is_a_formula(value: Any, cell: str) -> None:
    text = formats.reply(Form.CSV, Answer(["a", "b"], [[value, 1]], None, {})).text

    assert list(csv.reader(io.StringIO(text, newline="")))[1] == [cell, "1"]


def test_a_field_name_is_no_formula_either() -> None:
    text = formats.reply(Form.CSV, Answer(["=1+1"], [], None, {})).text

    assert text == "'=1+1\r\n"


@pytest.mark.parametrize("form", Form)
def test_an_answer_that_no_function_could_return_is_refused(form: Form) -> None:
    rows = [['"\\é' * 1000, 1.5] for _ in range(2000)]
    fit = formats.fitting(form, ["a", "b"], rows)

    with pytest.raises(RequestRefused) as refused:
        formats.reply(form, Answer(["a", "b"], rows, None, {}))

    assert refused.value.reason is Reason.ANSWER_TOO_LARGE
    assert 0 < fit < len(rows)
    fits = formats.reply(form, Answer(["a", "b"], rows[:fit], None, {})).to_gateway()
    assert len(json.dumps(fits).encode()) < 6_000_000
