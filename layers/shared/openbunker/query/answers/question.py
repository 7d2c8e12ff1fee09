"""`POST /v1/query/json`: the walk of one question, or of one page of a listing. Off the hot path.

Knows HTTP; the scope comes from the key, which the caller resolved. No SQL and no engine.
"""

from functools import partial
from typing import Any

from openbunker.core import jsontext
from openbunker.core.errors import QueryUnavailable
from openbunker.core.times import iso
from openbunker.query.answers import failures, formats
from openbunker.query.answers.formats import Answer
from openbunker.query.engine import Statement, Table
from openbunker.query.question import cursor, journeys, listing, question
from openbunker.query.question.forms import Form
from openbunker.query.scope import Scope
from openbunker.query.services import QueryServices
from openbunker.query.sql import aggregates as sql
from openbunker.query.sql import journeys as journeys_sql
from openbunker.query.sql import listing as listing_sql
from openbunker.web.http import Reply, Request


def answer(request: Request, scope: Scope, services: QueryServices, started_ms: int) -> Reply:
    """Return the answer to what the body asks for, in the form that Accept prefers."""
    form = formats.wanted(request.header("accept"))
    body = jsontext.parse(request.body())
    if isinstance(body, dict) and listing.is_one(body):
        found = _listed(form, body, scope, services, started_ms)
    elif isinstance(body, dict) and journeys.is_one(body):
        plan = journeys_sql.plan(journeys.parse(body), scope, started_ms)
        found = _computed(plan, services, started_ms)
    else:
        found = _computed(sql.plan(question.parse(body), scope, started_ms), services, started_ms)
    return formats.reply(form, found)


def run(statement: Statement, services: QueryServices) -> Table:
    """Return the rows of a statement. Raises RequestRefused when the engine fails."""
    try:
        return services.engine.run(statement)
    except QueryUnavailable as error:
        text = "The question cannot be answered at the moment."
        raise failures.refusal(error, text, services.log) from error


def fresh_to(table: Table) -> str | None:
    """Return the time up to which every accepted event is in a table, None where nobody knows."""
    return None if table.fresh_to_ms is None else iso(table.fresh_to_ms)


def _computed(
    plan: sql.Plan | journeys_sql.Plan, services: QueryServices, started_ms: int
) -> Answer:
    table = run(plan.statement, services)
    rows = plan.answer(table)
    more = {
        "row_count": len(rows),
        "elapsed_ms": services.now_ms() - started_ms,
        "fresh_to": fresh_to(table),
    }
    lacks = [*table.incomplete, *plan.lacks(table)]
    return Answer(list(plan.columns), rows, fresh_to(table), more, lacks=lacks)


def _listed(
    form: Form, body: dict[str, Any], scope: Scope, services: QueryServices, started_ms: int
) -> Answer:
    page = listing_sql.page(listing.parse(body), body, scope, started_ms)
    table = run(page.statement, services)
    rows, place = page.rows(table, partial(formats.fitting, form))
    next_ = cursor.text_of(place, body, scope.project_id) if place else None
    more = {
        "row_count": len(rows),
        "cursor": next_,
        "elapsed_ms": services.now_ms() - started_ms,
        "fresh_to": fresh_to(table),
    }
    # What follows is on the next page: the walk lacks nothing.
    return Answer(page.columns, rows, fresh_to(table), more, next_, table.incomplete)
