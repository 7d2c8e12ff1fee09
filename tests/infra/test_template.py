"""template.yaml agrees with the code: what one of them says, the other does."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from bench.costs.projection import values_of
from openbunker.core import layout
from openbunker.core.event import Event
from openbunker.core.refused_rows import Refused
from openbunker.manage.endpoint import ROUTES as MANAGE_ROUTES
from openbunker.query.athena.partitions import REFUSED_HOURS
from openbunker.query.scope import REFUSED
from openbunker.query.sql.refused import ARRIVAL_SLACK_MS
from openbunker.wire.registry import DIALECTS
from openbunker.wiring.config import Settings
from tests.support.query.refused import by_minute

ROOT = Path(__file__).resolve().parents[2]
Document = dict[str, Any]
SERVING = {"TrackFunction", "BatchFunction", "KeyValidationFunction", "QueryFunction"} | {
    "ManageFunction"
}
FUNCTIONS = SERVING | {"ReplayFunction", "CompactFunction", "EraseFunction"}
OWN_ROUTES = {"GET /v1/keys/validate", "POST /v1/keys/validate", "POST /v1/query/json"} | {
    "POST /v1/query/iframe",
    "POST /v1/query/sql",
    "GET /v1/receipts/{event_id}",
    "GET /v1/events/names",
    "GET /v1/system",
    "GET /v1/live",
    "GET /v1/live/{event_id}",
    "GET /v1/refused",
    "GET /v1/usage",
}
OWN_ROUTES |= {f"OPTIONS {route.partition(' ')[2]}" for route in OWN_ROUTES}
OWN_ROUTES |= {"GET /"}
OWN_ROUTES |= {f"{route.method} {route.path}" for route in MANAGE_ROUTES}
GLUE_TYPES = {
    str: "string",
    str | None: "string",
    int: "bigint",
    int | None: "bigint",
    float | None: "double",
    Mapping[str, Any]: "string",  # JSON text
}


def of_type(resources: Document, kind: str) -> Document:
    return {name: found for name, found in resources.items() if found["Type"] == kind}


def serving(resources: Document) -> Document:
    """The functions that the gateway calls."""
    return {name: resources[name] for name in sorted(SERVING)}


def routes_of(resources: Document) -> dict[str, str]:
    return {
        f"{event['Properties']['Method']} {event['Properties']['Path']}": name
        for name, function in serving(resources).items()
        for event in function["Properties"]["Events"].values()
    }


@pytest.mark.parametrize(("name", "regions"), [("template", None), ("edge", ["us-east-1"])])
def test_a_template_lints_clean(name: str, regions: list[str] | None) -> None:
    """Both here: to load what lints takes a worker longer than to lint the one of the edge."""
    from cfnlint.api import lint

    text = (ROOT / f"{name}.yaml").read_text(encoding="utf-8")
    assert lint(text, regions=regions) == []


def test_its_routes_are_those_of_the_dialects_and_our_own(resources: Document) -> None:
    of_dialects = [(d, route) for d in DIALECTS for route in (*d.routes, *d.answers)]
    expected = {route for _, route in of_dialects} | OWN_ROUTES
    expected |= {"OPTIONS " + route.split(" ")[1] for dialect, route in of_dialects if dialect.cors}
    assert set(routes_of(resources)) == expected


def test_every_route_uses_payload_format_2(resources: Document) -> None:
    for function in serving(resources).values():
        for event in function["Properties"]["Events"].values():
            assert event["Type"] == "HttpApi"
            assert event["Properties"]["PayloadFormatVersion"] == "2.0"


def test_the_gateway_leaves_preflights_to_the_dialects(translated: Document) -> None:
    (api,) = of_type(translated, "AWS::ApiGatewayV2::Api").values()
    assert "CorsConfiguration" not in api["Properties"]
    assert "x-amazon-apigateway-cors" not in api["Properties"]["Body"]


def test_functions_run_on_the_deployed_python_behind_an_alias(translated: Document) -> None:
    functions = of_type(translated, "AWS::Lambda::Function")
    assert set(functions) == FUNCTIONS
    for name, function in functions.items():
        properties = function["Properties"]
        assert properties["Runtime"] == "python3.13"
        assert properties["Architectures"] == [{"Ref": "Architecture"}]
        assert properties["Handler"] == "app.handler"
        assert len(properties["Layers"]) == 1
        assert translated[f"{name}Aliaslive"]["Properties"]["Name"] == "live"


def test_folders_of_functions_and_layer_exist(resources: Document) -> None:
    for name in FUNCTIONS:
        assert (ROOT / resources[name]["Properties"]["CodeUri"] / "app.py").is_file()
        assert resources[name]["Properties"]["AutoPublishAliasAllProperties"] is True
        metadata = {"BuildMethod": "makefile", "ContextPath": "layers/shared"}
        assert resources[name]["Metadata"] == metadata
    layer = resources["SharedLayer"]
    assert layer["Metadata"]["BuildMethod"] == "makefile"
    makefile = (ROOT / layer["Properties"]["ContentUri"] / "Makefile").read_text(encoding="utf-8")
    assert {"build-SharedLayer:", "build-%Function:"} <= {*makefile.splitlines()}


def test_the_environment_is_what_settings_read(translated: Document) -> None:
    lambdas_own = {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    for name in FUNCTIONS:
        variables = translated[name]["Properties"]["Environment"]["Variables"]
        # Settings refuse a name that is missing and a name of ours that they do not know.
        Settings.from_env(lambdas_own | dict.fromkeys(variables, "7"))


def test_the_stream_writes_where_the_layout_says(resources: Document) -> None:
    stream = resources["EventStream"]["Properties"]
    target = stream["ExtendedS3DestinationConfiguration"]
    assert stream["DeliveryStreamType"] == "DirectPut"
    assert target["Prefix"] == layout.HOT_PREFIX
    assert target["ErrorOutputPrefix"] == layout.ERROR_PREFIX
    assert target["FileExtension"] == layout.SUFFIX
    assert target["CompressionFormat"] == "GZIP"
    assert target["BufferingHints"]["IntervalInSeconds"] == 0


def test_refused_rows_go_where_the_layout_says_and_not_for_ever(resources: Document) -> None:
    stream = resources["RefusedStream"]["Properties"]
    target = stream["ExtendedS3DestinationConfiguration"]
    assert target["Prefix"] == layout.REFUSED_PREFIX
    assert target["ErrorOutputPrefix"] == layout.ERROR_PREFIX
    assert (target["FileExtension"], target["CompressionFormat"]) == (layout.SUFFIX, "GZIP")
    # What is read before a period covers what one object may gather.
    assert target["BufferingHints"]["IntervalInSeconds"] * 2 <= ARRIVAL_SLACK_MS / 1000
    rules = resources["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert [rule["ExpirationInDays"] for rule in rules if rule["Id"] == "refused"] == [90]
    for name, table in (("RefusedTable", REFUSED), ("RefusedHoursTable", REFUSED_HOURS)):
        given = resources[name]["Properties"]["TableInput"]
        assert given["Name"] == table
        assert given["Parameters"]["projection.dt.range"] == "NOW-92DAYS,NOW+1DAYS"


@pytest.mark.parametrize(
    ("name", "row"),
    [("EventsTable", Event), ("RefusedTable", Refused), ("RefusedHoursTable", Refused)],
)
def test_a_table_has_the_columns_of_a_row(resources: Document, name: str, row: type) -> None:
    table = resources[name]["Properties"]["TableInput"]
    columns = {c["Name"]: c["Type"] for c in table["StorageDescriptor"]["Columns"]}
    expected = {f.name: GLUE_TYPES[f.type] for f in fields(row)}  # type: ignore[index]
    assert columns == {"v": "int", **expected}


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("EventsTable", layout.hot_prefix),
        ("RefusedHoursTable", layout.refused_prefix),
        ("RefusedTable", by_minute),  # of a stack that an earlier release has filled
    ],
)
def test_a_table_finds_the_partitions_of_the_layout(
    resources: Document, name: str, prefix: Callable[[int], str]
) -> None:
    table = resources[name]["Properties"]["TableInput"]
    location = table["Parameters"]["storage.location.template"]["Fn::Sub"]
    _, day, minute, _ = prefix(1_795_230_300_000).split("/")
    for key, value in (part.split("=") for part in (day, minute)):
        location = location.replace("${!" + key + "}", value)
        assert value in values_of(table["Name"], key, 1_795_230_300_000)
    assert location == "s3://${Bucket}/" + prefix(1_795_230_300_000)
    assert [key["Name"] for key in table["PartitionKeys"]] == ["dt", "hm"]
    assert table["Parameters"]["projection.dt.format"] == "yyyy-MM-dd"
    assert table["Parameters"]["projection.hm.digits"] == "4"


@pytest.mark.parametrize(
    "name",
    [
        "Bucket",
        "BucketPolicy",
        "ErasuresTable",
        "GlueDatabase",
        "KeysTable",
        "SpillDeadLetterQueue",
        "SpillQueue",
        "TenantsTable",
        "UsageTable",
    ],
)
def test_what_holds_data_outlives_the_stack(resources: Document, name: str) -> None:
    assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resources[name]["UpdateReplacePolicy"] == "Retain"


def test_the_bucket_is_private_and_encrypted(resources: Document) -> None:
    bucket = resources["Bucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    aborts = [r for r in bucket["LifecycleConfiguration"]["Rules"] if len(r) == 3]
    assert [rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] for rule in aborts] == [1]


def test_keys_are_found_by_their_hash(resources: Document) -> None:
    table = resources["KeysTable"]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["KeySchema"] == [{"AttributeName": "key_hash", "KeyType": "HASH"}]
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


def test_questions_are_bounded(template: Document, resources: Document) -> None:
    group = resources["AthenaWorkGroup"]["Properties"]["WorkGroupConfiguration"]
    assert group["EnforceWorkGroupConfiguration"] is True
    assert group["BytesScannedCutoffPerQuery"] == {"Ref": "QuestionScanBytes"}
    assert template["Parameters"]["QuestionScanBytes"]["MinValue"] == 10_000_000  # Athena's own
