"""The SQL of both engines over refused rows, as data. To write it anew after a change:
`PYTHONPATH=.:layers/shared .venv/bin/python -m tests.unit.query.sql.test_refused_golden`
"""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from openbunker.erasure.model import Hidden
from openbunker.query.athena.executions import literal
from openbunker.query.athena.partitions import Begins, arrived
from openbunker.query.engine import Statement
from openbunker.query.rendering import athena as athena_text
from openbunker.query.scope import REFUSED
from openbunker.query.sql import refused as refused_sql
from openbunker.query.sql.refused import Wanted
from openbunker_local.lake.rendering import duckdb as duckdb_text
from tests.support.query.lake import NOW_MS

FILE = Path(__file__).with_name("refused.json")
EVIL = "x'; DROP TABLE refused; --"
WANTED: dict[str, dict[str, Any]] = {
    "all": {},
    "reason": {"reason": "invalid_schema"},
    "page": {"after_id": "0" * 32},
    "both": {"reason": EVIL, "dialect": EVIL},
    "hidden": {"hidden": (Hidden("ü'; DROP", 7), Hidden("b", 8))},
}


def statement(what: str, which: str) -> Statement:
    wanted = Wanted(project_id=EVIL, from_ms=NOW_MS - 60_000, to_ms=NOW_MS, **WANTED[which])
    return (refused_sql.groups if what == "groups" else refused_sql.rows)(wanted)


def rendered(what: str, which: str) -> dict[str, Any]:
    found = statement(what, which)
    text, named = duckdb_text(found, exp.to_table(REFUSED))
    athena, values = athena_text(found, arrived(found, Begins(hours_ms=lambda: 0)))
    return {
        "duckdb": text,
        "parameters": named,
        "athena": athena,
        "execution_parameters": [literal(value) for value in values],
        "arrival_ms": [found.from_ms, found.to_ms],
    }


ALL = [(what, which) for what in ("groups", "rows") for which in WANTED]


@pytest.mark.parametrize(("what", "which"), ALL)
def test_it_becomes_this_sql(what: str, which: str) -> None:
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    assert rendered(what, which) == kept[f"{what}-{which}"]


@pytest.mark.parametrize(("what", "which"), ALL)
def test_the_project_is_bound_in_every_reading_and_no_value_is_text(what: str, which: str) -> None:
    found = rendered(what, which)
    assert "DROP" not in found["duckdb"] + found["athena"]
    for dialect in ("athena", "trino"):
        assert isinstance(sqlglot.parse_one(found["athena"], dialect=dialect), exp.Select)
    tables = list(statement(what, which).tree.find_all(exp.Table))
    assert [table.name for table in tables] == [REFUSED, REFUSED]
    for table in tables:
        scope = table.parent_select
        assert scope is not None
        conditions = list(scope.args["where"].find_all(exp.EQ))
        assert "project_id" in {condition.this.name for condition in conditions}


if __name__ == "__main__":
    told = {f"{what}-{which}": rendered(what, which) for what, which in ALL}
    FILE.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
