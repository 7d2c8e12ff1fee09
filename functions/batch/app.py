"""Lambda function `batch`: wiring only. The walk of a request is in openbunker.pipeline."""

from typing import Any

from openbunker import wiring
from openbunker.pipeline import serve


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one API Gateway event."""
    return serve(event, context, wiring.current())
