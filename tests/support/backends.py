"""What a deployed function talks to, on loopback: a delivery stream, tables, a bucket, Athena.

Real endpoints behind the function's own clients. DynamoDB and Athena are moto's; its Athena runs
no SQL and gives the answer it was told to give.
"""

import json
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from openbunker.aws.client import DYNAMODB, AwsJsonClient
from openbunker.aws.sigv4 import Credentials
from openbunker.core import ids
from openbunker.keys.model import Key, KeyKind
from openbunker.manage.dynamo import DynamoTenants
from openbunker.manage.store import Put, PutKey
from openbunker.wiring import system
from tests.support import tenants

KEYS_FILE = Path(__file__).resolve().parents[2] / "events" / "keys.json"
REGION, ACCOUNT = "us-east-1", "123456789012"
CREDENTIALS = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}
NAMES = {
    "OPENBUNKER_STREAM": "events",
    "OPENBUNKER_KEYS_TABLE": "keys",
    "OPENBUNKER_TENANTS_TABLE": "tenants",
    "OPENBUNKER_ERASURES_TABLE": "erasures",
    "OPENBUNKER_USAGE_TABLE": "usage",
    "OPENBUNKER_GLUE_DATABASE": "openbunker",
    "OPENBUNKER_ATHENA_WORKGROUP": "openbunker",
    "OPENBUNKER_SPILL_QUEUE": "https://sqs.us-east-1.amazonaws.com/123456789012/spill",
    "OPENBUNKER_BUCKET": "events",
}


def demo_keys() -> dict[str, Key]:
    """Return the keys of events/keys.json by their text."""
    found = json.loads(KEYS_FILE.read_text(encoding="utf-8"))
    return {text: _key(fields) for text, fields in found.items()}


@contextmanager
def moto_server(host: str = "127.0.0.1") -> Iterator[str]:
    """Serve moto's services, all empty, and yield their address."""
    server = ThreadedMotoServer(host, 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        # What moto holds belongs to the process: an earlier server has left it there.
        reset = urllib.request.Request(f"{url}/moto-api/reset", method="POST")
        urllib.request.urlopen(reset, timeout=10).close()
        yield url
    finally:
        # It looks twice a second whether it is to end, and nobody has to wait for that.
        Thread(target=server.stop, daemon=True).start()


@contextmanager
def key_table_and_athena(
    host: str = "127.0.0.1", more: Mapping[str, Key] | None = None
) -> Iterator[str]:
    """Serve a table that holds the demo keys, a workgroup and a bucket; yield their address.

    `more` are keys by their text.
    """
    with moto_server(host) as url:
        create_tables(url)
        tenants.fill(tenant_items(url), {**demo_keys(), **(more or {})})
        _client("athena", url).create_work_group(Name=NAMES["OPENBUNKER_ATHENA_WORKGROUP"])
        _client("s3", url).create_bucket(Bucket=NAMES["OPENBUNKER_BUCKET"])
        yield url


def environ(stream_url: str, moto_url: str) -> dict[str, str]:
    """Return the environment that leads a function to these endpoints."""
    return {
        **NAMES,
        **CREDENTIALS,
        "AWS_ENDPOINT_URL_FIREHOSE": stream_url,
        "AWS_ENDPOINT_URL_DYNAMODB": moto_url,
        "AWS_ENDPOINT_URL_ATHENA": moto_url,
        "AWS_ENDPOINT_URL_SQS": moto_url,
        "AWS_ENDPOINT_URL_S3": moto_url,
    }


def athena_will_answer(url: str, columns: Mapping[str, str], rows: Sequence[Sequence[str]]) -> None:
    """Let the next question be answered with these rows; `columns` maps names to Athena's types."""
    table = [list(columns), *rows]
    result = {
        "rows": [{"Data": [{"VarCharValue": value} for value in row]} for row in table],
        "column_info": [{"Name": name, "Type": kind} for name, kind in columns.items()],
    }
    body = json.dumps({"account_id": ACCOUNT, "region": REGION, "results": [result]}).encode()
    request = urllib.request.Request(
        f"{url}/moto-api/static/athena/query-results",
        data=body,
        headers={"content-type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()


def create_tables(url: str) -> None:
    """Make the tables of every store, all of them empty, in place of what is there."""
    client = _client("dynamodb", url)
    for name in client.list_tables()["TableNames"]:
        client.delete_table(TableName=name)
    client.create_table(
        TableName=NAMES["OPENBUNKER_KEYS_TABLE"],
        AttributeDefinitions=[{"AttributeName": "key_hash", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "key_hash", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for name, first, second in (
        ("OPENBUNKER_TENANTS_TABLE", "pk", "sk"),
        ("OPENBUNKER_ERASURES_TABLE", "project_id", "erasure_id"),
        ("OPENBUNKER_USAGE_TABLE", "pk", "sk"),
    ):
        client.create_table(
            TableName=NAMES[name],
            AttributeDefinitions=[
                {"AttributeName": first, "AttributeType": "S"},
                {"AttributeName": second, "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": first, "KeyType": "HASH"},
                {"AttributeName": second, "KeyType": "RANGE"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )


def put_plainly(url: str, writes: Sequence[Put | PutKey]) -> None:
    """Put items without a transaction: moto copies its tables for each one."""
    store, client = tenant_items(url), _client("dynamodb", url)
    for start in range(0, len(writes), 25):
        request: dict[str, list[Any]] = {}
        for write in writes[start : start + 25]:
            put = store._action(write)["Put"]
            request.setdefault(put["TableName"], []).append({"PutRequest": {"Item": put["Item"]}})
        client.batch_write_item(RequestItems=request)


def tenant_items(url: str) -> DynamoTenants:
    """Return the store of management over moto's tables."""
    who = Credentials(CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
    client = AwsJsonClient(
        DYNAMODB, region=REGION, credentials=who, now_ms=system.now_ms, endpoint=url
    )
    tables = NAMES["OPENBUNKER_TENANTS_TABLE"], NAMES["OPENBUNKER_KEYS_TABLE"]
    return DynamoTenants(client, *tables, ids.random_uuid)


def create_spill(url: str) -> None:
    """Make the spill's queue."""
    attributes = {"MaximumMessageSize": "1048576"}
    _client("sqs", url).create_queue(QueueName="spill", Attributes=attributes)


def _client(service: Any, url: str) -> Any:
    return boto3.Session(region_name=REGION).client(service, **_access(url))


def _access(url: str) -> dict[str, Any]:
    return {
        "endpoint_url": url,
        "aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    }


def _key(fields: Mapping[str, Any]) -> Key:
    lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    return Key(**{**fields, **lists, "kind": KeyKind(fields["kind"])})
