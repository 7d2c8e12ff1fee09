"""Builds clients from settings, once, at first use. Importing a handler has no side effects.

The only place where real clients, the environment and the clock come together. The local
runtime puts its own services in place of these with `use`. Off the hot path some clients are
boto3's: `boto` makes those, and is imported where it is needed.
"""

import os
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from openbunker import ids
from openbunker.aws.client import DYNAMODB, FIREHOSE, AwsJsonClient, Service
from openbunker.aws.sigv4 import Credentials
from openbunker.config import Settings
from openbunker.errors import InvalidSettings
from openbunker.keys.cached import CachedKeyStore
from openbunker.keys.dynamo import DynamoKeyStore
from openbunker.observability import write_line
from openbunker.services import (
    CompactionServices,
    ManageServices,
    QueryServices,
    ReplayServices,
    Services,
)
from openbunker.sinks.failover import FailoverSink, LazySink
from openbunker.sinks.firehose import FirehoseSink
from openbunker.sinks.firehose_client import FirehoseClient
from openbunker.sinks.refused import StreamRefusedSink
from openbunker.sinks.sink import Sink
from openbunker.unwired import Unwired

if TYPE_CHECKING:
    from openbunker.aws.objects import ObjectStore
    from openbunker.erasure.model import ErasureStore
    from openbunker.manage.office import Office
    from openbunker.manage.store import TenantItems
    from openbunker.query.budget import Budget
    from openbunker.query.engine import Engine
    from openbunker.usage.model import UsageStore


class _Installed:
    """What the local runtime or a test put in place of the deployed services."""

    services: Services | None = None
    query_services: QueryServices | None = None
    manage_services: ManageServices | None = None


def use(
    services: Services | None,
    query_services: QueryServices | None,
    manage_services: ManageServices | None = None,
) -> None:
    """Serve the process with these instead of the deployed ones; None takes them away again."""
    _Installed.services = services
    _Installed.query_services = query_services
    _Installed.manage_services = manage_services


def current() -> Services:
    """Return the services of the hot path. With wrong settings they answer 503 to everything."""
    return _Installed.services or _deployed()


def current_query() -> QueryServices:
    """Return the services of the query function; with wrong settings as `current` does."""
    return _Installed.query_services or _deployed_query()


def current_manage() -> ManageServices:
    """Return the services of the manage function; with wrong settings as `current` does."""
    return _Installed.manage_services or _deployed_manage()


@cache
def current_replay() -> ReplayServices:
    """Return the services of the replay function. Raises InvalidSettings: the messages stay."""
    settings = Settings.from_env(os.environ)
    return ReplayServices(sink=_sink(settings), objects=_objects(settings), log=write_line)


@cache
def current_compaction() -> CompactionServices:
    """Return the services of the compact function. Raises InvalidSettings: the alarm rings."""
    from openbunker import boto  # noqa: PLC0415  # as in operator_clients

    settings = Settings.from_env(os.environ)
    client = _client(settings, DYNAMODB, settings.dynamodb_endpoint)
    return boto.compaction(settings, erasures(settings), client, now_ms)


def restored() -> None:
    """Forget every client: a restored snapshot must not serve keys of long ago.

    Nor may it write on connections, or sign with credentials, that another copy has as well.
    """
    for built in (_deployed, _deployed_query, _deployed_manage, current_replay):
        built.cache_clear()


