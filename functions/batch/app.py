"""Lambda function `batch`: wiring only. The walk of a request is in openbunker.ingest.pipeline."""

from typing import Any

from openbunker.ingest.pipeline import serve
from openbunker.wiring import hot

hot.ready(mistakes=True)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one API Gateway event."""
    return serve(event, context, hot.current())
