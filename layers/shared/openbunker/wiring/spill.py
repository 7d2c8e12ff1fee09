"""Builds the spill: its queue, and its bucket for what is too large for a message.

Imported when the stream first fails, and by the replay of what was spilled.
"""

import time
from functools import cache

from openbunker.aws.objects import S3Objects
from openbunker.core import ids
from openbunker.sinks.sink import Sink
from openbunker.sinks.spill import QueueSpill
from openbunker.sinks.sqs_client import SQS, SqsClient
from openbunker.wiring import clients, system
from openbunker.wiring.config import Settings


def sink(settings: Settings) -> Sink:
    """Return the queue as a sink, with the bucket behind it."""
    client = clients.client(settings, SQS)
    return QueueSpill(
        SqsClient(client, settings.spill_queue),
        cache(lambda: bucket(settings)),
        new_id=lambda: ids.new_id(system.now_ms()),
        monotonic=time.monotonic,
        sleep=time.sleep,
        random=system.fraction,
    )


def bucket(settings: Settings) -> S3Objects:
    """Return the bucket's objects by key, by our own signed client."""
    return S3Objects(
        settings.bucket,
        region=settings.region,
        credentials=settings.access.credentials,
        now_ms=system.now_ms,
        endpoint=settings.access.named.get("s3"),
        fips=settings.access.fips,
    )
