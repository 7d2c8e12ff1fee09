"""Which rights a call of ours needs, read from the call as it goes over the wire.

Source: service authorization reference, for each service; SQS has one action for a message and for
a batch of them, S3 one for each key of a list to delete.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.e2e_aws.relay import Call
from tests.e2e_aws.rights.policies import Wanted

HERE = "us-east-1:000000000000"
_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_BUCKETS = {"versioning": "GetBucketVersioning", "versions": "ListBucketVersions"}
_OBJECTS = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}


def needed(call: Call, workgroup_of: Callable[[str], str]) -> list[Wanted]:
    """Return what a call needs. Raises ValueError for a call that is not known here.

    `workgroup_of` tells in which workgroup an execution of Athena's runs.
    """
    service, _, operation = call.target.partition(".")
    if not service:
        return list(_of_s3(call))
    body = json.loads(call.body)
    if service == "Firehose_20150804":
        name = body["DeliveryStreamName"]
        return [Wanted(f"firehose:{operation}", f"arn:aws:firehose:{HERE}:deliverystream/{name}")]
    if service == "AmazonSQS":
        name = body["QueueUrl"].rpartition("/")[2]
        return [Wanted(f"sqs:{operation.removesuffix('Batch')}", f"arn:aws:sqs:{HERE}:{name}")]
    if service == "AmazonAthena":
        group = body.get("WorkGroup") or workgroup_of(body["QueryExecutionId"])
        return [Wanted(f"athena:{operation}", f"arn:aws:athena:{HERE}:workgroup/{group}")]
    if service == "DynamoDB_20120810":
        return list(_of_dynamo(operation, body))
    raise ValueError(f"what {call.target} needs is not known")


def table_arn(name: str) -> str:
    """Return the ARN of a table."""
    return f"arn:aws:dynamodb:{HERE}:table/{name}"


def _of_dynamo(operation: str, body: Mapping[str, Any]) -> Iterator[Wanted]:
    if operation.startswith("Transact"):
        for one in body["TransactItems"]:
            ((kind, told),) = one.items()
            yield _item(_TRANSACTIONS[kind], told)
    elif operation.startswith("Batch"):
        for name in body["RequestItems"]:
            yield Wanted(f"dynamodb:{operation}", table_arn(name))
    else:
        yield _item(operation, body)


def _item(operation: str, told: Mapping[str, Any]) -> Wanted:
    leading = {}
    if "Key" in told:
        first = next(iter(told["Key"].values()))
        leading = {"dynamodb:LeadingKeys": [next(iter(first.values()))]}
    return Wanted(f"dynamodb:{operation}", table_arn(told["TableName"]), leading)


def _of_s3(call: Call) -> Iterator[Wanted]:
    parts = urlsplit(call.path)
    bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
    asked = parse_qs(parts.query, keep_blank_values=True)
    arn = f"arn:aws:s3:::{bucket}"
    if call.method == "POST" and "delete" in asked:
        for found in re.findall(r"<Key>([^<]*)</Key>", call.body.decode()):
            yield Wanted("s3:DeleteObject", f"{arn}/{found}")
    elif not key and call.method == "GET" and (asking := _BUCKETS.keys() & asked.keys()):
        yield Wanted(f"s3:{_BUCKETS[asking.pop()]}", arn)
    elif not key and call.method == "GET" and ("list-type" in asked or "prefix" in asked):
        yield Wanted("s3:ListBucket", arn, {"s3:prefix": asked.get("prefix", [""])})
    elif key and call.method in _OBJECTS and not asked.keys() - {"x-id"}:
        yield Wanted(f"s3:{_OBJECTS[call.method]}", f"{arn}/{key}")
    else:
        raise ValueError(f"what {call.method} {call.path} needs is not known")
