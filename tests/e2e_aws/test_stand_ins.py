"""What stands in for the emulator's lacks, each by itself and without the emulator."""

import base64
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from openbunker.compaction import statements
from openbunker.compaction.statements import Minutes
from openbunker.query.question import columns
from tests.e2e_aws import relay, routes, template
from tests.e2e_aws.athena import Athena, tables_of
from tests.e2e_aws.lake import Lake
from tests.e2e_aws.relay import Call, Reply
from tests.e2e_aws.stack import ROOT

BASE = "openbunker_1"
COLUMNS = {**columns.COLUMNS, columns.PROPERTIES: columns.Kind.TEXT}


def call(target: str, told: dict[str, Any]) -> Call:
    return Call("POST", "/", {"x-amz-target": target}, json.dumps(told).encode())


def line(number: int, **more: Any) -> str:
    at = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp() * 1000)
    event = {"project_id": "p", "event_id": f"{number:032x}", "dedupe_key": f"{number:032x}"}
    return json.dumps(event | {"timestamp_ms": at, "received_ms": at, "event_name": "it's"} | more)


class Asker:
    """Somebody who asks the stand-in; its tables and objects are moto's."""

    def __init__(self) -> None:
        self.glue = boto3.client("glue", region_name="us-east-1")
        self.s3 = boto3.client("s3", region_name="us-east-1")
        self.s3.create_bucket(Bucket="bucket")
        self.glue.create_database(DatabaseInput={"Name": BASE})
        types = {"TEXT": "string", "INTEGER": "bigint", "NUMBER": "double"}
        told = [{"Name": name, "Type": types[kind.name]} for name, kind in COLUMNS.items()]
        place = {"Location": "s3://bucket/hot/", "Columns": told}
        self.glue.create_table(
            DatabaseName=BASE, TableInput={"Name": "events", "StorageDescriptor": place}
        )
        self.athena = Athena(Lake(self.glue, self.s3))

    def put(self, minute: str, data: bytes) -> None:
        self.s3.put_object(Bucket="bucket", Key=f"hot/dt=2026-11-20/hm={minute}/a.gz", Body=data)

    def ask(self, operation: str, **told: Any) -> dict[str, Any]:
        got = self.athena(call(f"AmazonAthena.{operation}", told))
        found: dict[str, Any] = json.loads(got.body)
        return found

    def run(self, text: str, *values: str) -> tuple[dict[str, Any], list[list[str | None]]]:
        started = self.ask(
            "StartQueryExecution",
            QueryString=text,
            WorkGroup="group",
            QueryExecutionContext={"Database": BASE},
            ExecutionParameters=values,
        )
        status = self.ask("GetQueryExecution", **started)["QueryExecution"]["Status"]
        told = self.ask("GetQueryResults", **started)["ResultSet"]["Rows"]
        return status, [[one.get("VarCharValue") for one in row["Data"]] for row in told[1:]]


