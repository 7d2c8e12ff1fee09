"""`docs/query.md` and the model say the same."""

import json
import re
from pathlib import Path

import pytest

from openbunker.query import (
    buckets,
    columns,
    elements,
    filters,
    period,
    question,
    series,
)
from openbunker.query.question import Question

PAGE = (Path(__file__).parents[3] / "docs/query.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_question(example: str) -> None:
    assert question.parse(json.loads(example)).columns


def test_every_element_and_limit_is_on_the_page() -> None:
    limits = (question.MAX_GROUPS, question.MAX_COMPUTATIONS, filters.MAX_FILTERS,
              question.MAX_ORDERS)  # fmt: skip

    for element in Question.model_fields:
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