def now_ms() -> int:
    """Return the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def fraction() -> float:
    """Return a random number in [0, 1), from the system: safe in a restored snapshot."""
    return int.from_bytes(os.urandom(6), "big") / (1 << 48)


def _settings() -> Settings | None:
    """Return the settings; what is wrong with them is logged for the operator and alarms."""
    try:
        return Settings.from_env(os.environ)
    except InvalidSettings as error:
        write_line({"level": "ERROR", "unexpected": 1, "error": f"InvalidSettings: {error}"})
        return None


def _settle_for_snapshots() -> None:
    """Have `restored` called where there are snapshots; elsewhere nothing is imported for it."""
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
        from snapshot_restore_py import register_after_restore  # noqa: PLC0415

        register_after_restore(restored)


@cache
def _deployed() -> Services:
    _settle_for_snapshots()
    settings = _settings()
    if settings is None:
        return Services(
            keys=Unwired(), sink=Unwired(), now_ms=now_ms, new_id=ids.new_id, log=write_line
        )
    spill = LazySink(lambda: _spill(settings))
    refused = settings.refused_stream and _stream(settings, settings.refused_stream)
    return Services(
        keys=_keys(settings),
        sink=FailoverSink(_sink(settings), spill, time.monotonic),
        now_ms=now_ms,
        new_id=ids.new_id,
        log=write_line,
        refused=StreamRefusedSink(refused) if refused else None,
    )


@cache
def _deployed_query() -> QueryServices:
    settings = _settings()
    if settings is None:
        return QueryServices(keys=Unwired(), engine=Unwired(), now_ms=now_ms, log=write_line)
    from openbunker.query.budget import RequestBudget  # noqa: PLC0415  # as in _athena
    from openbunker.query.receipts_athena import AthenaReceipts  # noqa: PLC0415  # as in _athena

    budget = RequestBudget(time.monotonic)
    engine = _athena(settings, budget)
    receipts = AthenaReceipts(engine)
    return QueryServices(
        keys=_keys(settings),
        engine=engine,
        now_ms=now_ms,
        log=write_line,
        receipts=receipts,
        budget=budget,
        erasures=erasures(settings),
        usage=usage_store(settings),
    )


@cache
def _deployed_manage() -> ManageServices:
    from openbunker.manage.dynamo import DynamoTenants  # noqa: PLC0415  # as in _athena
    from openbunker.manage.memory import MemoryTenants  # noqa: PLC0415

    settings = _settings()
    if settings is None or settings.tenants_table is None:
        desk = office(MemoryTenants(down=True))
        return ManageServices(keys=Unwired(), office=desk, now_ms=now_ms, log=write_line)
    client = _client(settings, DYNAMODB, settings.dynamodb_endpoint)
    tenants = DynamoTenants(client, settings.tenants_table, settings.keys_table, ids.random_uuid)
    keys = DynamoKeyStore(client, settings.keys_table, consistent=True)
    return ManageServices(
        keys=keys,
        office=office(tenants),
        now_ms=now_ms,
        log=write_line,
        erasures=erasures(settings),
        usage=usage_store(settings),
    )


def usage_store(settings: Settings) -> "UsageStore | None":
    """Return the store of counts, None where no table is named."""
    if settings.usage_table is None:
        return None
    from openbunker.usage.dynamo import DynamoUsageStore  # noqa: PLC0415  # as in _spill

    client = _client(settings, DYNAMODB, settings.dynamodb_endpoint)
    return DynamoUsageStore(client, settings.usage_table)


def erasures(settings: Settings) -> "ErasureStore":
    """Return the store of who is erased. Without its table it says that it cannot say."""
    from openbunker.erasure.dynamo import DynamoErasureStore  # noqa: PLC0415  # as in _athena

    client = _client(settings, DYNAMODB, settings.dynamodb_endpoint)
    return DynamoErasureStore(client, settings.erasures_table or "not-set")


def office(items: "TenantItems", actor: str = "") -> "Office":
    """Return where tenants are managed over a store, with the system's clock and randomness."""
    from openbunker.manage.office import Office  # noqa: PLC0415

    return Office(items=items, now_ms=now_ms, random_bytes=os.urandom, actor=actor)


def operator_clients() -> tuple[Any, Any]:
    """Return boto3's clients of CloudFormation and Logs, with the credentials of the shell."""
    from openbunker import boto  # noqa: PLC0415  # the hot path must not pay for it

    return boto.clients("cloudformation", "logs")


def _athena(settings: Settings, budget: "Budget") -> "Engine":
    from openbunker import boto  # noqa: PLC0415  # as in operator_clients
    from openbunker.compaction.cut import Cut  # noqa: PLC0415
    from openbunker.query.athena import AthenaEngine  # noqa: PLC0415

    workgroup, database = settings.athena_workgroup, settings.glue_database
    executions = boto.executions(workgroup, database, settings.region)
    return AthenaEngine(executions, budget, Cut(boto.bucket(settings), time.monotonic))


def athena_engine(workgroup: str, database: str) -> "Engine":
    """Return the engine of a workgroup of the shell's region, for an operator's questions."""
    from openbunker import boto  # noqa: PLC0415  # as in operator_clients
    from openbunker.query.athena import AthenaEngine  # noqa: PLC0415

    return AthenaEngine(boto.executions(workgroup, database, None))


def _stream(settings: Settings, name: str) -> FirehoseClient:
    return FirehoseClient(_client(settings, FIREHOSE, settings.firehose_endpoint), name)


def _keys(settings: Settings) -> CachedKeyStore:
    client = _client(settings, DYNAMODB, settings.dynamodb_endpoint)
    return CachedKeyStore(DynamoKeyStore(client, settings.keys_table), time.monotonic, fraction)


def _sink(settings: Settings) -> FirehoseSink:
    stream = _stream(settings, settings.stream)
    return FirehoseSink(stream, time.monotonic, time.sleep, fraction)


def _spill(settings: Settings) -> Sink:
    # A healthy stream never needs these, so no cold start pays for them.
    from openbunker.sinks.spill import QueueSpill  # noqa: PLC0415
    from openbunker.sinks.sqs_client import SQS, SqsClient  # noqa: PLC0415

    queue = SqsClient(_client(settings, SQS, settings.sqs_endpoint), settings.spill_queue)
    return QueueSpill(
        queue,
        cache(lambda: _objects(settings)),
        new_id=lambda: ids.new_id(now_ms()),
        monotonic=time.monotonic,
        sleep=time.sleep,
        random=fraction,
    )


def _objects(settings: Settings) -> "ObjectStore":
    from openbunker.aws.objects import S3Objects  # noqa: PLC0415  # as in _spill

    return S3Objects(
        settings.bucket,
        region=settings.region,
        credentials=_credentials(settings),
        now_ms=now_ms,
        endpoint=settings.s3_endpoint,
    )


def _client(settings: Settings, service: Service, endpoint: str | None) -> AwsJsonClient:
    return AwsJsonClient(
        service,
        region=settings.region,
        credentials=_credentials(settings),
        now_ms=now_ms,
        endpoint=endpoint,
    )


def _credentials(settings: Settings) -> Credentials:
    return Credentials(settings.access_key_id, settings.secret_access_key, settings.session_token)
