"""The jobs of the functions that nobody calls: replay, and compaction with all of its steps."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from openbunker.core import layout, records
from openbunker.core.records import Record
from openbunker.core.refused_rows import Refused
from openbunker.core.refused_rows import encode as refused_line
from openbunker.erasure.dynamo import DynamoErasureStore
from openbunker.erasure.hashing import hash_of
from openbunker.erasure.model import Erasure
from openbunker.keys.dynamo import DynamoKeyStore
from openbunker.sinks import spill_message
from tests.e2e_aws.report import expect
from tests.e2e_aws.rights import tables
from tests.e2e_aws.rights.function import Told
from tests.e2e_aws.rights.jobs import Calls, Job, empty
from tests.e2e_aws.world import World, mentions
from tests.support.cold import event

_SPILLED = "spill/one"
# What a run leaves: of others, what waits, and its own states.
_LEFT = ["both-1.json.gz", "both-2", "compaction.json", "one", "refused.json", "steps.json"]
PERSON, PROJECT = "customer-a", "p1"


def _line(number: int, **columns: Any) -> bytes:
    """Return the line of an event of the project, received an hour ago."""
    received_ms = _ms(datetime.now(UTC) - timedelta(hours=1))
    found = records.encode(event(number, received_ms, project_id=PROJECT, **columns))
    assert isinstance(found, Record)
    return found.data


def _replaying(world: World) -> Calls:
    empty(world)
    packed = spill_message.compressed(_line(1))
    world.put(_SPILLED, packed)
    bodies = [spill_message.message(packed), spill_message.pointer(_SPILLED),
              spill_message.pointer("spill/replayed-before")]  # fmt: skip
    messages: list[dict[str, Any]] = [
        {"messageId": f"m{number}", "body": text, "eventSource": "aws:sqs", "attributes": {}}
        for number, text in enumerate(bodies)
    ]
    return [{"event": {"Records": messages}, "seconds": 30}]


def _replayed(world: World, told: Told) -> None:
    expect(told.answers, [{"answer": {"batchItemFailures": []}}], "answers")
    expect((len(world.objects("hot/")), world.objects("spill/")), (2, []), "objects")


def _compacting(world: World) -> Calls:
    """Lay out what a run has to do: for a customer to erase, for others, and what is damaged."""
    empty(world)
    tables.empty(world, "KeysTable", "ErasuresTable", "UsageTable")
    world.forget_cold()
    now = datetime.now(UTC)
    then, requested = (_ms(now - timedelta(minutes=ago)) for ago in (60, 30))
    store = DynamoErasureStore(tables.client(world), world.names["ErasuresTable"])
    store.add(
        Erasure(
            erasure_id=f"{1:032x}",
            project_id=PROJECT,
            key_id="k1",
            customer_hash=hash_of(PROJECT, PERSON),
            requested_ms=requested,
            customer_identifier=PERSON,
        )
    )
    keys = DynamoKeyStore(tables.client(world), world.names["KeysTable"])
    keys.change_project(PROJECT, {"monthly_events": 1})
    hot, refused = layout.hot_prefix(then), layout.refused_prefix(then)
    then_day = layout.day(then)
    hers = _line(2, customer_identifier=PERSON)
    world.put(f"{hot}both-1.json.gz", gzip.compress(_line(1) + hers))
    world.put(f"{hot}broken-1.json.gz", b"no gzip")
    world.put(f"{refused}both-1.json.gz", gzip.compress(_refused(then, PERSON) + _refused(then)))
    world.put(f"{refused}hers-1.json.gz", gzip.compress(_refused(then, PERSON)))
    world.put(f"damaged/{hot}cut-1.json.gz", gzip.compress(hers)[:-4])
    failed = f"{layout.ERRORS}processing-failed/dt={then_day}/"
    world.put(f"{failed}both-2", _line(1) + hers)
    world.put(f"{failed}hers-2", hers)
    world.put(_SPILLED, b"waits")
    hours = (0, 2, 4 * 24)
    run = {"event": {}, "seconds": 840, "must": {"compaction": "done"}}
    return [run | {"ahead_seconds": one * 3600} for one in hours]


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _refused(received_ms: int, name: str = "somebody") -> bytes:
    fields: dict[str, Any] = dict.fromkeys(Refused.__dataclass_fields__, "")
    payload = json.dumps({"name": name})
    fields |= {"received_ms": received_ms, "payload_bytes": len(payload), "item": 0}
    return refused_line(Refused(**fields | {"project_id": PROJECT, "payload": payload})).data


def _compacted(world: World, told: Told) -> None:
    outcomes = [one.get("answer", one).get("compaction") for one in told.answers]
    whys = [one.get("answer", one).get("why", "") for one in told.answers]
    bugs = [line for line in told.log.splitlines() if '"unexpected"' in line and '"at"' in line]
    expect(outcomes, ["done"] * 3, f"runs, {'; '.join(whys + bugs)[:900]}")
    expect(told.answers[1]["answer"]["erasures_waiting"], 0, "erasures that wait")
    left = [key.rpartition("/")[2] for key in world.objects("")]
    expect(sorted(left), _LEFT, "objects")
    named = mentions(world, "refused/", PERSON) + mentions(world, layout.ERRORS, PERSON)
    expect(named, [], "objects that name the customer")
    dynamo = world.stack.client("dynamodb")
    usage = dynamo.scan(TableName=world.names["UsageTable"])["Items"]
    expect(len(usage) > 1, True, "usage was counted")
    (project,) = dynamo.scan(TableName=world.names["KeysTable"])["Items"]
    expect("over_month" in project, True, "the quota is used up, and said so")


REPLAY = Job("ReplayFunction", _replaying, _replayed)
COMPACT = Job("CompactFunction", _compacting, _compacted)
