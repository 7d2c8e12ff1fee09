"""The largest question and the largest key fit into one statement of Athena (262,144 bytes)."""

from typing import Any

from openbunker.query.athena.executions import literal
from openbunker.query.question import question
from openbunker.query.question.elements import MAX_TEXT
from openbunker.query.question.filters import MAX_ALL_BYTES, MAX_ALL_VALUES, MAX_FILTERS, MAX_VALUES
from openbunker.query.question.question import MAX_COMPUTATIONS, MAX_GROUPS, MAX_ORDERS
from openbunker.query.rendering import athena as athena_text
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from tests.support.query.lake import NOW_MS

MOST_BYTES = 262_144


def named(number: int) -> str:
    return f"{number:03}" + "ö" * 197


def filters(first: int) -> list[dict[str, Any]]:
    """Return as many filters as there may be, whose texts stand in the statement most often."""
    length = MAX_ALL_BYTES // MAX_TEXT
    texts = [{"field_name": named(first + n), "op": "contains", "value": "x" * MAX_TEXT}
             for n in range(length)]  # fmt: skip
    lists = [{"field_name": named(first + 100 + n), "op": "not_in",
              "value": list(range(MAX_VALUES))}
             for n in range((MAX_ALL_VALUES - MAX_FILTERS) // MAX_VALUES)]  # fmt: skip
    rest = MAX_FILTERS - length - len(lists)
    numbers = [{"field_name": named(first + 200 + n), "op": "gt", "value": 5} for n in range(rest)]
    return [*texts, *lists, *numbers]


def test_the_largest_question_fits() -> None:
    groups = [named(500 + n) for n in range(MAX_GROUPS)]
    body = {
        "time_period": "minus_119_months",
        "group_by": groups,
        "group_by_date": {"interval": "month", "timezone": "Europe/Berlin"},
        "computations": [{"function": "p99", "field_name": named(600 + n)}
                         for n in range(MAX_COMPUTATIONS)],
        "filters": filters(0),
        "order_by": [{"field_name": name} for name in groups[:MAX_ORDERS]],
    }  # fmt: skip
    scope = Scope("p" * 100, "c" * 1000, filters=question.parse_filters(filters(300)))

    statement = sql.plan(question.parse(body), scope, NOW_MS).statement
    text, values = athena_text(statement)

    size = len(text.encode()) + sum(len(literal(value).encode()) for value in values)
    assert size < MOST_BYTES
