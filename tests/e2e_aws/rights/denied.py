"""The right to write is taken away: what senders are told, what the log says, what is kept.

With the spill at hand every event is taken, waits in the queue, and is stored once when the right
is back. Without it every vendor's client is told to send again.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from openbunker_local.doctor.doors import DOORS
from tests.e2e_aws import vendors
from tests.e2e_aws.report import StepFailed, expect
from tests.e2e_aws.rights import jobs, removal
from tests.e2e_aws.rights.function import Function, Told
from tests.e2e_aws.rights.gate import Gate
from tests.e2e_aws.rights.policies import Right
from tests.e2e_aws.rights.requests import body, event, status
from tests.e2e_aws.world import World

_WRITE, _SPILL = "firehose:PutRecordBatch", "sqs:SendMessage"
_RUN = "denied"


def no_right_to_write(world: World, gate: Gate, url: str) -> str:
    """Take the right to write away, then the spill's as well; give all back, and replay."""
    jobs.empty(world)
    told = _sent(world, gate, url, lambda one: one.action != _WRITE)
    for door, answer in zip(DOORS, told.answers, strict=True):
        if status(answer) // 100 != 2 or not door.accepts(body(answer)):
            raise StepFailed(f"{door.dialect} was answered {json.dumps(answer)[:200]}")
    expect(_causes(told), ["AccessDeniedException"] * len(DOORS), "causes in the lines")
    lost = _sent(world, gate, url, lambda one: one.action not in (_WRITE, _SPILL))
    expect([status(one) for one in lost.answers], [503] * len(DOORS), "answers without the spill")
    after = [one["answer"]["headers"] for one in lost.answers]
    headers = [{name.lower() for name in one} for one in after]
    expect(["retry-after" in one for one in headers], [True] * len(DOORS), "Retry-After")
    expect(len(_causes(lost)), len(DOORS), "lines with a cause")
    return f"{_replayed(world, gate, url)} of {len(DOORS)} spilled are stored once"


def _sent(world: World, gate: Gate, url: str, keep: Callable[[Right], bool]) -> Told:
    """Call the deployed code with an event of each vendor, without some rights."""
    function = {"tracify": "BatchFunction"}
    answers: list[dict[str, Any]] = []
    log = ""
    for door in DOORS:
        name = function.get(door.dialect, "TrackFunction")
        gate.held[name] = [one for one in removal.held(world, name) if keep(one)]
        site = vendors.SITE if door.has_site else ""
        call = {"event": event(door.event(world.keys["WRITE"], site, _RUN))}
        told = Function.of(world, name, url).call([call], caller=name)
        answers += told.answers
        log += told.log
    return Told(answers, log)


def _causes(told: Told) -> list[str]:
    lines = [json.loads(line) for line in told.log.splitlines() if line.startswith("{")]
    return [line["cause"] for line in lines if "cause" in line]


def _replayed(world: World, gate: Gate, url: str) -> int:
    """Call the replay function with what waits, twice; return how many events are stored."""
    messages = _waiting(world)
    gate.held["ReplayFunction"] = removal.held(world, "ReplayFunction")
    call = {"event": {"Records": messages}, "seconds": 30}
    told = Function.of(world, "ReplayFunction", url).call([call], caller="ReplayFunction")
    expect(told.answers, [{"answer": {"batchItemFailures": []}}], "the replay")
    found = world.found()
    expect(found, {door.dialect: 1 for door in DOORS}, "events, by dialect")
    return sum(found.values())


def _waiting(world: World) -> Sequence[dict[str, Any]]:
    """Return the messages of the spill queue, as Lambda hands them over."""
    sqs, found = world.stack.client("sqs"), []
    while told := sqs.receive_message(
        QueueUrl=world.names["SpillQueue"], MaxNumberOfMessages=10
    ).get("Messages"):
        found += told
    return [
        {"messageId": one["MessageId"], "body": one["Body"], "eventSource": "aws:sqs"}
        for one in found
    ]
