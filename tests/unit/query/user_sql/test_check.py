"""What a user's SQL cannot say: everything that is not listed, told by line and column."""

import random
from typing import Any

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.query.rendering import athena as athena_text
from openbunker.query.scope import Scope
from openbunker.query.user_sql import check as select_check
from openbunker.query.user_sql import tree as select_sql
from openbunker.query.user_sql.words import FUNCTIONS, WORDS
from openbunker_local.lake.rendering import duckdb as duckdb_text
from tests.support.laws import each
from tests.support.query.escapes import ESCAPES


def refusal(text: str) -> str:
    with pytest.raises(RequestRefused) as refused:
        select_check.read(text)
    assert refused.value.reason is Reason.INVALID_QUERY
    return refused.value.message


@each("text", ESCAPES)
def test_what_is_not_listed_is_refused(text: str) -> None:
    told = refusal(text)

    assert told.startswith("sql:")
    assert len(told) < 1500


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("select 1\nfrom event", "line 2, column 6: there is no table event, only events"),
        ("select  plan from events", "line 1, column 9: there is no column plan; a field of your"),
        ("select foo(1) from events", "line 1, column 8: there is no function foo; there are abs,"),
        ("select 1 from\n events where (", "line 2, column 15: cannot be read near '('"),
        ("select url from events fetch first 1 rows only", "FETCH"),
        ("drop table events", "is one SELECT; nothing else is run"),
        ("select 1 from events; select 2", "is one SELECT, not several statements"),
        ("select interval '1' century from events", "there is no such unit; there are DAY"),
        ("select cast(url as json) from events", "there is no such type here; there are varchar"),
    ],
)
def test_a_mistake_is_told_by_its_place(text: str, told: str) -> None:
    assert told in refusal(text)


def sound(text: str) -> exp.Expr | None:
    """Return the tree of what both engines would run for a text; None when it is refused."""
    try:
        tree = select_check.read(text)
    except RequestRefused:
        return None
    select = select_sql.plan(tree, Scope("mine"), (0, 1), 2)
    sources = [exp.select("*").from_(name).subquery(of) for name, of in SOURCES.items()]
    duckdb, named = duckdb_text(select.statement, *sources)
    athena, values = athena_text(select.statement, *sources)
    assert named["project"] == "mine" and "mine" in values
    for rendered, dialect in ((duckdb, "duckdb"), (athena, "athena")):
        parsed = sqlglot.parse(rendered, dialect=dialect)
        assert len(parsed) == 1 and parsed[0] is not None
        assert isinstance(parsed[0], exp.Query)
        rows, *_ = parsed[0].ctes
        assert rows.alias == select_sql.ROWS
        for table in parsed[0].find_all(exp.Table):
            reads = table.name in SOURCES
            assert reads == (table.find_ancestor(exp.CTE) is rows), rendered
            assert reads or table.name.startswith(("scope_rows", "with_")), rendered
            assert not table.db and not table.catalog
    return tree


SOURCES = {"hot_objects": "events", "cold_files": "cold_events", "cold_again": "cold_keys"}
PIECES = [
    *("select", "from", "events", "where", "(", ")", ",", "*", "as", "a", "b", "url", "1", "'x'"),
    *("with", "union all", "join", "on", "group by", "order by", "limit", "1", "count(*)", ";"),
    *("events e", "main.", "\"events\"", "--", "/*", "*/", "cold_events", "=", "or", "true", "in"),
    *("exists", "read_csv('x')", "lateral", "unnest", "values", "over", "case when", "end", "::"),
    *("properties", "->", "->>", "[", "]", "{", "}", "?", ":x", "$1", "interval", "cast(", "null"),
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join))
def test_random_words_are_refused_or_held_to_the_scope(text: str) -> None:
    sound("select " + text)


@settings(max_examples=300, deadline=None)
@given(st.integers(), st.sampled_from(ESCAPES[:120]), st.sampled_from(ESCAPES[:120]))
def test_escapes_within_a_select_are_refused_or_held_to_the_scope(
    seed: int, one: str, other: str
) -> None:
    chance = random.Random(seed)
    wrapped: list[Any] = [
        f"select * from ({one}) x",
        f"with x as ({one}) select * from x",
        f"select url from events where url in ({one})",
        f"select url from events union all {one}",
        f"{one} union {other}",
        f"select ({one}) from events e",
        "".join(chance.choice(pair) for pair in zip(one, other, strict=False)),
        one[: chance.randint(0, len(one))] + other[chance.randint(0, len(other)) :],
    ]
    sound(chance.choice(wrapped))


def test_the_fuzz_finds_selects_that_run() -> None:
    """A law about trees that are all refused would say nothing."""
    assert sound("select * from (select url from events) x join events e on e.url = x.url")
    assert sound("with main as (select 1 a from events) select a from main union all select 2")


def test_every_listed_function_is_known_by_the_name_it_is_told_by() -> None:
    for name in FUNCTIONS:
        found = sqlglot.parse_one(f"select {name}", dialect="trino").find(exp.Column)
        assert found is not None, name
    assert exp.Anonymous not in WORDS
    assert exp.Command not in WORDS
