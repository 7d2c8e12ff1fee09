"""The built functions over a stream that is down, then back: spilled, replayed, nothing lost.

Function folders, built layer and Lambda's runtime client alone; queue and bucket are moto's.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from bench.awslambda.lambda_runtime import client_folder
from bench.awslambda.worker import Function, Worker
from tests.support import backends
from tests.support.delivered import Delivered, delivering_stream

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivered]:
    data = tmp_path_factory.mktemp("data")
    with delivering_stream(data, backends.NAMES["OPENBUNKER_STREAM"]) as stream:
        yield stream


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    with backends.key_table_and_athena() as url:
        yield url


@pytest.fixture(scope="module")
def queue(moto_url: str) -> Any:
    access: dict[str, Any] = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    session = boto3.Session(region_name=backends.REGION)
    sqs = session.client("sqs", endpoint_url=moto_url, **access)
    sqs.create_queue(QueueName="spill", Attributes={"MaximumMessageSize": "1048576"})
    return sqs


@pytest.fixture(scope="module")
def paths(
    built_layer: Path, built_functions: dict[str, Path], target: str
) -> dict[str, tuple[Path, ...]]:
    """What each function is imported from, as Lambda orders it."""
    after = (built_layer, client_folder(target))
    return {name: (folder, *after) for name, folder in built_functions.items()}


def worker(path: tuple[Path, ...], target: str, stream_url: str, moto_url: str) -> Worker:
    environ = backends.environ(stream_url, moto_url)
    return Worker(Function(python=target, path=path, environ=environ, flags=("-S",)))


def event(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "events" / name).read_text(encoding="utf-8"))
    return found


def test_the_file_for_sam_is_replayed_and_its_bad_message_stays(
    paths: dict[str, tuple[Path, ...]],
    target: str,
    stream: Delivered,
    moto_url: str,
) -> None:
    sent = event("queue/replay-spilled.json")
    with worker(paths["replay"], target, stream.url, moto_url) as replay:
        answer = replay.invoke(sent)
        lines = [json.loads(line) for line in replay.output().splitlines() if line]
    bad = sent["Records"][1]["messageId"]
    assert [line.get("kept") for line in lines] == [None, 1]
    assert [line.get("cold_start") for line in lines] == [1, None]
    for line in lines:
        assert line["correlation_id"] == sent["Records"][0]["messageId"]
        assert line["function_request_id"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": bad}]}
    (stored,) = stream.new_events()
    assert (stored.event_name, stored.received_ms) == ("signup.spilled", 1763700000000)


def test_what_a_dead_stream_did_not_take_is_replayed_with_its_id(
    paths: dict[str, tuple[Path, ...]],
    target: str,
    stream: Delivered,
    moto_url: str,
    queue: Any,
) -> None:
    with worker(paths["track"], target, NOWHERE, moto_url) as track:
        answer = track.invoke(event("eventbunker-post.json"))
        assert '"spilled": 1' in track.output()
    assert answer["statusCode"] == 200
    url = queue.get_queue_url(QueueName="spill")["QueueUrl"]
    (message,) = queue.receive_message(QueueUrl=url)["Messages"]
    sent = event("queue/replay-spilled.json")["Records"][0] | {"body": message["Body"]}
    with worker(paths["replay"], target, stream.url, moto_url) as replay:
        assert replay.invoke({"Records": [sent]}) == {"batchItemFailures": []}
    (stored,) = stream.new_events()
    assert stored.event_name == "signup"
    assert stored.event_id == answer["headers"]["x-openbunker-event-id"]
