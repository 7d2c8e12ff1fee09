"""Builds the query function's services over Athena, by the signed client alone."""

import time

import sqlglot.dialects.trino  # noqa: F401  # or the first question would load it

from openbunker.aws.client import DYNAMODB, AwsJsonClient
from openbunker.aws.errors import AwsError
from openbunker.compaction.cut import Cut, OldestHot, RefusedHours
from openbunker.compaction.store.reader import ReadBucket
from openbunker.core import ids
from openbunker.query.athena.budget import RequestBudget
from openbunker.query.athena.engine import AthenaEngine
from openbunker.query.athena.executions import Executions
from openbunker.query.athena.partitions import Begins
from openbunker.query.athena.receipts import AthenaReceipts
from openbunker.query.athena.signed import ATHENA, SignedAthena
from openbunker.query.services import QueryServices
from openbunker.query.state import CutOnly
from openbunker.web.edge import Edge
from openbunker.wiring import clients, spill, stores, system
from openbunker.wiring.config import Settings

Built = tuple[QueryServices, tuple[AwsJsonClient, ...]]


def services(settings: Settings) -> Built:
    """Return what a question needs: the workgroup, the cut, the tables of keys and counts.

    Beside it are the clients that every question calls.
    """
    tables, statements = clients.client(settings, DYNAMODB), clients.client(settings, ATHENA)
    budget = RequestBudget(time.monotonic)
    workgroup, database = settings.athena_workgroup, settings.glue_database
    athena = SignedAthena(statements, ids.random_uuid)
    executions = Executions(
        *(athena, workgroup, database, time.sleep, time.monotonic), faults=(AwsError,)
    )
    told = ReadBucket(spill.bucket(settings)), time.monotonic
    begins = Begins(OldestHot(*told), RefusedHours(*told))
    engine = AthenaEngine(executions, budget, Cut(*told), begins)
    found = QueryServices(
        keys=clients.cached_keys(settings, tables),
        engine=engine,
        now_ms=system.now_ms,
        log=clients.log(),
        receipts=AthenaReceipts(engine),
        budget=budget,
        erasures=stores.erasures(settings),
        usage=stores.usage(settings),
        deployment=CutOnly(engine.compacted_to_ms),
        edge=Edge.of(settings.edge_secret),
    )
    return found, (tables, statements)
