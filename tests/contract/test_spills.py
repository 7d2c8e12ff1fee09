"""One body of tests for every spill: the folder of one machine and the queue of a deployment."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from openbunker.aws.client import AwsJsonClient
from openbunker.aws.objects import S3Objects
from openbunker.aws.sigv4 import Credentials
from openbunker.core import ids
from openbunker.core.reasons import Reason
from openbunker.core.records import MAX_RECORD_BYTES, Record
from openbunker.core.verdict import Delivery, Fate
from openbunker.sinks import spill_message
from openbunker.sinks.sink import Sink
from openbunker.sinks.spill import QueueSpill
from openbunker.sinks.sqs_client import SQS, SqsClient
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.spill import FolderSpill
from tests.support.backends import moto_server

SPILLED = Delivery(Fate.SPILLED)
REGION, WHO = "us-east-1", Credentials("testing", "testing", "token")
LIMIT = str(spill_message.MAX_MESSAGE_BYTES)


@dataclass
class Rig:
    """A spill, what lies in it, and a way to break it."""

    sink: Sink
    spilled: Callable[[], list[bytes]]
    break_: Callable[[], object]


def new_id() -> str:
    return ids.new_id(0)


def folder(_stack: ExitStack, data: Path) -> Rig:
    spill = FolderSpill(data, Disk(), new_id)

    def lines() -> list[bytes]:
        return [record.data for file in spill.waiting() for record in spill.read(file).records]

    return Rig(spill, lines, lambda: (data / "spill").rename(data / "gone"))


def queue(stack: ExitStack, _data: Path) -> Rig:
    url = stack.enter_context(moto_server())
    access: dict[str, Any] = {
        "endpoint_url": url,
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
    }
    session = boto3.Session(region_name=REGION)
    sqs, s3 = session.client("sqs", **access), session.client("s3", **access)
    s3.create_bucket(Bucket="bucket")
    at = sqs.create_queue(QueueName="spill", Attributes={"MaximumMessageSize": LIMIT})["QueueUrl"]
    client = AwsJsonClient(SQS, region=REGION, credentials=WHO, now_ms=lambda: 0, endpoint=url)
    objects = S3Objects("bucket", region=REGION, credentials=WHO, now_ms=lambda: 0, endpoint=url)
    sink = QueueSpill(
        SqsClient(client, at),
        lambda: objects,
        new_id=new_id,
        monotonic=lambda: 0.0,
        sleep=lambda _: None,
        random=lambda: 0.0,
    )

    def lines() -> list[bytes]:
        found: list[bytes] = []
        while messages := sqs.receive_message(QueueUrl=at, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                key = spill_message.object_key(message["Body"])
                body = objects.get(key) if key else spill_message.content(message["Body"])
                found += [record.data for record in spill_message.records(body)]
        return found

    return Rig(sink, lines, lambda: sqs.delete_queue(QueueUrl=at))


@pytest.fixture(params=[folder, queue], ids=lambda make: make.__name__)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        yield request.param(stack, tmp_path)


def line(number: int, size: int = 0) -> Record:
    return Record(b'{"n":%d,"x":"%s"}\n' % (number, b"x" * size))


def test_what_is_spilled_is_there(rig: Rig) -> None:
    """One delivery per record, and each line once, in order."""
    records = [line(number) for number in range(700)]
    assert rig.sink.publish(records) == [SPILLED] * 700
    assert rig.spilled() == [record.data for record in records]


def test_more_than_any_call_takes_is_spilled(rig: Rig) -> None:
    """Twelve full records: more messages than one call may carry."""
    records = [line(number, MAX_RECORD_BYTES - 20) for number in range(12)]
    assert rig.sink.publish(records) == [SPILLED] * 12
    assert sorted(rig.spilled()) == sorted(record.data for record in records)


def test_what_does_not_shrink_is_spilled_as_well(rig: Rig) -> None:
    """Random bytes of a full record are a third larger as text than any message may be."""
    noise = os.urandom(MAX_RECORD_BYTES - 1).replace(b"\n", b" ") + b"\n"
    records = [line(1), Record(noise), line(2)]
    assert rig.sink.publish(records) == [SPILLED] * 3
    assert sorted(rig.spilled()) == sorted(record.data for record in records)


def test_bytes_lie_there_as_they_were(rig: Rig) -> None:
    """Also the two characters that SQS refuses, and every other that JSON text may hold raw."""
    record = Record('{"t":"\\"\\\\ \x7f é 漢 😀 \ufffe \uffff \u0085 \u2028 \\u0000"}\n'.encode())
    assert rig.sink.publish([record]) == [SPILLED]
    assert rig.spilled() == [record.data]


def test_nothing_is_spilled_of_nothing(rig: Rig) -> None:
    """No record, no delivery, no message, no file."""
    assert rig.sink.publish([]) == []
    assert rig.spilled() == []


def test_a_spill_that_is_gone_says_retry_of_every_record(rig: Rig) -> None:
    """Never an exception, never "spilled"."""
    rig.break_()
    deliveries = rig.sink.publish([line(number) for number in range(3)])
    assert [(one.fate, one.reason) for one in deliveries] == [
        (Fate.RETRY, Reason.STREAM_UNAVAILABLE)
    ] * 3
    assert deliveries[0].detail
