"""Lambda function `key_validation`: wiring only. The check is in openbunker.validation."""

from typing import Any

from openbunker import wiring
from openbunker.validation import serve_validation


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one API Gateway event."""
    return serve_validation(event, context, wiring.current())
