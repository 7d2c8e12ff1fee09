"""Builds the services of the replay function, once, at first use."""

from openbunker.aws.client import FIREHOSE
from openbunker.replay import ReplayServices
from openbunker.web import powertools_lines
from openbunker.wiring import clients, spill
from openbunker.wiring.serving import once

_LINES = powertools_lines.of(*clients.names())
told = powertools_lines.told(_LINES, "Records[0].messageId")


@once
def current() -> ReplayServices:
    """Return the services of the replay function. Raises InvalidSettings: the messages stay."""
    settings = clients.settings()
    return ReplayServices(
        sink=clients.sink(settings, clients.client(settings, FIREHOSE)),
        objects=spill.bucket(settings),
        log=_LINES,
    )
