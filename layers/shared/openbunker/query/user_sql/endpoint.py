"""`POST /v1/query/sql`: one SELECT of a user over the events of a project. Off the hot path.

Knows HTTP; the scope comes from the key, which the caller resolved. A text is held to the project
alone, so a key that is bound to one customer, or to filters, is refused here.
"""

import re
from dataclasses import dataclass
from typing import Any

from openbunker.core import jsontext
from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.query.answers import formats
from openbunker.query.answers import question as answering
from openbunker.query.answers.formats import Answer
from openbunker.query.engine import StatementRejected
from openbunker.query.question import bodies, period, problems
from openbunker.query.question.basis import Basis
from openbunker.query.question.bodies import Choice, Element, Object
from openbunker.query.question.period import Period
from openbunker.query.scope import Scope
from openbunker.query.services import QueryServices
from openbunker.query.user_sql import check as select_check
from openbunker.query.user_sql import tree as select_sql
from openbunker.web.http import Reply, Request

PATH = "/v1/query/sql"
METHOD = "POST"
MAX_ECHO = 300
# What engines say around the words that help: where in our statement, which of their queries.
_AROUND = re.compile(r"^\S+ FAILED: |\bline [0-9]+:[0-9]+: ")


@dataclass(frozen=True, slots=True)
class Text:
    """A SELECT, and the period in which the events happened, or came, that it may see."""

    sql: str
    time_period: Period
    time_basis: Basis = Basis.EVENT


TEXT = Object(
    Text,
    {
        "sql": Element(bodies.Text(), required=True),
        "time_period": Element(period.KIND, required=True),
        "time_basis": Element(Choice(Basis)),
    },
)


def answer(request: Request, scope: Scope, services: QueryServices, started_ms: int) -> Reply:
    """Return the rows of a SELECT, in the form that Accept prefers. Raises RequestRefused."""
    if scope.customer_identifier is not None or scope.filters:
        text = "SQL needs a key that is not bound to one customer or to filters."
        raise RequestRefused(Reason.SCOPED_KEY, text)
    form = formats.wanted(request.header("accept"))
    asked = _parsed(jsontext.parse(request.body()))
    bounds = asked.time_period.bounds(started_ms)
    tree = select_check.read(asked.sql)
    plan = select_sql.plan(tree, scope, bounds, started_ms, asked.time_basis)
    try:
        table = answering.run(plan.statement, services)
    except StatementRejected as error:
        raise RequestRefused(Reason.INVALID_QUERY, f"sql: {_said(error)}") from error
    columns, rows = _unique(table.columns), plan.rows(table)
    fresh_to = answering.fresh_to(table)
    more = {
        "row_count": len(rows),
        "elapsed_ms": services.now_ms() - started_ms,
        "fresh_to": fresh_to,
    }
    lacks = [*table.incomplete, *plan.lacks(table)]
    return formats.reply(form, Answer(columns, rows, fresh_to, more, lacks=lacks))


def _parsed(body: Any) -> Text:
    if not isinstance(body, dict):
        raise RequestRefused(Reason.INVALID_QUERY, "The request is a JSON object.")
    return problems.read(TEXT, body)


def _said(error: StatementRejected) -> str:
    """Return the first line of what an engine says is wrong; the rest shows our statement."""
    first = str(error).partition("\n")[0]
    return _AROUND.sub("", first)[:MAX_ECHO]


def _unique(names: Any) -> list[str]:
    for name in names:
        if list(names).count(name) > 1:
            text = f"sql: two columns are called {name}; give them names with AS"
            raise RequestRefused(Reason.INVALID_QUERY, text)
    return list(names)
