"""The fence under a user's SQL on Athena: nothing passes it, and no worker holds all rows."""

import re

import pytest
import sqlglot
from sqlglot import exp

from openbunker.query import rendering
from openbunker.query.athena.engine import sources
from openbunker.query.scope import Scope
from openbunker.query.user_sql import check, tree
from tests.support.query.athena import DuckAthena, as_duckdb
from tests.support.query.lake import HOUR_MS, NOW_MS, PROJECT, event


def text_of(asked: str) -> str:
    """Return Athena's text for a user's, with an identifier in place of each parameter."""
    bounds = (NOW_MS - HOUR_MS, NOW_MS)
    statement = tree.plan(check.read(asked), Scope(PROJECT), bounds, NOW_MS).statement
    text, values = rendering.athena(statement, *sources(statement, 0))
    assert text.count("?") == len(values)
    return text


@pytest.mark.parametrize(
    "asked",
    [
        "select count(*) from events where cast(url as bigint) > 0",
        "select url, properties from events order by url limit 7",
        "select count(*) from events",
    ],
)
def test_only_the_answer_ends_in_a_limit_and_each_column_is_made_by_chance(asked: str) -> None:
    found = sqlglot.parse_one(text_of(asked), dialect="athena")
    assert isinstance(found, exp.Select)
    fence = found.ctes[0].this
    assert isinstance(fence, exp.Select)
    assert [limit.parent for limit in found.find_all(exp.Limit)] == [found]
    for column in fence.selects:
        (condition,) = column.this.args["ifs"]
        assert condition.this.sql() == "RAND() < 2"


def plan_of(text: str) -> str:
    """Return how DuckDB would run Athena's text: what is read first stands last."""
    client = DuckAthena([event(1)], cold=[event(2)])
    client._database.execute("PRAGMA enable_optimizer")
    filled = re.sub(r"'[^']*'|[?]", lambda found: found[0].replace("?", "'1'"), text)
    rows = client._database.execute(f"EXPLAIN {as_duckdb(filled, [])}").fetchall()
    return str(rows[0][1])


def test_a_condition_stays_above_the_fence_and_goes_to_the_scan_without_it() -> None:
    text = text_of("select count(*) from events where length(url) = 77")
    plan = plan_of(text)
    assert plan.count("77") == 1
    assert plan.index("77") < plan.index("Union")

    bare = re.sub(r'CASE WHEN RAND\(\) < 2 THEN (\w+) END AS "', r'\1 AS "', text)
    assert bare != text
    below = plan_of(bare)
    assert below.index("77") > below.index("Union")
