"""Nothing that a question says can reach rows outside its scope: the tree is read, not the text."""

from functools import cache
from typing import Any

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from openbunker.core.errors import RequestRefused
from openbunker.query.athena.engine import sources
from openbunker.query.athena.executions import literal
from openbunker.query.question import listing, question
from openbunker.query.rendering import athena as athena_text
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from openbunker.query.sql import listing as listing_sql
from openbunker.query.sql.aggregates import Plan
from openbunker_local.lake.rendering import duckdb as duckdb_text
from tests.support.laws import drawn
from tests.support.query import strategies
from tests.support.query.athena import as_duckdb
from tests.support.query.lake import NOW_MS

SCOPE = Scope("my-project", "my-customer")
INJECTIONS = (
    "' OR 1=1 --", "'; DROP TABLE events; --", "x') OR project_id = 'other", "$project", ":project",
    "?", "$1", "\u2019 OR 1=1", "/*", "project_id", "events", "1; SELECT * FROM events",
    "']' || '", "$.a'] OR '1'='1", "%", "{{x}}", "a' UNION SELECT * FROM events --",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(INJECTIONS), st.text(max_size=20))


def plan_of(body: dict[str, Any]) -> Plan:
    return sql.plan(question.parse(body), SCOPE, NOW_MS)


def conditions_of(select: exp.Select) -> set[str]:
    where = select.args.get("where")
    return {one.sql("duckdb") for one in _all_of(where.this)} if where else set()


def _all_of(condition: exp.Expr) -> list[exp.Expr]:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        return [*_all_of(condition.left), *_all_of(condition.right)]
    return [condition]


def scopes_below(tree: exp.Query) -> dict[str, set[str]]:
    """Return, for each table, what holds wherever it is read, whatever the query reads of it."""
    found: dict[str, set[str]] = {}
    for table in tree.find_all(exp.Table):
        select = table.find_ancestor(exp.Select)
        assert select is not None
        here = conditions_of(select)
        found[table.name] = found.get(table.name, here) & here
    return found


def parts_of(tree: exp.Query) -> list[set[str]]:
    """Return the conditions of the two parts of the rows: what is hot, and what is cold."""
    (union,) = (
        found
        for found in tree.find_all(exp.Union)
        if found.parent and found.parent.alias in ("first_copies", "both")
    )
    hot, cold = union.left, union.right
    assert isinstance(hot, exp.Select)
    assert isinstance(cold, exp.Select)
    return [conditions_of(hot), conditions_of(cold)]


def injected(text: str) -> dict[str, Any]:
    """Return a question with a text wherever a question takes one."""
    return {
        "time_period": "minus_5_minutes",
        "group_by": [text],
        "computations": [
            {"function": "count"},
            *({"function": name, "field_name": f"{text}.x"} for name in question.Function),
        ],
        "filters": [
            {"field_name": text, "op": "equals", "value": text},
            {"field_name": "event_name", "op": "equals", "value": text},
            {"field_name": "event_name", "op": "contains", "value": f"x{text}"},
            {"field_name": text, "op": "starts_with", "value": f"x{text}"},
            {"field_name": text, "op": "contains", "value": f"x{text}"},
            {"field_name": text, "op": "gt", "value": text},
            {"field_name": text, "op": "not_in", "value": [text, 5, None, True]},
            {"field_name": text, "op": "equals", "value": [text, 5, None]},
            {"field_name": text, "op": "exists"},
        ],
        "group_by_date": {"interval": "day", "timezone": "Europe/Berlin"},
        "order_by": [{"field_name": text}, {"field_name": "date"}],
    }


def texts(plan: Plan) -> list[str]:
    """Return what each engine is told."""
    source = exp.to_table("events")
    return [engine(plan.statement, source)[0] for engine in (duckdb_text, athena_text)]


@cache
def harmless() -> list[str]:
    return texts(plan_of(injected("harmless")))


@drawn(10, of=40)
@given(TEXTS)
def test_no_text_of_a_question_changes_the_statement(text: str) -> None:
    """The same question with a harmless name gives the same SQL: what differs is bound."""
    try:
        plan = plan_of(injected(text))
    except RequestRefused:
        return  # a name that no field has, or a column: neither reaches the tree as text
    if question.parse(injected(text)).group_by[0].column:
        return

    assert texts(plan) == harmless()


