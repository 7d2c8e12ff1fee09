"""The stream is gone for a while: what is sent is spilled, and replayed once it is back."""

import os
import string
from collections.abc import Callable
from typing import Any

from openbunker_local.doctor.calls import Ask
from tests.e2e_aws import vendors
from tests.e2e_aws.report import StepFailed, expect
from tests.e2e_aws.template import read
from tests.e2e_aws.world import World

# No message of the queue holds it, packed: it lies in an object of the bucket meanwhile.
LARGE_CHARACTERS = 1_010_000
_ANY = [one for one in string.printable[:94] if one not in '"\\']
_PREFIX = "spill/"
_KEPT = ("BucketARN", "RoleARN", "BufferingHints", "CompressionFormat", "FileExtension", "Prefix",
         "ErrorOutputPrefix", "CloudWatchLoggingOptions")  # fmt: skip


def spill_and_replay(world: World) -> str:
    """Take the stream away, send, bring it back; all is found, and nothing waits any more."""
    before = world.all_found("before the outage")
    replaying(world, enabled=False)
    restore = _without_stream(world)
    try:
        count = _sent(world)
    finally:
        restore()
    waiting = messages(world)
    objects = spilled(world)
    if len(objects) != 1 or not waiting:
        raise StepFailed(f"{waiting} messages and {len(objects)} objects wait")
    found = sum(world.found().values())
    expect(found, world.total - count, "found while all of it waits")
    replaying(world, enabled=True)
    told = world.all_found("after the replay")
    seconds = world.until(lambda: not messages(world) and not spilled(world), "the queue is empty")
    return (
        f"{before}; {count} spilled in {waiting} messages and an object; {told} ({seconds:.0f} s)"
    )


def _sent(world: World) -> int:
    """Send to every vendor's door, and one that is large; return how many events were taken."""
    already = world.total
    for dialect, ask, accepts in vendors.singles(world.keys["WRITE"], "outage"):
        got = world.call(ask)
        if got.status // 100 != 2 or not accepts(got.json):
            raise StepFailed(f"{dialect} was answered {got.status}: {got.text[:200]}")
        world.note(dialect, 1)
    noise = "".join(_ANY[byte % len(_ANY)] for byte in os.urandom(LARGE_CHARACTERS))
    body = {"api_key": world.keys["WRITE"], "event": vendors.NAME, "distinct_id": "large"}
    got = world.call(Ask("POST", "/capture", {}, body | {"properties": {"noise": noise}}))
    expect((got.status, got.json), (200, {"status": 1}), "a large event")
    world.note("posthog", 1)
    return world.total - already


def _without_stream(world: World) -> Callable[[], None]:
    """Delete the stream; return what makes it again, as it was."""
    firehose, name = world.stack.client("firehose"), world.names["EventStream"]
    told = firehose.describe_delivery_stream(DeliveryStreamName=name)
    (place,) = told["DeliveryStreamDescription"]["Destinations"]
    was: dict[str, Any] = place["ExtendedS3DestinationDescription"]
    made = read(world.template)["Resources"]["EventStream"]["Properties"]
    # The emulator does not tell it.
    was["FileExtension"] = made["ExtendedS3DestinationConfiguration"]["FileExtension"]
    firehose.delete_delivery_stream(DeliveryStreamName=name)

    def restore() -> None:
        firehose.create_delivery_stream(
            DeliveryStreamName=name,
            DeliveryStreamType="DirectPut",
            ExtendedS3DestinationConfiguration={one: was[one] for one in _KEPT if one in was},
        )

    return restore


def replaying(world: World, *, enabled: bool) -> None:
    """Let the queue call its function, or not: a message that failed comes back minutes later."""
    client = world.stack.client("lambda")
    client.update_event_source_mapping(UUID=world.names["ReplayFunctionSpilled"], Enabled=enabled)


def messages(world: World) -> int:
    """Return how many messages wait in the spill queue or are being replayed."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = world.stack.client("sqs").get_queue_attributes(
        QueueUrl=world.names["SpillQueue"], AttributeNames=names
    )
    return sum(int(told["Attributes"][name]) for name in names)


def spilled(world: World) -> list[str]:
    """Return the keys of spilled objects."""
    return world.objects(_PREFIX)
