"""Every function has a role of its own, and each role these rights and no other."""

from collections import defaultdict
from typing import Any

import pytest

from openbunker.core import layout
from openbunker.keys.model import hash_of
from openbunker.keys.projects import item_name
from openbunker.query.scope import COLD

Document = dict[str, Any]
Rights = dict[str, set[str]]

ARN = "arn:${AWS::Partition}"
HERE = "${AWS::Region}:${AWS::AccountId}"
CATALOG = f"{ARN}:glue:{HERE}:catalog"
DATABASE = f"{ARN}:glue:{HERE}:database/${{GlueDatabase}}"
TABLE = f"{ARN}:glue:{HERE}:table/${{GlueDatabase}}"
COLD_TABLE = {CATALOG, DATABASE, f"{TABLE}/{COLD}"}
COLD_ASKED = COLD_TABLE | {f"{ARN}:glue:{HERE}:database/default"}
EVENTS = COLD_ASKED | {f"{TABLE}/${{EventsTable}}"}
GLUE = EVENTS | {f"{TABLE}/${{RefusedTable}}", f"{TABLE}/${{RefusedHoursTable}}"}
WORKGROUP = {f"{ARN}:athena:{HERE}:workgroup/${{AthenaWorkGroup}}"}
COMPACTION = {f"{ARN}:athena:{HERE}:workgroup/${{CompactionWorkGroup}}"}
ERASED = ("hot", "cold", "refused", "damaged", "errors")
LISTED = {
    "QueryFunction": ["hot/*", "cold/*", "refused/*", "state/*", "athena-results/*"],
    "CompactFunction": [
        f"{place}/*" for place in ("hot", "cold", "refused", "state", "spill", "athena-results")
    ],
    "EraseFunction": [f"{place}/*" for place in (*ERASED, "state", "athena-results")],
}


def of_bucket(*places: str) -> set[str]:
    return {f"${{Bucket.Arn}}/{place}/*" for place in places}


def states(*names: str) -> set[str]:
    return {f"${{Bucket.Arn}}/state/{name}.json" for name in names}


RESULTS = "${Bucket.Arn}/athena-results/*"
TENANTS = {"KeysTable.Arn", "TenantsTable.Arn"}
ERASURES = {"ErasuresTable.Arn"}
USAGE = {"UsageTable.Arn"}
SPILLED = "${Bucket.Arn}/spill/*"


def logs(group: str) -> Rights:
    return {"logs:CreateLogStream": {f"{group}.Arn"}, "logs:PutLogEvents": {f"{group}.Arn"}}


