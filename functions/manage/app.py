"""Lambda function `manage`: wiring only. The walk of a request is in openbunker.manage.endpoint."""

from typing import Any

from openbunker.manage.endpoint import serve_manage
from openbunker.wiring import manage

manage.ready()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one API Gateway event."""
    return serve_manage(event, context, manage.current())
