"""Makes the clients that several functions share, from the settings.

Caches nothing: what is built once is `serving`'s.
"""

import os
import time
from functools import cache

from openbunker.aws.client import DYNAMODB, FIREHOSE, AwsJsonClient, Service
from openbunker.aws.sigv4 import Credentials
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
    stack = os.environ.get("OPENBUNKER_STACK") or log_lines.NAMESPACE
    function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or stack
    return log_lines.writer(stack, function, system.now_ms)


def stream(settings: Settings, name: str) -> FirehoseClient:
    """Return a stream by its name."""
    return FirehoseClient(client(settings, FIREHOSE, settings.firehose_endpoint), name)


def sink(settings: Settings) -> FirehoseSink:
    """Return the stream of events as a sink, without a spill behind it."""
    return FirehoseSink(
        stream(settings, settings.stream), time.monotonic, time.sleep, system.fraction
    )


def cached_keys(settings: Settings) -> CachedKeyStore:
    """Return the table of keys behind the cache of this process."""
    tables = client(settings, DYNAMODB, settings.dynamodb_endpoint)
    return CachedKeyStore(
        DynamoKeyStore(tables, settings.keys_table), time.monotonic, system.fraction
    )


def client(settings: Settings, service: Service, endpoint: str | None) -> AwsJsonClient:
    """Return a signed client of one of AWS's JSON services."""
    return AwsJsonClient(
        service,
        region=settings.region,
        credentials=credentials(settings),
        now_ms=system.now_ms,
        endpoint=endpoint,
    )


def credentials(settings: Settings) -> Credentials:
    """Return the credentials of the function's role."""
    return Credentials(settings.access_key_id, settings.secret_access_key, settings.session_token)