WRITE: Rights = {
    "firehose:PutRecordBatch": {"EventStream.Arn", "RefusedStream.Arn"},
    "dynamodb:GetItem": {"KeysTable.Arn"},
    "sqs:SendMessage": {"SpillQueue.Arn"},
    "s3:PutObject": {SPILLED},
    "s3:DeleteObject": {SPILLED},
}
EXPECTED: dict[str, Rights] = {
    "TrackFunction": WRITE | logs("TrackLogs"),
    "BatchFunction": WRITE | logs("BatchLogs"),
    "KeyValidationFunction": {
        "dynamodb:GetItem": {"KeysTable.Arn"},
        **logs("KeyValidationLogs"),
    },
    "ManageFunction": {
        "dynamodb:GetItem": TENANTS | ERASURES,
        "dynamodb:PutItem": TENANTS | ERASURES,
        "dynamodb:UpdateItem": {"KeysTable.Arn"} | ERASURES,
        "dynamodb:DeleteItem": TENANTS,
        "dynamodb:Query": {"TenantsTable.Arn"} | ERASURES | USAGE,
        **logs("ManageLogs"),
    },
    "ReplayFunction": {
        "firehose:PutRecordBatch": {"EventStream.Arn"},
        "sqs:ReceiveMessage": {"SpillQueue.Arn"},
        "sqs:DeleteMessage": {"SpillQueue.Arn"},
        "sqs:GetQueueAttributes": {"SpillQueue.Arn"},
        "s3:GetObject": {SPILLED},
        "s3:DeleteObject": {SPILLED},
        "s3:ListBucket": {"${Bucket.Arn}"},  # of spill/ alone: see the statement's condition
        **logs("ReplayLogs"),
    },
    "QueryFunction": {
        "dynamodb:GetItem": {"KeysTable.Arn"},
        "dynamodb:Query": ERASURES | USAGE,
        "athena:StartQueryExecution": WORKGROUP,
        "athena:GetQueryExecution": WORKGROUP,
        "athena:GetQueryResults": WORKGROUP,
        "athena:StopQueryExecution": WORKGROUP,
        "glue:GetDatabase": GLUE,
        "glue:GetTable": GLUE,
        "glue:GetPartitions": GLUE,
        "s3:GetBucketLocation": {"${Bucket.Arn}"},
        "s3:ListBucket": {"${Bucket.Arn}"},
        "s3:GetObject": of_bucket("hot", "cold", "refused", "state", "athena-results"),
        "s3:PutObject": {RESULTS},
        "s3:AbortMultipartUpload": {RESULTS},
        "s3:ListMultipartUploadParts": {RESULTS},
        **logs("QueryLogs"),
    },
    "CompactFunction": {
        "athena:StartQueryExecution": COMPACTION,
        "athena:GetQueryExecution": COMPACTION,
        "athena:GetQueryResults": COMPACTION,
        "glue:GetDatabase": EVENTS,
        "glue:GetTable": EVENTS,
        "glue:GetPartitions": EVENTS,
        "glue:CreateTable": COLD_TABLE,
        "glue:UpdateTable": COLD_TABLE,
        "s3:GetBucketLocation": {"${Bucket.Arn}"},
        "s3:ListBucket": {"${Bucket.Arn}"},
        "s3:GetObject": of_bucket("hot", "cold", "state", "athena-results"),
        "s3:PutObject": of_bucket("cold", "damaged", "athena-results")
        | states("compaction", "refused", "steps"),
        "s3:DeleteObject": of_bucket("hot", "cold"),
        "s3:AbortMultipartUpload": of_bucket("cold", "athena-results"),
        "s3:ListMultipartUploadParts": of_bucket("cold", "athena-results"),
        "dynamodb:Scan": ERASURES,
        "dynamodb:UpdateItem": {"KeysTable.Arn"},
        "dynamodb:GetItem": {"KeysTable.Arn"},
        "dynamodb:BatchWriteItem": USAGE,
        "dynamodb:Query": USAGE,
        **logs("CompactLogs"),
    },
    "EraseFunction": {
        "athena:StartQueryExecution": COMPACTION,
        "athena:GetQueryExecution": COMPACTION,
        "athena:GetQueryResults": COMPACTION,
        "glue:GetDatabase": COLD_ASKED,
        "glue:GetTable": COLD_ASKED,
        "glue:GetPartitions": COLD_ASKED,
        "glue:UpdateTable": COLD_TABLE,
        "s3:GetBucketLocation": {"${Bucket.Arn}"},
        "s3:ListBucket": {"${Bucket.Arn}"},
        "s3:GetBucketVersioning": {"${Bucket.Arn}"},
        "s3:ListBucketVersions": {"${Bucket.Arn}"},
        "s3:GetObject": of_bucket(*ERASED, "athena-results")
        | states("compaction", "erasing", "erasing_steps"),
        "s3:PutObject": of_bucket(*ERASED, "athena-results") | states("erasing", "erasing_steps"),
        "s3:DeleteObject": of_bucket(*ERASED),
        "s3:AbortMultipartUpload": of_bucket("cold", "athena-results"),
        "s3:ListMultipartUploadParts": of_bucket("cold", "athena-results"),
        "dynamodb:Scan": ERASURES,
        "dynamodb:UpdateItem": ERASURES,
        **logs("EraseLogs"),
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_function_may_do_what_it_does_and_nothing_else(translated: Document, name: str) -> None:
    assert rights_of(role_of(translated, name)) == EXPECTED[name]


def test_no_two_functions_share_a_role(translated: Document) -> None:
    names = [name for name, r in translated.items() if r["Type"] == "AWS::Lambda::Function"]
    assert sorted(names) == sorted(EXPECTED)
    assert len({str(translated[name]["Properties"]["Role"]) for name in names}) == len(names)


@pytest.mark.parametrize("name", LISTED)
def test_listing_is_bound_to_our_prefixes(translated: Document, name: str) -> None:
    bound = [s for s in statements(role_of(translated, name)) if "Condition" in s]
    listing = [s for s in bound if s["Action"] == "s3:ListBucket"]
    assert len(listing) == 1
    assert listing[0]["Condition"] == {"StringLike": {"s3:prefix": LISTED[name]}}


def test_counting_reaches_projects_and_no_keys(translated: Document) -> None:
    """In the one table, the names of projects' items begin so; hashes of keys cannot."""
    role = role_of(translated, "CompactFunction")
    found = [
        s for s in statements(role) if "KeysTable.Arn" in map(rendered, as_list(s["Resource"]))
    ]
    (condition,) = [statement["Condition"] for statement in found]
    assert condition == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["project#*"]}}
    assert item_name("prj") == "project#prj"
    assert not hash_of("a key").startswith("project#")


