"""Builds the services of track, batch and key_validation, once, ahead of the first event.

Every import here is paid by whoever waits for a start. On Lambda importing a handler builds and
connects, see `serving.ahead`; elsewhere it has no side effects.
"""

import time
from dataclasses import dataclass

from openbunker.aws.client import DYNAMODB, FIREHOSE, AwsJsonClient
from openbunker.core import ids
from openbunker.ingest.services import Services
from openbunker.sinks.failover import FailoverSink, LazySink
from openbunker.sinks.firehose_client import FirehoseClient
from openbunker.sinks.refused import HourShare, StreamRefusedSink
from openbunker.sinks.sink import Sink, StreamClient
from openbunker.web.edge import Edge
from openbunker.wiring import clients, serving, system
from openbunker.wiring.config import Settings
from openbunker.wiring.serving import Installed, once


@dataclass(frozen=True, slots=True)
class _Built:
    """The services, and the clients that the first event will call; none without settings."""

    services: Services
    keys: tuple[AwsJsonClient, ...] = ()
    stream: tuple[AwsJsonClient, ...] = ()


def current() -> Services:
    """Return the services of the hot path. With wrong settings they answer 503 to everything."""
    return Installed.services or _deployed().services


def ready(*, stream: bool = True, mistakes: bool = False) -> None:
    """Build the services and connect them, so that the first event pays for itself alone.

    Without `stream`, for a function that writes nothing, only the table of keys is connected.
    With `mistakes`, for one whose requests hold many events, what keeps refused ones is loaded too.
    """
    serving.ahead(lambda: _loaded(mistakes), lambda: _connect(stream, mistakes))


def _loaded(mistakes: bool) -> _Built:
    if mistakes:
        from openbunker.ingest import keep_refused  # noqa: F401, PLC0415  # nobody else pays for it

    return _deployed()


def _connect(stream: bool, mistakes: bool) -> None:
    built = _loaded(mistakes)
    clients.connect([*built.keys, *(built.stream if stream else ())])


@once
def _deployed() -> _Built:
    settings = clients.settings_or_none()
    if settings is None:
        from openbunker.wiring.unwired import Unwired  # noqa: PLC0415  # nobody is served then

        return _Built(
            Services(
                keys=Unwired(),
                sink=Unwired(),
                now_ms=system.now_ms,
                new_ids=ids.new_ids,
                log=clients.log(),
            )
        )
    tables, stream = clients.client(settings, DYNAMODB), clients.client(settings, FIREHOSE)
    spill = LazySink(lambda: _spill(settings))
    # By the same connection: a first event with a mistake in it does not wait for another one.
    refused = settings.refused_stream and FirehoseClient(stream, settings.refused_stream)
    services = Services(
        keys=clients.cached_keys(settings, tables),
        sink=FailoverSink(clients.sink(settings, stream), spill, time.monotonic),
        now_ms=system.now_ms,
        new_ids=ids.new_ids,
        log=clients.log(),
        refused=_refused(refused) if refused else None,
        country_header=(settings.country_header or "").lower(),
        edge=Edge.of(settings.edge_secret),
    )
    return _Built(services, (tables,), (stream,))


def _refused(stream: StreamClient) -> StreamRefusedSink:
    return StreamRefusedSink(stream, HourShare(system.now_ms), clients.log())


def _spill(settings: Settings) -> Sink:
    from openbunker.wiring import spill  # noqa: PLC0415  # a healthy stream never needs it

    return spill.sink(settings)
