"""The SQL of both engines for chosen questions, as data: one line, one case.

After a change that was meant, this writes the file anew; read the difference before committing it:
`PYTHONPATH=.:layers/shared .venv/bin/python -m tests.unit.query.sql.test_golden`
"""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from openbunker.query.athena.engine import sources
from openbunker.query.athena.executions import literal
from openbunker.query.question import question
from openbunker.query.rendering import athena as athena_text
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from openbunker_local.lake.rendering import duckdb as duckdb_text
from tests.support.query.lake import NOW_MS

FILE = Path(__file__).with_name("golden.jsonl")
# The minute up to which everything is cold.
CUT_MS = NOW_MS - 900_000
CASES = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def rendered(case: dict[str, Any]) -> dict[str, Any]:
    """Return what both engines would get for a case."""
    scope = Scope("project-a", case["customer"])
    statement = sql.plan(question.parse(case["question"]), scope, NOW_MS).statement
    text, named = duckdb_text(statement, exp.to_table("events"))
    athena, values = athena_text(statement, *sources(statement, CUT_MS))
    return {
        "duckdb": text,
        "parameters": named,
        "athena": athena,
        "execution_parameters": [literal(value) for value in values],
        "arrival_ms": [statement.from_ms, statement.to_ms],
        "happened_ms": list(statement.cold or ()),
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_question_becomes_this_sql(case: dict[str, Any]) -> None:
    assert rendered(case) == case["expected"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_athenas_text_parses(case: dict[str, Any]) -> None:
    """In the dialect of Athena and in that of the engine below it."""
    for dialect in ("athena", "trino"):
        parsed = sqlglot.parse_one(case["expected"]["athena"], dialect=dialect)

        assert isinstance(parsed, exp.Select)


if __name__ == "__main__":
    written = [
        json.dumps({**case, "expected": rendered(case)}, ensure_ascii=False) for case in CASES
    ]
    FILE.write_text("\n".join(written) + "\n", encoding="utf-8")
