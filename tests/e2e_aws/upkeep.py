"""The schedules' work on the deployed functions: hot into cold, late objects, an erasure.

No time passes here. Objects are moved to the minute of half an hour before, as if they had been
delivered then; what needs an hour to pass is called with a clock put forward.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from openbunker_local.doctor.calls import Ask
from tests.e2e_aws import vendors
from tests.e2e_aws.report import StepFailed, expect
from tests.e2e_aws.rights.function import Function
from tests.e2e_aws.sending import CUSTOMERS, ERASED
from tests.e2e_aws.world import DELETE, World, mentions

_AGED = timedelta(minutes=30)
_PLACE = re.compile(r"hot/dt=[^/]+/hm=[^/]+/")


def age(world: World) -> int:
    """Move what lies in the bucket's youngest minutes back in time; return how many objects."""
    s3, bucket = world.stack.client("s3"), world.names["Bucket"]
    now = datetime.now(UTC)
    then = now - _AGED
    limit, place = f"hot/dt={now - _AGED / 2:%Y-%m-%d/hm=%H%M}/", f"hot/dt={then:%Y-%m-%d/hm=%H%M}/"
    moved = [key for key in world.objects("hot/") if key >= limit]
    for key in moved:
        source = {"Bucket": bucket, "Key": key}
        s3.copy_object(Bucket=bucket, Key=_PLACE.sub(place, key), CopySource=source)
        s3.delete_object(Bucket=bucket, Key=key)
    return len(moved)


def compact(world: World) -> dict[str, Any]:
    """Call the deployed function as the schedule does; return its line. Fails unless it is done."""
    client = world.stack.client("lambda")
    name = world.names["CompactFunction"]
    got = client.invoke(FunctionName=f"{name}:live", Payload=b"{}")
    told: dict[str, Any] = json.loads(got["Payload"].read())
    if told.get("compaction") != "done":
        raise StepFailed(f"compaction: {json.dumps(told)[:600]}")
    return told


def to_cold(world: World) -> str:
    """Move all that was delivered into the cold table; questions find the same."""
    moved = age(world)
    told = compact(world)
    expect(told["rows"], world.total, "rows that compaction has read")
    expect(cold_rows(world), world.total, "rows of the cold table")
    compact(world)  # what came since the last listing began is read again, and adds nothing
    expect(cold_rows(world), world.total, "rows of the cold table after a second run")
    return f"{moved} objects; {world.all_found('after compaction')}"


def late(world: World) -> str:
    """Deliver one more of each dialect into a minute that is cold, and the same one again."""
    for dialect, ask, accepts in vendors.singles(world.keys["WRITE"], "late"):
        got = world.call(ask)
        if not accepts(got.json):
            raise StepFailed(f"{dialect} was answered {got.status}: {got.text[:200]}")
        world.note(dialect, 1)
    world.until(lambda: world.found() == world.sent, "late events are found while hot", 20)
    age(world)
    late_rows = compact(world)["rows"]
    expect(cold_rows(world), world.total, "rows of the cold table")
    return f"{late_rows} rows came late; {world.all_found('after late objects')}"


def ask_to_erase(world: World) -> str:
    """Ask for a customer's erasure: from the answer on nobody finds her."""
    headers = {DELETE: world.keys["DELETE"]}
    asked = Ask("POST", "/v1/delete/customer", headers, {"customer_identifier": ERASED})
    got = world.call(asked)
    expect(got.status, 202, f"an erasure, answered {got.text[:200]}")
    world.erasure = got.json["erasure_id"]
    world.note("eventbunker", -CUSTOMERS[ERASED])
    return world.all_found("right after the erasure was asked for")


def erase(world: World) -> str:
    """Let time pass: no row and no object is left of the customer; an hour later it is told so."""
    later(world, minutes=20)
    expect(cold_rows(world, ERASED), 0, "rows of the customer in the cold table")
    named = mentions(world, "hot/", ERASED) + mentions(world, "refused/", ERASED)
    expect(named, [], "objects that name the customer")
    expect(cold_rows(world), world.total, "rows of everybody else")
    expect(_status(world), "hidden", "the erasure, before its hour is over")
    later(world, minutes=100)
    expect(_status(world), "erased", "the erasure, after its hour")
    return f"{CUSTOMERS[ERASED]} events are gone; {world.all_found('after the erasure')}"


def later(world: World, minutes: int) -> None:
    """Call both functions as if some minutes had passed. Fails unless their runs are done."""
    called = {"event": {}, "seconds": 840, "ahead_seconds": minutes * 60}
    for name, outcome in (("CompactFunction", "compaction"), ("EraseFunction", "erasure")):
        told = Function.of(world, name).call([called])
        if told.answers[0].get("answer", {}).get(outcome) != "done":
            raise StepFailed(f"{outcome}: {json.dumps(told.answers)[:600]}")


def _status(world: World) -> str:
    asked = Ask("GET", f"/v1/delete/{world.erasure}", {DELETE: world.keys["DELETE"]})
    return str(world.call(asked).json["status"])


def cold_rows(world: World, customer: str = "") -> int:
    """Return how many rows the cold table has, of a customer or of all."""
    of = f" WHERE customer_identifier = '{customer}'" if customer else ""
    text = f"SELECT count(*) FROM cold_events{of}"
    found = world.athena.lake.run(world.names["GlueDatabase"], text, ["cold_events"])
    (count,) = found.fetchone()
    return int(count)
