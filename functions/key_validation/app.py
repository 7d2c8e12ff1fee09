"""Lambda function `key_validation`: wiring only. The check is in openbunker.key_validation."""

from typing import Any

from openbunker.key_validation import serve_validation
from openbunker.wiring import hot

hot.ready(stream=False)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one API Gateway event."""
    return serve_validation(event, context, hot.current())
