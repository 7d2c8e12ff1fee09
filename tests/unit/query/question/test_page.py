"""`docs/query.md` and the model say the same."""

import json
import re
from pathlib import Path

import pytest

from openbunker.query.answers import formats
from openbunker.query.incomplete import COMPLETE_HEADER, Missing
from openbunker.query.question import (
    buckets,
    columns,
    elements,
    filters,
    journeys,
    listing,
    period,
    question,
)
from openbunker.query.question.forms import Form
from openbunker.query.sql import series
from openbunker.query.user_sql import check as select_check
from openbunker.query.user_sql import tree as select_sql
from openbunker.query.user_sql.words import FUNCTIONS
from openbunker_local.lake import limits as query_limits

PAGE = (Path(__file__).parents[4] / "docs/query.md").read_text(encoding="utf-8")
SQL_PAGE = (Path(__file__).parents[4] / "docs/sql.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_question(example: str) -> None:
    body = json.loads(example)
    if listing.is_one(body):
        assert listing.parse(body).select
    else:
        parse = journeys.parse if journeys.is_one(body) else question.parse
        assert parse(body)


def test_every_element_and_limit_of_a_listing_is_on_the_page() -> None:
    for element in listing.LISTING.elements:
        assert f"`{element}`" in PAGE[PAGE.index("## Listing events") :]
    assert f"up to {listing.MAX_FIELDS} field names" in PAGE
    assert f"1 to {listing.MAX_LIMIT} events a page | {listing.DEFAULT_LIMIT} |" in PAGE


def test_every_form_is_on_the_page() -> None:
    told = PAGE[PAGE.index("## Forms") :]
    assert all(f"`{form}`" in told for form in Form)
    assert f"`{formats.CURSOR_HEADER}`" in told
    assert f"`{formats.FRESH_HEADER}`" in told


def test_every_reason_of_what_is_missing_is_on_the_page() -> None:
    told = PAGE[PAGE.index("### Whole, or told") :]
    assert all(f"| `{reason}` |" in told for reason in Missing)
    assert f"`{COMPLETE_HEADER}`" in told


def test_every_word_and_limit_of_sql_is_on_its_page() -> None:
    for word in FUNCTIONS:
        assert re.search(rf"[` ]{word}[` ]", SQL_PAGE), word
    assert f"up to {select_check.MAX_TEXT:,} characters" in SQL_PAGE
    assert f"at most {select_check.MAX_TABLES} times" in SQL_PAGE
    assert f"at most {select_check.MAX_CTES} names by WITH" in SQL_PAGE
    assert f"nests at most {select_check.MAX_NESTING} brackets" in SQL_PAGE
    assert f"At most {select_sql.MAX_ROWS:,} rows" in SQL_PAGE
    assert f"{query_limits.SECONDS:.0f} s on one machine" in SQL_PAGE
    assert f"{query_limits.MAX_SPILL[:-2]} GB of disk" in SQL_PAGE


def test_every_element_and_limit_is_on_the_page() -> None:
    limits = (question.MAX_GROUPS, question.MAX_COMPUTATIONS, filters.MAX_FILTERS,
              question.MAX_ORDERS)  # fmt: skip

    for element in question.QUESTION.elements:
        assert f"| `{element}` |" in PAGE
    assert re.findall(r"\| up to (\d+) ", PAGE) == [str(limit) for limit in limits]
    assert f"1 to {question.MAX_LIMIT} rows | {question.DEFAULT_LIMIT} |" in PAGE
    assert f"at most {period.MAX_DAYS} days" in PAGE
    assert f"at most {columns.MAX_DEPTH} parts and {columns.MAX_NAME} characters" in PAGE
    assert f"at most {elements.MAX_TEXT} characters" in PAGE
    assert f"or {period.MAX_MONTHS} months" in PAGE
    assert f"an array of 1 to {filters.MAX_VALUES} " in PAGE
    assert f"{filters.MAX_ALL_VALUES} values and {filters.MAX_ALL_BYTES} bytes of text" in PAGE
    assert f"at most {buckets.MAX_BUCKETS} buckets" in PAGE
    assert f"at most {series.MAX_CELLS} rows" in PAGE


def test_every_word_of_the_language_is_on_the_page() -> None:
    for word in (*question.Function, *filters.Operator, *buckets.Interval, *period.UNITS_MS):
        assert re.search(rf'[`|"<]{word}[`|\\">]', PAGE), word
