"""What each function has to do, and how it is seen to have done it. Knows no policy.

A job is done whole or fails: answers, what lies in the stores after it, and what it must not leave.
Services that are to be down on the way are named in its calls.
"""

import os
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbunker_local.doctor.calls import Ask
from tests.e2e_aws.report import expect
from tests.e2e_aws.rights.function import Told
from tests.e2e_aws.rights.requests import body, event, status
from tests.e2e_aws.world import World

Calls = Sequence[Mapping[str, Any]]
_ANY = [one for one in string.printable[:94] if one not in '"\\']
_STREAM, _QUEUE = "firehose:PutRecordBatch", "sqs:SendMessage"


@dataclass(frozen=True)
class Job:
    """`begin` sets the scene and returns the calls; `check` raises StepFailed for half a job."""

    function: str
    begin: Callable[[World], Calls]
    check: Callable[[World, Told], None]


def _down(*actions: str) -> dict[str, Any]:
    return {"down": list(actions)}


def _segment(world: World, path: str, name: str, wanted: int, noise: int = 0) -> dict[str, Any]:
    """Return a call with an event, of Segment: both functions that write take them."""
    text = "".join(_ANY[byte % len(_ANY)] for byte in os.urandom(noise))
    one = {"type": "track", "userId": "u", "event": name, "properties": {"noise": text}}
    sent = {"batch": [one]} if path.endswith("batch") else one
    asked = Ask("POST", path, {}, {"writeKey": world.keys["WRITE"], **sent})
    return {"event": event(asked), "must": {"statusCode": wanted}}


def writing(function: str, path: str) -> Job:
    """Return the job of a function that writes: stored, refused, spilled both ways, not taken."""

    def begin(world: World) -> Calls:
        empty(world)
        return [
            _segment(world, path, "stored", 200),
            _segment(world, path, "", 400),
            _down(_STREAM),
            _segment(world, path, "small", 200),
            _segment(world, path, "large", 200, 1_000_000),
            _down(_STREAM, _QUEUE),
            _segment(world, path, "lost", 503, 1_000_000),
            _down(),
        ]

    def check(world: World, told: Told) -> None:
        expect([status(one) for one in told.answers], [200, 400, 200, 200, 503], "answers")
        after = told.answers[-1]["answer"]["headers"]
        expect("retry-after" in {name.lower() for name in after}, True, "Retry-After")
        expect(scene(world), {"hot/": 1, "refused/": 1, "spill/": 1, "messages": 2}, "stores")

    return Job(function, begin, check)


def scene(world: World) -> dict[str, int]:
    """Return how many objects lie in each place, and how many messages wait."""
    found = {place: len(world.objects(place)) for place in ("hot/", "refused/", "spill/")}
    told = world.stack.client("sqs").get_queue_attributes(
        QueueUrl=world.names["SpillQueue"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    return found | {"messages": int(told["Attributes"]["ApproximateNumberOfMessages"])}


def empty(world: World) -> None:
    """Remove every object of the bucket and every message of the spill queue."""
    s3, bucket = world.stack.client("s3"), world.names["Bucket"]
    for key in world.objects(""):
        s3.delete_object(Bucket=bucket, Key=key)
    world.stack.client("sqs").purge_queue(QueueUrl=world.names["SpillQueue"])


def _validating(world: World) -> Calls:
    key = {"x-eventbunker-write-key": world.keys["WRITE"]}
    return [{"event": event(Ask("GET", "/v1/keys/validate", key))}]


def _validated(_: World, told: Told) -> None:
    expect([status(one) for one in told.answers], [200], "answers")
    expect(body(told.answers[0])["kind"], "WRITE", "the key")


VALIDATE = Job("KeyValidationFunction", _validating, _validated)
