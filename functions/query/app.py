"""Lambda function `query`: wiring only. The walk of a question is in openbunker.query.endpoint."""

from typing import Any

from openbunker.query.endpoint import serve_query
from openbunker.wiring import query

query.ready()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one API Gateway event."""
    return serve_query(event, context, query.current())
