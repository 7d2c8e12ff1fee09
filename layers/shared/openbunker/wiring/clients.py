"""Makes the clients that several functions share, from the settings.

Caches nothing: what is built once is `serving`'s.
"""

import os
import time
from collections.abc import Callable, Sequence
from functools import cache
from threading import Thread

from openbunker.aws.client import AwsJsonClient, Service
from openbunker.aws.retries import Retries
from openbunker.core.errors import InvalidSettings
from openbunker.keys.cached import CachedKeyStore
from openbunker.keys.dynamo import DynamoKeyStore
from openbunker.sinks.firehose import FirehoseSink
from openbunker.sinks.firehose_client import FirehoseClient
from openbunker.web import log_lines
from openbunker.wiring import system
from openbunker.wiring.config import Settings


def settings() -> Settings:
    """Return the settings of the environment. Raises InvalidSettings, with all that is wrong."""
    return Settings.from_env(os.environ)


def settings_or_none() -> Settings | None:
    """Return the settings; what is wrong with them is logged for the operator and alarms."""
    try:
        return settings()
    except InvalidSettings as error:
        log()({"level": "ERROR", "unexpected": 1, "error": f"InvalidSettings: {error}"})
        return None


@cache
def log() -> log_lines.Log:
    """Return what writes this environment's log lines, whatever is wrong with its settings."""
    return log_lines.writer(*names(), system.now_ms)


def names() -> tuple[str, str]:
    """Return what lines call the stack and the function, whatever else is set."""
    stack = os.environ.get("OPENBUNKER_STACK") or log_lines.NAMESPACE
    return stack, os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or stack


def sink(settings: Settings, streams: AwsJsonClient) -> FirehoseSink:
    """Return the stream of events as a sink, without a spill behind it."""
    stream = FirehoseClient(streams, settings.stream)
    return FirehoseSink(stream, time.monotonic, time.sleep, system.fraction)


def cached_keys(settings: Settings, tables: AwsJsonClient) -> CachedKeyStore:
    """Return the table of keys behind the cache of this process."""
    return CachedKeyStore(
        DynamoKeyStore(tables, settings.keys_table), time.monotonic, system.fraction
    )


def client(settings: Settings, service: Service) -> AwsJsonClient:
    """Return a signed client of one of AWS's JSON services."""
    access = settings.access
    own = service.endpoint(settings.region, fips=access.fips)
    return AwsJsonClient(
        service,
        region=settings.region,
        credentials=access.credentials,
        now_ms=system.now_ms,
        endpoint=access.named.get(service.name, own),
        # Both sinks have retries of their own: they know what was taken, record by record.
        retries=retries() if service.reads else None,
    )


def connect(clients: Sequence[AwsJsonClient]) -> None:
    """Open connections side by side: they take as long as the slowest one. Never raises."""
    begun = [thread for one in clients[1:] if (thread := _begun(one.connect))]
    for one in clients[:1]:
        one.connect()
    for thread in begun:
        thread.join()


def _begun(connect: Callable[[], None]) -> Thread | None:
    thread = Thread(target=connect)
    try:
        thread.start()
    except RuntimeError:  # the system has no thread to give
        connect()
        return None
    return thread


def retries() -> Retries:
    """Return the retries of a client, by the system's clock."""
    return Retries(time.monotonic, time.sleep, system.fraction)
