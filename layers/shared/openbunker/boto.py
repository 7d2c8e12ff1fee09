"""The clients that are boto3's, for functions off the hot path and for operators. Builds only.

The only module that imports boto3; `wiring` imports it where it is needed.
"""

import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from openbunker import ids
from openbunker.aws.client import AwsJsonClient
from openbunker.compaction.bucket import S3Bucket
from openbunker.compaction.counting import Counts
from openbunker.config import Settings
from openbunker.erasure.model import ErasureStore
from openbunker.keys.dynamo import DynamoKeyStore
from openbunker.observability import write_line
from openbunker.query.executions import Executions
from openbunker.services import CompactionServices
from openbunker.usage.dynamo import DynamoUsageStore

FAULTS = (BotoCoreError, ClientError)


def clients(*services: str) -> tuple[Any, ...]:
    """Return clients of services by name, with the credentials of the shell."""
    make: Any = boto3.client
    return tuple(make(service) for service in services)


def shell() -> tuple[Any, str, Any]:
    """Return the shell's session, the address of its region's DynamoDB and its credentials.

    The credentials are None where there are none.
    """
    session = boto3.Session()
    credentials = session.get_credentials()
    endpoint = session.client("dynamodb").meta.endpoint_url
    return session, endpoint, credentials.get_frozen_credentials() if credentials else None


def executions(workgroup: str, database: str, region: str | None) -> Executions:
    """Return what runs statements in a workgroup; the region is the shell's when none is named."""
    patience = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2})
    client = boto3.client("athena", region_name=region, config=patience)
    return Executions(client, workgroup, database, time.sleep, time.monotonic, faults=FAULTS)


def compaction(
    settings: Settings,
    erasures: ErasureStore | None,
    tables: AwsJsonClient,
    now_ms: Callable[[], int],
) -> CompactionServices:
    """Return what compaction needs. `tables` calls DynamoDB."""
    workgroup = settings.compaction_workgroup or settings.athena_workgroup
    return CompactionServices(
        executions=executions(workgroup, settings.glue_database, settings.region),
        bucket=bucket(settings),
        bucket_name=settings.bucket,
        erasures=erasures,
        now_ms=now_ms,
        new_id=ids.new_id,
        log=write_line,
        hot_days=settings.hot_days,
        dedupe_days=settings.dedupe_days,
        counts=_counts(settings, tables),
    )


def _counts(settings: Settings, tables: AwsJsonClient) -> Counts | None:
    if settings.usage_table is None:
        return None
    store = DynamoUsageStore(tables, settings.usage_table)
    return Counts(store, DynamoKeyStore(tables, settings.keys_table))


def bucket(settings: Settings) -> S3Bucket:
    """Return the stack's bucket."""
    patience = Config(connect_timeout=1, read_timeout=10, retries={"total_max_attempts": 3})
    client = boto3.client(
        "s3", region_name=settings.region, endpoint_url=settings.s3_endpoint, config=patience
    )
    return S3Bucket(client, settings.bucket, FAULTS)
