"""`POST /v1/query/iframe`: a question, and the page of its answer. Knows no key and no SQL.

What goes wrong is answered as JSON, as on the other routes; a page is always an answer.
"""

from openbunker.core import jsontext
from openbunker.query import incomplete
from openbunker.query.answers import question as answering
from openbunker.query.chart import look, page
from openbunker.query.chart.look import Shape
from openbunker.query.chart.shown import shown
from openbunker.query.question import question
from openbunker.query.question.question import MAX_LIMIT, Function, Question
from openbunker.query.scope import Scope
from openbunker.query.services import QueryServices
from openbunker.query.sql import aggregates as sql
from openbunker.web.http import Reply, Request

METHOD = "POST"
PATH = "/v1/query/iframe"
# Their values over several groups may be summed up.
_ADDITIVE = (Function.COUNT, Function.SUM)


def answer(request: Request, scope: Scope, services: QueryServices, started_ms: int) -> Reply:
    """Return the page of a question's answer. Raises RequestRefused for a wrong element."""
    body = jsontext.parse(request.body())
    asked_look = None
    if isinstance(body, dict):
        body = dict(body)
        asked_look = body.pop("chart", None)
        body.setdefault("limit", MAX_LIMIT)  # a chart of the first rows alone is a wrong chart
    wanted, asked = look.parse(asked_look), question.parse(body)
    shape = shape_of(asked)
    kind = look.chosen(wanted, shape)
    plan = sql.plan(asked, scope, started_ms)
    table = answering.run(plan.statement, services)
    fresh_to = answering.fresh_to(table)
    buckets = max(0, len(asked.edges(started_ms)) - 1)
    seen = shown(asked, plan, table, buckets)
    text = page.page(wanted, kind, shape, seen, fresh_to)
    return Reply(200, None, page.headers() | incomplete.headers(seen.lacks), text=text)


def shape_of(asked: Question) -> Shape:
    """Return what the columns of a question's answer mean."""
    return Shape(
        columns=asked.columns,
        computed=len(asked.columns) - len(asked.computations),
        date=0 if asked.group_by_date else None,
        timezone=asked.zone.key,
        ordered=bool(asked.order_by),
        additive=all(computed.function in _ADDITIVE for computed in asked.computations),
    )
