"""Nothing that a question says can reach rows outside its scope: the tree is read, not the text."""

from typing import Any

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from openbunker.errors import RequestRefused
from openbunker.query import question, rendering, sql
from openbunker.query.athena import partitions
from openbunker.query.executions import literal
from openbunker.query.scope import Scope
from openbunker.query.sql import Plan
from tests.unit.query_support import strategies
from tests.unit.query_support.athena import as_duckdb
from tests.unit.query_support.lake import NOW_MS

SCOPE = Scope("my-project", "my-customer")
INJECTIONS = (
    "' OR 1=1 --", "'; DROP TABLE events; --", "x') OR project_id = 'other", "$project", ":project",
    "?", "$1", "\u2019 OR 1=1", "/*", "project_id", "events", "1; SELECT * FROM events",
    "']' || '", "$.a'] OR '1'='1", "%", "{{x}}", "a' UNION SELECT * FROM events --",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(INJECTIONS), st.text(max_size=20))


def plan_of(body: dict[str, Any]) -> Plan:
    return sql.plan(question.parse(body), SCOPE, NOW_MS)


def scopes_below(tree: exp.Query) -> list[set[str]]:
    """Return, for every use of a table, the conditions of the query that reads it."""
    found = []
    for table in tree.find_all(exp.Table):
        select = table.find_ancestor(exp.Select)
        assert select is not None
        condition = select.args["where"].this
        conditions = condition.flatten() if isinstance(condition, exp.And) else [condition]
        found.append({one.sql("duckdb") for one in conditions})
    return found


def injected(text: str) -> dict[str, Any]:
    """Return a question with a text wherever a question takes one."""
    return {
        "time_period": "minus_5_minutes",
        "group_by": [text],
        "computations": [{"function": "sum", "field_name": f"{text}.x"}, {"function": "count"}],
        "filters": [
            {"field_name": text, "op": "equals", "value": text},
            {"field_name": "event_name", "op": "equals", "value": text},
        ],
        "order_by": [{"field_name": text}],
    }


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_no_text_of_a_question_changes_the_statement(text: str) -> None:
    """The same question with a harmless name gives the same SQL: what differs is bound."""
    try:
        plan = plan_of(injected(text))
    except RequestRefused:
        return  # a name that no field has, or a column: neither reaches the tree as text
    if question.parse(injected(text)).group_by[0].column:
        return

    harmless = plan_of(injected("harmless"))

    for engine in (rendering.duckdb, rendering.athena):
        source = exp.to_table("events")
        assert engine(plan.statement, source)[0] == engine(harmless.statement, source)[0]


@settings(max_examples=100, deadline=None)
@given(strategies.bodies())
def test_every_read_of_events_is_held_to_the_scope(body: dict[str, Any]) -> None:
    """Whatever is asked, there is one read, and the project and the customer are its condition."""
    plan = plan_of(body)

    assert scopes_below(plan.statement.tree) == [
        {"project_id = $project", "customer_identifier = $customer"}
    ]
    assert plan.statement.parameters["project"] == "my-project"
    assert plan.statement.parameters["customer"] == "my-customer"


@settings(max_examples=100, deadline=None)
@given(strategies.bodies(), TEXTS)
def test_the_text_of_athena_reads_as_what_was_built(body: dict[str, Any], text: str) -> None:
    """Parsed back, with values in place, it is one SELECT over one table, held to the scope."""
    body = {**body, "filters": [{"field_name": "event_name", "op": "equals", "value": text}]}
    try:
        plan = plan_of(body)
    except RequestRefused:
        return
    statement, values = rendering.athena(plan.statement, partitions(plan.statement))

    found = sqlglot.parse(as_duckdb(statement, [literal(value) for value in values]), "duckdb")

    assert len(found) == 1
    assert isinstance(found[0], exp.Select)
    assert [table.name for table in found[0].find_all(exp.Table)] == ["events"]
    assert "project_id = 'my-project'" in found[0].sql("duckdb")


def test_a_scope_without_customer_has_the_project_alone() -> None:
    plan = sql.plan(question.parse({"time_period": "minus_1_days"}), Scope("p"), NOW_MS)

    assert scopes_below(plan.statement.tree) == [{"project_id = $project"}]


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_project_id_is_bound_too(text: str) -> None:
    plan = sql.plan(question.parse({"time_period": "minus_1_days"}), Scope(text, text), NOW_MS)

    assert text not in rendering.duckdb(plan.statement, exp.to_table("events"))[0] or text in (
        "$project", "project_id", "events",
    )  # fmt: skip
    assert plan.statement.parameters["project"] == text


@pytest.mark.parametrize(
    ("value", "told"),
    [("it's", "'it''s'"), ("", "''"), ("'", "''''"), (5, "5"), (2.5, "2.5"), (1e300, "1E+300")],
)
def test_a_parameter_of_athena_carries_its_own_quotes(value: Any, told: str) -> None:
    assert literal(value) == told
