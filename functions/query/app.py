"""Lambda function `query`: wiring only. The walk of a question is in openbunker.query.endpoint."""

from typing import Any

from openbunker import wiring
from openbunker.query.endpoint import serve_query


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one API Gateway event."""
    return serve_query(event, context, wiring.current_query())
