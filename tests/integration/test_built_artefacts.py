"""The built artefacts answer every event of events/ as deployed: function folder, built layer and
Lambda's own runtime client, nothing else on the path, and real endpoints behind them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.awslambda.lambda_runtime import client_folder
from bench.awslambda.worker import Function, Worker
from openbunker_local.server.routes import read_routes
from tests.support import backends
from tests.support.delivered import Delivered, delivering_stream

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ROOT / "events"


@dataclass(frozen=True)
class Expected:
    """What a file is answered with, and the names of the events that it puts into the stream."""

    status: int
    reason: str | None = None
    stored: tuple[str, ...] = ()


EXPECTED = {
    "databuddy-batch": Expected(200, "invalid_schema", stored=("page_opened", "cart_filled")),
    "databuddy-batch-malformed-json": Expected(400, "malformed_json"),
    "databuddy-batch-not-a-list": Expected(200, "batch_not_a_list"),
    "databuddy-batch-preflight": Expected(204),
    "databuddy-batch-wrong-key": Expected(200, "unknown_key"),
    "databuddy-identify": Expected(200, stored=("$identify",)),
    "databuddy-identify-preflight": Expected(204),
    "console": Expected(200),
    "databuddy-identify-wrong-key": Expected(401, "unknown_key"),
    "databuddy-single": Expected(200, stored=("purchase",)),
    "databuddy-single-malformed-json": Expected(400, "malformed_json"),
    "databuddy-single-preflight": Expected(204),
    "databuddy-single-wrong-key": Expected(200, "unknown_key"),
    "databuddy-track": Expected(200, stored=("purchase",)),
    "databuddy-track-invalid-schema": Expected(400, "invalid_schema"),
    "databuddy-track-list": Expected(200, stored=("page_opened", "cart_filled")),
    "databuddy-track-malformed-json": Expected(400, "malformed_json"),
    "databuddy-track-preflight": Expected(204),
    "databuddy-track-website-id": Expected(200, stored=("purchase",)),
    "databuddy-track-wrong-key": Expected(401, "unknown_key"),
    "eventbunker-post": Expected(200, stored=("signup",)),
    "eventbunker-post-gzip": Expected(200, stored=("signup.compressed",)),
    "eventbunker-post-invalid-schema": Expected(400, "invalid_schema"),
    "eventbunker-post-malformed-json": Expected(400, "malformed_json"),
    "eventbunker-post-missing-key": Expected(401, "missing_key"),
    "eventbunker-post-query-key": Expected(401, "wrong_key_kind"),
    "eventbunker-post-preflight": Expected(204),
    "eventbunker-post-wrong-key": Expected(401, "unknown_key"),
    "keys-validate-get": Expected(200),
    "keys-validate-get-unknown-key": Expected(401, "unknown_key"),
    "keys-validate-post": Expected(200),
    "keys-validate-post-missing-key": Expected(401, "missing_key"),
    "keys-validate-preflight": Expected(204),
    "manage-audit": Expected(200),
    "manage-key-create": Expected(200),
    "manage-key-create-wrong-type": Expected(400, "invalid_schema"),
    "manage-key-delete": Expected(200),
    "manage-key-disable": Expected(200),
    "manage-key-enable": Expected(200),
    "manage-key-list": Expected(200),
    "manage-key-rotate": Expected(200),
    "manage-key-update": Expected(200),
    "delete-customer": Expected(202),
    "delete-customer-malformed-json": Expected(400, "malformed_json"),
    "delete-customer-nobody": Expected(400, "invalid_schema"),
    "delete-customer-wrong-key": Expected(401, "wrong_key_kind"),
    "delete-status-unknown": Expected(404, "not_found"),
    "manage-project-create": Expected(200),
    "manage-project-create-malformed-json": Expected(400, "malformed_json"),
    "manage-project-create-project-key": Expected(401, "wrong_key_kind"),
    "manage-project-create-unknown-field": Expected(400, "invalid_schema"),
    "manage-project-create-wrong-key": Expected(401, "unknown_key"),
    "manage-project-delete": Expected(200),
    "manage-project-limits": Expected(200),
    "manage-project-list": Expected(200),
    "manage-project-reset": Expected(200),
    "manage-project-restore": Expected(200),
    "manage-project-update": Expected(200),
    "nanosights-custom": Expected(200, stored=("ButtonClick",)),
    "nanosights-custom-malformed-json": Expected(400, "malformed_json"),
    "nanosights-custom-preflight": Expected(204),
    "nanosights-custom-wrong-key": Expected(401, "unknown_key"),
    "nanosights-custom-wrong-origin": Expected(403, "origin_not_allowed"),
    "posthog-batch": Expected(200, stored=("Item Purchased", "$identify")),
    "posthog-batch-partly-bad": Expected(400, "invalid_schema", stored=("Item Purchased",)),
    "posthog-batch-preflight": Expected(204),
    "posthog-capture": Expected(200, stored=("Item Purchased",)),
    "posthog-capture-preflight": Expected(204),
    "posthog-capture-slash": Expected(200, stored=("Item Purchased",)),
    "posthog-capture-slash-preflight": Expected(204),
    "posthog-config": Expected(200),
    "posthog-config-js": Expected(200),
    "posthog-config-js-preflight": Expected(204),
    "posthog-config-preflight": Expected(204),
    "posthog-decide": Expected(200),
    "posthog-decide-preflight": Expected(204),
    "posthog-decide-slash": Expected(200),
    "posthog-decide-slash-preflight": Expected(204),
    "posthog-e": Expected(200, stored=("Item Purchased",)),
    "posthog-e-malformed-json": Expected(400, "malformed_json"),
    "posthog-e-preflight": Expected(204),
    "posthog-e-slash": Expected(200, stored=("Item Purchased",)),
    "posthog-e-slash-preflight": Expected(204),
    "posthog-e-wrong-key": Expected(401, "unknown_key"),
    "posthog-flags": Expected(200),
    "posthog-flags-preflight": Expected(204),
    "posthog-flags-slash": Expected(200),
    "posthog-flags-slash-preflight": Expected(204),
    "posthog-i-v0-e": Expected(200, stored=("Item Purchased",)),
    "live": Expected(200),
    "live-preflight": Expected(204),
    "system": Expected(200),
    "system-preflight": Expected(204),
    "system-wrong-key": Expected(401, "unknown_key"),
    "names": Expected(200),
    "names-preflight": Expected(204),
    "names-wrong-key": Expected(401, "unknown_key"),
    "live-row": Expected(404, "not_found"),
    "live-row-preflight": Expected(204),
    "live-row-wrong-key": Expected(401, "unknown_key"),
    "live-wrong-key": Expected(401, "unknown_key"),
    "posthog-i-v0-e-preflight": Expected(204),
    "posthog-i-v0-e-slash": Expected(200, stored=("Item Purchased",)),
    "posthog-i-v0-e-slash-preflight": Expected(204),
    "query-chart": Expected(200),
    "query-count": Expected(200),
    "query-count-malformed-json": Expected(400, "malformed_json"),
    "query-count-write-key": Expected(401, "wrong_key_kind"),
    "query-count-wrong-key": Expected(401, "unknown_key"),
    "query-list": Expected(200),
    "query-list-ndjson": Expected(200),
    "query-iframe-preflight": Expected(204),
    "query-json-preflight": Expected(204),
    "query-sql": Expected(200),
    "query-sql-csv": Expected(200),
    "query-sql-malformed-json": Expected(400, "malformed_json"),
    "query-sql-preflight": Expected(204),
    "query-sql-refused": Expected(400, "invalid_query"),
    "query-sql-wrong-key": Expected(401, "unknown_key"),
    "receipt": Expected(200),
    "receipt-preflight": Expected(204),
    "receipt-wrong-key": Expected(401, "unknown_key"),
    "refused": Expected(200),
    "refused-preflight": Expected(204),
    "refused-wrong-key": Expected(401, "unknown_key"),
    "segment-a": Expected(200, stored=("$alias",)),
    "segment-a-preflight": Expected(204),
    "segment-b": Expected(200, stored=("$identify", "Item Purchased")),
    "segment-b-preflight": Expected(204),
    "segment-g": Expected(200, stored=("$group",)),
    "segment-g-preflight": Expected(204),
    "segment-i": Expected(200, stored=("$identify",)),
    "segment-i-preflight": Expected(204),
    "segment-m": Expected(200),
    "segment-m-preflight": Expected(204),
    "segment-p": Expected(200, stored=("$page",)),
    "segment-p-preflight": Expected(204),
    "segment-s": Expected(200, stored=("$screen",)),
    "segment-s-preflight": Expected(204),
    "segment-t": Expected(200, stored=("Item Purchased",)),
    "segment-t-preflight": Expected(204),
    "segment-settings": Expected(200),
    "segment-settings-preflight": Expected(204),
    "segment-alias": Expected(200, stored=("$alias",)),
    "segment-alias-preflight": Expected(204),
    "segment-batch": Expected(200, stored=("$identify", "Item Purchased")),
    "segment-batch-partly-bad": Expected(
        400, "invalid_schema", stored=("$identify", "Item Purchased")
    ),
    "segment-batch-preflight": Expected(204),
    "segment-group": Expected(200, stored=("$group",)),
    "segment-group-preflight": Expected(204),
    "segment-identify": Expected(200, stored=("$identify",)),
    "segment-identify-preflight": Expected(204),
    "segment-import": Expected(200, stored=("$identify", "Item Purchased")),
    "segment-import-preflight": Expected(204),
    "segment-page": Expected(200, stored=("$page",)),
    "segment-page-preflight": Expected(204),
    "segment-screen": Expected(200, stored=("$screen",)),
    "segment-screen-preflight": Expected(204),
    "segment-track": Expected(200, stored=("Item Purchased",)),
    "segment-track-malformed-json": Expected(400, "malformed_json"),
    "segment-track-preflight": Expected(204),
    "segment-track-wrong-key": Expected(401, "unknown_key"),
    "tracify-purchase": Expected(200, stored=("purchase",)),
    "tracify-purchase-malformed-json": Expected(400, "malformed_json"),
    "tracify-purchase-wrong-key": Expected(401, "unknown_key"),
    "usage-month": Expected(200),
    "usage-preflight": Expected(204),
}
Answer = dict[str, Any]
RECEIPT_COLUMNS = {
    **dict.fromkeys(("event_id", "dedupe_key"), "varchar"),
    **{"received_ms": "bigint", "object_path": "varchar", "place": "varchar"},
}
_ID = "019aa4b2f3a07d2c8f4e5a6b7c8d9e0f"
RECEIPT_ROW = [_ID, _ID, "1763696477088", "s3://bucket/hot/dt=2025-11-21/hm=0340/x.json.gz"]
RECEIPT_ROW.append("stored")


class Deployment:
    """One worker per function, started at its first event, as Lambda does."""

    def __init__(self, functions: dict[str, Function]) -> None:
        self._functions = functions
        self._workers: dict[str, Worker] = {}
        self._routes = {
            f"{route.method} {route.path}": route.module.parent.name
            for route in read_routes(ROOT / "template.yaml")
        }

    def send(self, name: str) -> Answer:
        """Return what the function of the event's route answers."""
        event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
        return self.worker(self._routes[event["routeKey"]]).invoke(event)

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
    assert {file.stem for file in EVENTS.glob("*.json")} - {"keys"} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_built_function_answers_and_stores(
    name: str, deployment: Deployment, stream: Delivered, moto_url: str
) -> None:
    if name == "query-count":
        columns = {"event_name": "varchar", "count": "bigint"}
        backends.athena_will_answer(moto_url, columns, [["signup", "2"]])
    if name == "refused":
        backends.athena_will_answer(moto_url, {"refused_id": "varchar"}, [])
    if name == "system":
        backends.athena_will_answer(moto_url, {"c0": "bigint"}, [["2"]])
    if name == "receipt":
        backends.athena_will_answer(moto_url, RECEIPT_COLUMNS, [RECEIPT_ROW])
    stream.new_events()
    answer = deployment.send(name)
    expected = EXPECTED[name]
    told = (answer["statusCode"], answer["headers"].get("x-openbunker-reason"))
    assert told == (expected.status, expected.reason), answer
    events = stream.new_events()
    assert tuple(event.event_name for event in events) == expected.stored
    assert {event.project_id for event in events} <= {"prj_demo"}


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
