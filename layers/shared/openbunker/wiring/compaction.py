"""Builds the services of the functions compact and erase, once, at first use."""

from openbunker.aws.client import DYNAMODB
from openbunker.compaction.services import CompactionServices, Counts
from openbunker.core import ids
from openbunker.keys.dynamo import DynamoKeyStore
from openbunker.web import powertools_lines
from openbunker.wiring import boto, clients, stores, system
from openbunker.wiring.config import Settings
from openbunker.wiring.serving import once

_LINES = powertools_lines.of(*clients.names())
told = powertools_lines.told(_LINES, "id")


@once
def current() -> CompactionServices:
    """Return the services of the function. Raises InvalidSettings: the alarm rings."""
    settings = clients.settings()
    workgroup = settings.compaction_workgroup or settings.athena_workgroup
    return CompactionServices(
        executions=boto.executions(workgroup, settings.glue_database, settings.region),
        bucket=boto.bucket(settings),
        bucket_name=settings.bucket,
        erasures=stores.erasures(settings),
        now_ms=system.now_ms,
        new_id=ids.new_id,
        log=_LINES,
        hot_days=settings.hot_days,
        dedupe_days=settings.dedupe_days,
        counts=_counts(settings),
    )


def _counts(settings: Settings) -> Counts | None:
    store = stores.usage(settings)
    if store is None:
        return None
    client = clients.client(settings, DYNAMODB)
    return Counts(store, DynamoKeyStore(client, settings.keys_table))