@drawn(12, of=50)
@given(strategies.bodies())
def test_every_read_of_events_is_held_to_the_scope(body: dict[str, Any]) -> None:
    """Whatever is asked, the project holds in every read, and the customer in all that comes up."""
    plan = plan_of(body)

    assert scopes_below(plan.statement.tree) == {
        "events": {"project_id = $project"},
        "cold_events": {"customer_identifier = $customer", "project_id = $project"},
        "cold_keys": {"project_id = $project"},
    }
    hot, cold = parts_of(plan.statement.tree)
    assert "hot.customer_identifier = $customer" in hot
    assert "customer_identifier = $customer" in cold
    assert plan.statement.parameters["project"] == "my-project"
    assert plan.statement.parameters["customer"] == "my-customer"


@drawn(12, of=50)
@given(strategies.bodies(), TEXTS)
def test_the_text_of_athena_reads_as_what_was_built(body: dict[str, Any], text: str) -> None:
    """Parsed back, with values in place, it is one SELECT over one table, held to the scope."""
    body = {**body, "filters": [{"field_name": "event_name", "op": "equals", "value": text}]}
    try:
        plan = plan_of(body)
    except RequestRefused:
        return
    statement, values = athena_text(plan.statement, *sources(plan.statement, NOW_MS))

    found = sqlglot.parse(as_duckdb(statement, [literal(value) for value in values]), "duckdb")

    assert len(found) == 1
    assert isinstance(found[0], exp.Select)
    reads = [table.name for table in found[0].find_all(exp.Table)]
    assert sorted(reads) == ["cold_events", "cold_events", "events"]  # one of them for keys
    assert found[0].sql("duckdb").count("project_id = 'my-project'") == len(reads)
    assert found[0].sql("duckdb").count("customer_identifier = 'my-customer'") == 2


@drawn(10, of=40)
@given(strategies.bodies(), st.lists(strategies.filters(), min_size=1, max_size=3))
def test_the_filters_of_a_key_hold_below_whatever_is_asked(
    body: dict[str, Any], of_key: list[dict[str, Any]]
) -> None:
    """The one query that the question is built on has them, and nothing beside them."""
    filters = question.parse_filters(of_key)
    tree = sql.plan(question.parse(body), Scope("p", filters=filters), NOW_MS).statement.tree
    alone = sql.plan(question.parse({"time_period": "minus_1_days"}), Scope("p"), NOW_MS)

    (rows,) = (one for one in tree.find_all(exp.Subquery) if one.alias == "first_copies")
    assert isinstance(rows.this, exp.Select)
    condition = rows.this.args["where"].this
    held = list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
    assert len(held) >= len(filters)
    assert not condition.find(exp.Table)
    assert len(list(tree.find_all(exp.Table))) == len(
        list(alone.statement.tree.find_all(exp.Table))
    )


def test_a_scope_without_customer_has_the_project_alone() -> None:
    plan = sql.plan(question.parse({"time_period": "minus_1_days"}), Scope("p"), NOW_MS)

    project = {"project_id = $project"}
    tables = ("events", "cold_events", "cold_keys")
    assert scopes_below(plan.statement.tree) == dict.fromkeys(tables, project)
    assert "customer" not in plan.statement.parameters


def test_a_page_is_held_to_the_scope_whole_and_in_steps() -> None:
    body = {"select": ["*"], "time_period": "minus_5_minutes", "limit": 3}
    statement = listing_sql.page(listing.parse(body), body, SCOPE, NOW_MS).statement
    assert statement.steps is not None
    rows = statement.steps.rows([1, 2], (0, 1), 100)

    for tree in (statement.tree, statement.steps.keys.tree, rows.tree):
        below = scopes_below(tree)
        assert set(below) == {"events", "cold_events", "cold_keys"}
        assert all("project_id = $project" in here for here in below.values())
        hot, cold = parts_of(tree)
        assert "hot.customer_identifier = $customer" in hot
        assert "customer_identifier = $customer" in cold
    assert all("dedupe_hash IN (1, 2)" in here for here in scopes_below(rows.tree).values())


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_project_id_is_bound_too(text: str) -> None:
    plan = sql.plan(question.parse({"time_period": "minus_1_days"}), Scope(text, text), NOW_MS)

    assert text not in duckdb_text(plan.statement, exp.to_table("events"))[0] or text in (
        "$project", "project_id", "events",
    )  # fmt: skip
    assert plan.statement.parameters["project"] == text


@pytest.mark.parametrize(
    ("value", "told"),
    [("it's", "'it''s'"), ("", "''"), ("'", "''''"), (5, "5"), (2.5, "2.5"), (1e300, "1E+300")],
)
def test_a_parameter_of_athena_carries_its_own_quotes(value: Any, told: str) -> None:
    assert literal(value) == told
