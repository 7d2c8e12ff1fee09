"""Builds the query function's services over Athena. Imports boto3, which one machine may lack."""

import time

from openbunker.aws.client import DYNAMODB
from openbunker.compaction.cut import Cut, OldestHot, RefusedHours
from openbunker.query.athena.budget import RequestBudget
from openbunker.query.athena.engine import AthenaEngine
from openbunker.query.athena.partitions import Begins
from openbunker.query.athena.receipts import AthenaReceipts
from openbunker.query.services import QueryServices
from openbunker.query.state import CutOnly
from openbunker.wiring import boto, clients, stores, system
from openbunker.wiring.config import Settings


def services(settings: Settings) -> QueryServices:
    """Return what a question needs: the workgroup, the cut, the tables of keys and counts."""
    budget = RequestBudget(time.monotonic)
    workgroup, database = settings.athena_workgroup, settings.glue_database
    executions = boto.executions(workgroup, database, settings.region)
    told = boto.bucket(settings), time.monotonic
    begins = Begins(OldestHot(*told), RefusedHours(*told))
    engine = AthenaEngine(executions, budget, Cut(*told), begins)
    return QueryServices(
        keys=clients.cached_keys(settings, clients.client(settings, DYNAMODB)),
        engine=engine,
        now_ms=system.now_ms,
        log=clients.log(),
        receipts=AthenaReceipts(engine),
        budget=budget,
        erasures=stores.erasures(settings),
        usage=stores.usage(settings),
        deployment=CutOnly(engine.compacted_to_ms),
    )