@pytest.fixture
def asker(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield Asker()


def test_rows_are_what_lies_in_the_bucket_now(asker: Asker) -> None:
    text = "SELECT dt, hm, event_name FROM events WHERE event_name = ?"
    asker.put("1200", gzip.compress(f"{line(1)}\n{line(2)}".encode()))
    assert asker.run(text, "'it''s'")[1] == [["2026-11-20", "1200", "it's"]] * 2

    asker.put("1200", gzip.compress(line(1).encode()))
    assert len(asker.run(text, "'it''s'")[1]) == 1


def test_what_is_no_gzip_is_damaged_as_athena_says_it(asker: Asker) -> None:
    asker.put("1200", line(1).encode())

    status, _ = asker.run("SELECT event_id FROM events")

    assert status["State"] == "FAILED"
    assert status["StateChangeReason"].startswith("HIVE_CURSOR_ERROR")
    assert "s3://bucket/hot/dt=2026-11-20/hm=1200/a.gz" in status["StateChangeReason"]


def test_a_wrong_statement_and_a_lost_table_are_the_askers_fault(asker: Asker) -> None:
    for text in ("SELECT nothing FROM events", "SELECT 1 FROM nowhere", "SELEC"):
        status, _ = asker.run(text)
        assert (status["State"], status["AthenaError"]["ErrorCategory"]) == ("FAILED", 2), text


def test_the_statements_of_compaction_run_once_and_the_table_stands_in_glue(asker: Asker) -> None:
    asker.put("1200", gzip.compress(f"{line(1)}\n{line(1)}\n{line(2)}".encode()))
    minutes = [Minutes("2026-11-20", "1200", "1200")]
    for text in (statements.create_table("bucket"), statements.optimize(), statements.vacuum()):
        assert asker.run(text)[0] == {"State": "SUCCEEDED"}
    for _ in range(2):
        asker.run(statements.insert(minutes, ["2026-11-20"]))

    assert asker.run('SELECT count(*), min("$path") FROM cold_events')[1] == [
        ["2", "s3://bucket/cold/data/kept-by-the-stand-in.parquet"]
    ]
    assert asker.glue.get_table(DatabaseName=BASE, Name="cold_events")["Table"]["Parameters"] == {
        "table_type": "ICEBERG"
    }
    asker.glue.delete_table(DatabaseName=BASE, Name="cold_events")
    assert asker.run("SELECT 1 FROM cold_events")[0]["State"] == "FAILED"


def test_a_statement_under_one_token_runs_once(asker: Asker) -> None:
    told = {
        "QueryString": "SELECT 1",
        "WorkGroup": "group",
        "QueryExecutionContext": {"Database": BASE},
        "ClientRequestToken": "one",
    }
    assert asker.ask("StartQueryExecution", **told) == asker.ask("StartQueryExecution", **told)


def test_tables_of_a_text_are_those_of_the_database() -> None:
    text = "WITH a AS (SELECT * FROM events) SELECT * FROM a JOIN cold_events AS b ON true"
    assert tables_of(text) == ["cold_events", "events"]


def test_records_are_zipped_on_their_way_into_the_stream_and_nothing_else_is() -> None:
    told = {"Records": [{"Data": base64.b64encode(b"a\n").decode()}]}
    put = relay.zipped(call("Firehose_20150804.PutRecordBatch", told))

    (record,) = json.loads(put.body)["Records"]
    assert gzip.decompress(base64.b64decode(record["Data"])) == b"a\n"
    other = call("DynamoDB_20120810.GetItem", told)
    assert relay.zipped(other) is other


def test_a_call_is_handed_on_as_it_came_and_its_answer_back() -> None:
    seen: list[Call] = []

    def answer(one: Call) -> Reply:
        seen.append(one)
        return Reply(418, [("x-said", "so")], b"short and stout")

    with relay.serving(answer) as url:
        port = int(url.rpartition(":")[2])
        asked = Call("PUT", "/a%20b?c=d", {"x-one": "1", "host": "bucket.localhost"}, b"\0body")
        got = relay.handed_on(port, asked)

    assert (got.status, got.body, dict(got.headers)["x-said"]) == (418, b"short and stout", "so")
    assert (seen[0].method, seen[0].path, seen[0].body) == ("PUT", "/a%20b?c=d", b"\0body")
    assert seen[0].headers["x-one"] == "1"
    assert seen[0].headers["host"] == "bucket.localhost"


SMALL = """
Parameters: {Name: {Type: String, Default: one}}
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}
  PlainAlarm: {Type: AWS::CloudWatch::Alarm, Properties: {MetricName: Errors}}
  SumAlarm: {Type: AWS::CloudWatch::Alarm, Properties: {Metrics: [{Expression: SUM(METRICS())}]}}
"""


def test_only_alarms_over_metrics_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")

    written, names = template.for_emulator(tmp_path / "small.yaml")

    made = template.read(written)
    assert names == ["SumAlarm"]
    assert [*made["Resources"]] == ["Bucket", "PlainAlarm"]
    assert made["Resources"]["Bucket"]["Properties"] == {"BucketName": {"Ref": "Name"}}
    assert made["Parameters"] == {"Name": {"Type": "String", "Default": "one"}}


def test_every_route_of_the_template_is_made_once() -> None:
    found = list(routes.of_template(ROOT / "template.yaml"))

    assert len(found) == len({route for route, _ in found}) > 100
    assert ("POST /track", "TrackFunction") in found
