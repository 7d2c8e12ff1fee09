"""The built artefacts answer every event of events/ as deployed: function folder, built layer and
Lambda's own runtime client, nothing else on the path, and real endpoints behind them.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.awslambda.lambda_runtime import client_folder
from bench.awslambda.worker import Function, Worker
from tests.support import backends
from tests.support.delivered import Delivered, delivering_stream
from tests.support.sample_events import (
    EVENTS,
    EXPECTED,
    RECEIPT_COLUMNS,
    RECEIPT_ROW,
    Answer,
    event,
    functions,
    problems,
)


class Deployment:
    """One worker per function, started at its first event, as Lambda does."""

    def __init__(self, functions: dict[str, Function]) -> None:
        self._functions = functions
        self._workers: dict[str, Worker] = {}

    def send(self, name: str) -> Answer:
        """Return what the function of the event's route answers."""
        sent = event(name)
        return self.invoke(functions()[sent["routeKey"]], sent)

    def invoke(self, function: str, sent: Mapping[str, Any]) -> Answer:
        """Return what a function answers an event with."""
        return self.worker(function).invoke(sent)

    def worker(self, function: str) -> Worker:
        """Return the running worker of a function."""
        if function not in self._workers:
            self._workers[function] = Worker(self._functions[function]).__enter__()
        return self._workers[function]

    def close(self) -> None:
        """End every worker."""
        for worker in self._workers.values():
            worker.__exit__()


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
def deployment(
    built_layer: Path,
    built_functions: dict[str, Path],
    target: str,
    stream: Delivered,
    moto_url: str,
) -> Iterator[Deployment]:
    environ = backends.environ(stream.url, moto_url)
    runtime = client_folder(target)
    functions = {}
    for name, folder in built_functions.items():
        path = [folder, built_layer, runtime]
        # -S: the interpreter's own site-packages must not help out.
        functions[name] = Function(python=target, path=path, environ=environ, flags=("-S",))
    deployment = Deployment(functions)
    yield deployment
    deployment.close()


def test_every_file_is_expected() -> None:
    assert {file.stem for file in EVENTS.glob("*.json")} - {"keys", "env.local"} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_built_function_answers_and_stores(
    name: str, deployment: Deployment, stream: Delivered, moto_url: str
) -> None:
    assert not list(problems(name, deployment.invoke, stream, moto_url))


def test_a_question_is_answered_with_athenas_rows(deployment: Deployment, moto_url: str) -> None:
    columns = {"event_name": "varchar", "count": "bigint"}
    backends.athena_will_answer(moto_url, columns, [["signup", "2"], ["purchase", "1"]])
    answer = json.loads(deployment.send("query-count")["body"])
    assert answer["columns"] == ["event_name", "count"]
    assert answer["rows"] == [["signup", 2], ["purchase", 1]]
    assert answer["row_count"] == 2


def test_a_receipt_is_athenas_row(deployment: Deployment, moto_url: str) -> None:
    backends.athena_will_answer(moto_url, RECEIPT_COLUMNS, [RECEIPT_ROW])
    answer = json.loads(deployment.send("receipt")["body"])
    assert (answer["status"], answer["object"]) == ("stored", "hot/dt=2025-11-21/hm=0340/x.json.gz")


def test_a_batch_is_told_item_by_item(deployment: Deployment) -> None:
    answer = json.loads(deployment.send("databuddy-batch")["body"])
    told = [result["status"] for result in answer["results"]]
    assert told == ["success", "error", "success"]
    assert answer["processed"] == 3


def test_a_key_is_told_without_being_echoed(deployment: Deployment) -> None:
    answer = deployment.send("keys-validate-post")
    assert json.loads(answer["body"])["kind"] == "WRITE"
    assert "demo-write-key" not in json.dumps(answer)


def test_no_key_or_body_is_logged(deployment: Deployment) -> None:
    deployment.send("eventbunker-post")
    deployment.send("eventbunker-post-wrong-key")
    logged = deployment.worker("track").output()
    assert '"status": 200' in logged
    assert "demo-write-key" not in logged
    assert "acme" not in logged


def test_an_event_of_another_kind_is_refused_not_raised(deployment: Deployment) -> None:
    answer = deployment.worker("track").invoke({"Records": [{"eventSource": "aws:sqs"}]})
    assert answer["statusCode"] == 400
    assert answer["headers"]["x-openbunker-reason"] == "not_a_gateway_event"
