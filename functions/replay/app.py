"""Lambda function `replay`: wiring only. What it does is in openbunker.replay."""

from typing import Any

from openbunker.replay import serve_replay
from openbunker.wiring import replay


@replay.told
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Replay the messages of one event of the spill queue."""
    return serve_replay(event, context, replay.current())
