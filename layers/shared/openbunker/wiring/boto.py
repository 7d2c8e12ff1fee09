"""The clients that are boto3's, for functions off the hot path. Makes them only.

With `stack.clients` of one machine the only module that imports boto3.
"""

import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from openbunker.compaction.store.bucket import S3Bucket
from openbunker.query.athena.executions import Executions
from openbunker.wiring.config import Settings

FAULTS = (BotoCoreError, ClientError)


def executions(workgroup: str, database: str, region: str | None) -> Executions:
    """Return what runs statements in a workgroup; the region is the shell's when none is named."""
    patience = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2})
    client = boto3.client("athena", region_name=region, config=patience)
    return Executions(client, workgroup, database, time.sleep, time.monotonic, faults=FAULTS)


def bucket(settings: Settings) -> S3Bucket:
    """Return the stack's bucket."""
    patience = Config(connect_timeout=1, read_timeout=10, retries={"total_max_attempts": 3})
    client = boto3.client(
        "s3",
        region_name=settings.region,
        endpoint_url=settings.access.named.get("s3"),
        config=patience,
    )
    return S3Bucket(client, settings.bucket, FAULTS)
