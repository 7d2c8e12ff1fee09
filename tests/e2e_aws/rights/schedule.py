"""The jobs of the functions that nobody calls: replay, compaction and erasing, with all they do."""

import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from openbunker.compaction import statements
from openbunker.compaction.store.state import State, dumps
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
from tests.e2e_aws.upkeep import cold_rows
from tests.e2e_aws.world import World, mentions
from tests.support.cold import event

_SPILLED = "spill/one"
# What runs leave: of others, what is damaged or waits, and their own states.
_COMPACTED = ["broken-1.json.gz", "compaction.json", "one", "refused.json", "steps.json"]
_ERASED = ["both-1.json.gz", "both-1.json.gz", "both-2", "compaction.json", "erasing.json",
           "erasing_steps.json"]  # fmt: skip
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


def _with_erasure(world: World) -> int:
    """Empty the stores, have a customer wait to be erased; return when her rows were received."""
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
    hot, hers = layout.hot_prefix(then), _line(2, customer_identifier=PERSON)
    world.put(f"{hot}both-1.json.gz", gzip.compress(_line(1) + hers))
    world.put(f"{hot}broken-1.json.gz", b"no gzip")
    return then


def _compacting(world: World) -> Calls:
    """Lay out a row that must not become cold, others, what is damaged, and what waits."""
    _with_erasure(world)
    keys = DynamoKeyStore(tables.client(world), world.names["KeysTable"])
    keys.change_project(PROJECT, {"monthly_events": 1})
    world.put(_SPILLED, b"waits")
    return _runs("compaction", (0, 2, 4 * 24))


def _erasing(world: World) -> Calls:
    """Lay rows of a customer everywhere; all that is older than an hour ago is cold."""
    then = _with_erasure(world)
    world.put(layout.COMPACTION_STATE, dumps(State(compacted_to_ms=_ms(datetime.now(UTC)))))
    columns = statements.create_table("b").partition(" PARTITIONED")[0]
    database = world.names["GlueDatabase"]
    found = re.findall(r"(\w+) (string|bigint|double)", columns)
    world.athena.lake.create_cold(database, found, f"s3://{world.names['Bucket']}/cold/")
    text = f"""INSERT INTO cold_events (project_id, customer_identifier, received_ms, dt)
        VALUES ('{PROJECT}', '{PERSON}', {then}, '{layout.day(then)}'),
               ('{PROJECT}', 'somebody', {then}, '{layout.day(then)}')"""
    world.athena.lake.run(database, text, ["cold_events"])
    refused, hers = layout.refused_prefix(then), _line(2, customer_identifier=PERSON)
    world.put(f"{refused}both-1.json.gz", gzip.compress(_refused(then, PERSON) + _refused(then)))
    world.put(f"{refused}hers-1.json.gz", gzip.compress(_refused(then, PERSON)))
    world.put(f"damaged/{layout.hot_prefix(then)}cut-1.json.gz", gzip.compress(hers)[:-4])
    failed = f"{layout.ERRORS}processing-failed/dt={layout.day(then)}/"
    world.put(f"{failed}both-2", _line(1) + hers)
    world.put(f"{failed}hers-2", hers)
    return _runs("erasure", (0, 2))


def _runs(outcome: str, hours: tuple[int, ...]) -> Calls:
    run = {"event": {}, "seconds": 840, "must": {outcome: "done"}}
    return [run | {"ahead_seconds": one * 3600} for one in hours]


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _refused(received_ms: int, name: str = "somebody") -> bytes:
    fields: dict[str, Any] = dict.fromkeys(Refused.__dataclass_fields__, "")
    payload = json.dumps({"name": name})
    fields |= {"received_ms": received_ms, "payload_bytes": len(payload), "item": 0}
    return refused_line(Refused(**fields | {"project_id": PROJECT, "payload": payload})).data


def _all_done(told: Told, outcome: str, number: int) -> None:
    outcomes = [one.get("answer", one).get(outcome) for one in told.answers]
    whys = [one.get("answer", one).get("why", "") for one in told.answers]
    bugs = [line for line in told.log.splitlines() if '"unexpected"' in line and '"at"' in line]
    expect(outcomes, ["done"] * number, f"runs, {'; '.join(whys + bugs)[:900]}")


def _left(world: World) -> list[str]:
    return sorted(key.rpartition("/")[2] for key in world.objects(""))


def _compacted(world: World, told: Told) -> None:
    _all_done(told, "compaction", 3)
    expect(_left(world), _COMPACTED, "objects")
    expect(cold_rows(world), 1, "rows of the cold table")
    dynamo = world.stack.client("dynamodb")
    usage = dynamo.scan(TableName=world.names["UsageTable"])["Items"]
    expect(len(usage) > 1, True, "usage was counted")
    (project,) = dynamo.scan(TableName=world.names["KeysTable"])["Items"]
    expect("over_month" in project, True, "the quota is used up, and said so")


def _erased(world: World, told: Told) -> None:
    _all_done(told, "erasure", 2)
    expect(told.answers[1]["answer"]["erasures_waiting"], 0, "erasures that wait")
    expect(_left(world), _ERASED, "objects")
    expect((cold_rows(world), cold_rows(world, PERSON)), (1, 0), "rows of all, and of hers")
    places = (layout.HOT, layout.REFUSED, layout.ERRORS)
    named = [key for place in places for key in mentions(world, place, PERSON)]
    expect(named, [], "objects that name the customer")


REPLAY = Job("ReplayFunction", _replaying, _replayed)
COMPACT = Job("CompactFunction", _compacting, _compacted)
ERASE = Job("EraseFunction", _erasing, _erased)
