"""The functions compact and erase on their own clients: S3, DynamoDB and Athena as moto has them.

moto's Athena runs no SQL; what the statements do is tested in tests/unit/compaction.
"""

import importlib.util
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import boto3
import pytest

from openbunker.compaction.cut import Cut
from openbunker.compaction.store.state import loads
from openbunker.core import layout
from openbunker.wiring import boto, compaction, stores, system
from openbunker.wiring.config import Settings
from openbunker.wiring.serving import restored
from tests.support import backends
from tests.unit.compaction.test_erasing import erasure

ROOT = Path(__file__).resolve().parents[2]
EVENT = ROOT / "events" / "schedule" / "compact-due.json"


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    with backends.key_table_and_athena() as url:
        found = backends.environ(url, url) | {"OPENBUNKER_HOT_DAYS": "3"}
        for name, value in found.items():
            monkeypatch.setenv(name, value)
        restored()
        yield found
        restored()


class Context:
    """What Lambda tells a handler of its call."""

    function_name, memory_limit_in_mb, invoked_function_arn = "compact", 1024, "arn:aws:lambda:x"
    aws_request_id = "11111111-2222-3333-4444-555555555555"

    def get_remaining_time_in_millis(self) -> int:
        return 840_000


def app(function: str = "compact") -> ModuleType:
    spec = importlib.util.spec_from_file_location("app", ROOT / "functions" / function / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_empty_stack_is_compacted_to_now(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    before_ms = system.now_ms()
    told = app().handler(json.loads(EVENT.read_text(encoding="utf-8")), Context())

    assert told["compaction"] == "done"
    assert 900 <= told["behind_seconds"] < 1000
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line.items() >= told.items()
    assert line["_aws"]["CloudWatchMetrics"]
    assert line["function_request_id"] == Context.aws_request_id
    assert line["correlation_id"] == json.loads(EVENT.read_text(encoding="utf-8"))["id"]
    bucket = boto.bucket(Settings.from_env(environ))
    found = bucket.get(layout.COMPACTION_STATE)
    assert found
    assert loads(found.data).listed_ms >= before_ms
    assert Cut(bucket, time.monotonic)() == told["compacted_to_ms"]


def test_who_waits_to_be_erased_is_looked_for_and_told(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is cold, so nobody's turn has come: that is said, and only its own states made."""
    stores.erasures(Settings.from_env(environ)).add(erasure(requested_ms=system.now_ms() - 5_000))

    told = app("erase").handler({}, Context())

    assert (told["erasure"], told["erasures_waiting"], told["erasure_age_seconds"]) == (
        "done",
        1,
        0,
    )
    assert 5 <= told["oldest_erasure_seconds"] < 60
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line.items() >= told.items()
    assert line["_aws"]["CloudWatchMetrics"]
    bucket = boto.bucket(Settings.from_env(environ))
    assert [one.key for one in bucket.listed("")] == [layout.ERASING_STATE, layout.ERASING_STEPS]


def test_its_statements_run_in_the_workgroup_of_compaction(environ: dict[str, str]) -> None:
    app().handler({}, Context())

    athena = boto3.client("athena", endpoint_url=environ["AWS_ENDPOINT_URL_ATHENA"])
    (execution, *_) = athena.list_query_executions()["QueryExecutionIds"]
    one = athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
    assert one["WorkGroup"] == environ["OPENBUNKER_ATHENA_WORKGROUP"]
    assert one["QueryExecutionContext"] == {"Database": "openbunker"}
    assert compaction.current().hot_days == 3


def test_an_object_that_lies_there_is_asked_about(environ: dict[str, str]) -> None:
    """moto hands out its answers one a statement; the first one is CREATE TABLE."""
    client = boto3.client("s3", endpoint_url=environ["AWS_ENDPOINT_URL_S3"])
    old_ms = system.now_ms() - 3_600_000
    key = layout.hot_prefix(old_ms) + layout.object_name("events", old_ms, "0")
    client.put_object(Bucket=environ["OPENBUNKER_BUCKET"], Key=key, Body=b"")
    backends.athena_will_answer(environ["AWS_ENDPOINT_URL_ATHENA"], {"none": "varchar"}, [])
    backends.athena_will_answer(
        environ["AWS_ENDPOINT_URL_ATHENA"],
        {"day": "varchar", "project_id": "varchar", "events": "bigint", "ids": "bigint"},
        [["2026-11-20", "prj", "7", "1"]],
    )

    told = app().handler({}, Context())

    assert (told["compaction"], told["rows"]) == ("done", 7)
    athena = boto3.client("athena", endpoint_url=environ["AWS_ENDPOINT_URL_ATHENA"])
    texts = [
        athena.get_query_execution(QueryExecutionId=one)["QueryExecution"]["Query"]
        for one in athena.list_query_executions()["QueryExecutionIds"]
    ]
    (insert,) = [text for text in texts if text.startswith("INSERT INTO cold_events")]
    assert "'2026-11-20'" in insert
    assert "project_id IN ('prj')" in insert