def test_neither_compaction_nor_erasing_writes_what_is_the_others() -> None:
    """Each keeps states of its own; the one calls nobody erased, the other counts nothing."""
    compact, erase = EXPECTED["CompactFunction"], EXPECTED["EraseFunction"]
    shared = {"s3:PutObject", "s3:DeleteObject", "dynamodb:UpdateItem"}
    written = {action: compact[action] & erase[action] for action in shared}
    assert written == {
        # What cannot be read, either sets aside; hot objects, either removes; both write the table.
        "s3:PutObject": of_bucket("cold", "damaged", "athena-results"),
        "s3:DeleteObject": of_bucket("hot", "cold"),
        "dynamodb:UpdateItem": set(),
    }
    assert not set(erase) & {"glue:CreateTable", "dynamodb:BatchWriteItem", "dynamodb:Query"}
    assert not set(compact) & {"s3:GetBucketVersioning", "s3:ListBucketVersions"}


def test_the_states_that_may_be_written_are_those_of_the_code() -> None:
    kept = {
        "CompactFunction": (layout.COMPACTION_STATE, layout.COMPACTION_STEPS, layout.REFUSED_STATE),
        "EraseFunction": (layout.ERASING_STATE, layout.ERASING_STEPS),
    }
    for name, keys in kept.items():
        written = {arn for arn in EXPECTED[name]["s3:PutObject"] if "/state/" in arn}
        assert written == {f"${{Bucket.Arn}}/{key}" for key in keys}


def test_the_streams_write_only_what_the_layout_has(translated: Document) -> None:
    rights = rights_of(translated["EventStreamRole"])
    assert rights["s3:PutObject"] == {
        f"${{Bucket.Arn}}/{place}/*" for place in ("hot", "refused", "errors")
    }
    assert not any(resource == "*" for resources in rights.values() for resource in resources)


def test_a_function_logs_to_the_group_it_may_write_to(translated: Document) -> None:
    for name in EXPECTED:
        group = translated[name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
        assert translated[group]["Properties"]["RetentionInDays"]
        assert f"{group}.Arn" in EXPECTED[name]["logs:PutLogEvents"]


def role_of(translated: Document, function: str) -> Document:
    name, attribute = translated[function]["Properties"]["Role"]["Fn::GetAtt"]
    assert attribute == "Arn"
    role: Document = translated[name]
    assert "ManagedPolicyArns" not in role["Properties"]
    return role


def statements(role: Document) -> list[Document]:
    policies = role["Properties"]["Policies"]
    return [s for policy in policies for s in policy["PolicyDocument"]["Statement"]]


def rights_of(role: Document) -> Rights:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for statement in statements(role):
        assert statement["Effect"] == "Allow"
        for action in as_list(statement["Action"]):
            found[action] |= {rendered(arn) for arn in as_list(statement["Resource"])}
    return dict(found)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def rendered(arn: Any) -> str:
    if isinstance(arn, str):
        return arn
    (value,) = arn.values()
    return value if isinstance(value, str) else ".".join(value)
