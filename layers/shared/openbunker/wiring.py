"""Builds clients from settings, once, at first use. Importing a handler has no side effects.

The only place where real clients, the environment and the clock come together. The local
runtime puts its own services in place of these with `use`. boto3 is imported here alone, and
only for the query function.
"""

import os
import time
from functools import cache

from openbunker import ids
from openbunker.aws.client import DYNAMODB, FIREHOSE, AwsJsonClient, Service
from openbunker.aws.sigv4 import Credentials
from openbunker.config import Settings
from openbunker.keys.cached import CachedKeyStore
from openbunker.keys.dynamo import DynamoKeyStore
from openbunker.observability import write_line
from openbunker.services import QueryServices, Services
from openbunker.sinks.firehose import FirehoseSink
from openbunker.sinks.firehose_client import FirehoseClient


class _Installed:
    """What the local runtime or a test put in place of the deployed services."""

    services: Services | None = None
    query_services: QueryServices | None = None


def use(services: Services | None, query_services: QueryServices | None) -> None:
    """Serve the process with these instead of the deployed ones; None takes them away again."""
    _Installed.services = services
    _Installed.query_services = query_services


def current() -> Services:
    """Return the services of the hot path. Raises InvalidSettings naming every problem."""
    return _Installed.services or _deployed()


def current_query() -> QueryServices:
    """Return the services of the query function. Raises InvalidSettings naming every problem."""
    return _Installed.query_services or _deployed_query()


def now_ms() -> int:
    """Return the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def fraction() -> float:
    """Return a random number in [0, 1), from the system: safe in a restored snapshot."""
    return int.from_bytes(os.urandom(6), "big") / (1 << 48)


@cache
def _deployed() -> Services:
    settings = Settings.from_env(os.environ)
    stream = FirehoseClient(
        _client(settings, FIREHOSE, settings.firehose_endpoint), settings.stream
    )
    return Services(
        keys=_keys(settings),
        sink=FirehoseSink(stream, time.monotonic, time.sleep, fraction),
        now_ms=now_ms,
        new_id=ids.new_id,
        log=write_line,
    )


@cache
def _deployed_query() -> QueryServices:
    import boto3  # noqa: PLC0415  # the hot path must not pay for it
    from botocore.config import Config  # noqa: PLC0415

    from openbunker.query.athena import AthenaEngine  # noqa: PLC0415

    settings = Settings.from_env(os.environ)
    patience = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2})
    athena = boto3.client("athena", region_name=settings.region, config=patience)
    engine = AthenaEngine(
        athena, settings.athena_workgroup, settings.glue_database, time.sleep, time.monotonic
    )
    return QueryServices(keys=_keys(settings), engine=engine, now_ms=now_ms, log=write_line)


def _keys(settings: Settings) -> CachedKeyStore:
    client = _client(settings, DYNAMODB, settings.dynamodb_endpoint)
    return CachedKeyStore(DynamoKeyStore(client, settings.keys_table), time.monotonic, fraction)


def _client(settings: Settings, service: Service, endpoint: str | None) -> AwsJsonClient:
    return AwsJsonClient(
        service,
        region=settings.region,
        credentials=Credentials(
            settings.access_key_id, settings.secret_access_key, settings.session_token
        ),
        now_ms=now_ms,
        endpoint=endpoint,
    )
