"""Builds the services of track, batch and key_validation, once, at first use.

Every import here is paid by whoever sends the first event. Importing a handler has no side effects.
"""

import time

from openbunker.core import ids
from openbunker.ingest.services import Services
from openbunker.sinks.failover import FailoverSink, LazySink
from openbunker.sinks.refused import HourShare, StreamRefusedSink
from openbunker.sinks.sink import Sink, StreamClient
from openbunker.wiring import clients, system
from openbunker.wiring.config import Settings
from openbunker.wiring.serving import Installed, once


def current() -> Services:
    """Return the services of the hot path. With wrong settings they answer 503 to everything."""
    return Installed.services or _deployed()


@once
def _deployed() -> Services:
    settings = clients.settings_or_none()
    if settings is None:
        from openbunker.wiring.unwired import Unwired  # noqa: PLC0415  # nobody is served then

        return Services(
            keys=Unwired(),
            sink=Unwired(),
            now_ms=system.now_ms,
            new_id=ids.new_id,
            log=clients.log(),
        )
    spill = LazySink(lambda: _spill(settings))
    refused = settings.refused_stream and clients.stream(settings, settings.refused_stream)
    return Services(
        keys=clients.cached_keys(settings),
        sink=FailoverSink(clients.sink(settings), spill, time.monotonic),
        now_ms=system.now_ms,
        new_id=ids.new_id,
        log=clients.log(),
        refused=_refused(refused) if refused else None,
        country_header=(settings.country_header or "").lower(),
    )


def _refused(stream: StreamClient) -> StreamRefusedSink:
    return StreamRefusedSink(stream, HourShare(system.now_ms), clients.log())


def _spill(settings: Settings) -> Sink:
    from openbunker.wiring import spill  # noqa: PLC0415  # a healthy stream never needs it

    return spill.sink(settings)
