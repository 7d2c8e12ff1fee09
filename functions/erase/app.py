"""Lambda function `erase`: wiring only. What it does is in openbunker.compaction."""

from typing import Any

from openbunker.compaction.endpoint import serve_erasure
from openbunker.wiring import compaction


@compaction.told
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Run once, for one event of the schedule."""
    return serve_erasure(event, context, compaction.current())
