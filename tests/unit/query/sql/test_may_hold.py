"""What is looked for before properties are parsed stands wherever the filter holds."""

import json
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.query.question.columns import Field
from openbunker.query.question.filters import Filter, Operator
from openbunker.query.scope import Scope
from openbunker.query.sql import conditions
from openbunker.query.sql.rows import Rows

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["p3", '"', "\\", "é", "/", "\x7f", "\u2028", "\U0001f600", "null", "1"]
)
PLAN = Field("plan", path=("plan",))


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as found:
        yield found


def may_hold(database: duckdb.DuckDBPyConnection, one: Filter, stored: str) -> bool:
    rows = Rows(Scope("project-a"))
    condition = conditions.may_hold(rows, one)
    assert condition
    text = f"SELECT {condition.sql('duckdb')} FROM (SELECT $stored AS properties)"
    ((found,),) = database.execute(text, {"stored": stored, **rows.parameters}).fetchall()
    return bool(found)


def equals(value: str) -> Filter:
    return Filter(PLAN, Operator.EQUALS, value)


@given(value=TEXTS, ascii_only=st.booleans(), spaced=st.booleans(), slashes=st.booleans())
def test_no_row_is_passed_over_that_meets_the_filter(
    database: duckdb.DuckDBPyConnection, value: str, ascii_only: bool, spaced: bool, slashes: bool
) -> None:
    """However the text is spelled in the properties, as JSON may be."""
    separators = None if spaced else (",", ":")
    stored = json.dumps({"a": 1, "plan": value}, ensure_ascii=ascii_only, separators=separators)
    stored = stored.replace("/", "\\/") if slashes else stored
    assert may_hold(database, equals(value), stored)
    among = Filter(PLAN, Operator.IN, ("other", value))
    assert may_hold(database, among, stored)


def test_others_are(database: duckdb.DuckDBPyConnection) -> None:
    assert not may_hold(database, equals("p3"), '{"plan":"p33","n":"xp3"}')


@pytest.mark.parametrize(
    "one",
    [
        Filter(Field("country", "country"), Operator.EQUALS, "DE"),
        Filter(PLAN, Operator.NOT_EQUALS, "p3"),
        Filter(PLAN, Operator.EQUALS, 3),
        Filter(PLAN, Operator.EQUALS, None),
        Filter(PLAN, Operator.IN, ("p3", None)),
        Filter(PLAN, Operator.IN, tuple("abcdef")),
        Filter(PLAN, Operator.EQUALS, "x" * 201),
        Filter(PLAN, Operator.EXISTS, None),
    ],
)
def test_where_nothing_stands_for_certain_nothing_is_looked_for(one: Filter) -> None:
    assert conditions.may_hold(Rows(Scope("project-a")), one) is None
