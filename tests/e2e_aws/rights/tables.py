"""The tables of the stack for those who set a scene: emptied, and filled by our own stores."""

from openbunker.aws.client import DYNAMODB, AwsJsonClient
from openbunker.aws.sigv4 import Credentials
from openbunker.core import ids
from openbunker.manage.dynamo import DynamoTenants
from openbunker.wiring import system
from tests.e2e_aws.emulator import REGION
from tests.e2e_aws.world import World
from tests.support import tenants
from tests.support.backends import demo_keys


def client(world: World) -> AwsJsonClient:
    """Return our own client of the emulator's DynamoDB."""
    return AwsJsonClient(
        DYNAMODB,
        region=REGION,
        credentials=Credentials("testing", "testing"),
        now_ms=system.now_ms,
        endpoint=world.url,
    )


def empty(world: World, *tables: str) -> None:
    """Remove all items of some tables."""
    dynamo = world.stack.client("dynamodb")
    for name in (world.names[table] for table in tables):
        schema = dynamo.describe_table(TableName=name)["Table"]["KeySchema"]
        key = [one["AttributeName"] for one in schema]
        for item in dynamo.scan(TableName=name)["Items"]:
            dynamo.delete_item(TableName=name, Key={one: item[one] for one in key})


def with_demo_keys(world: World) -> None:
    """Put the tenants of `events/keys.json` into the tables, in place of what is there."""
    empty(world, "KeysTable", "TenantsTable", "ErasuresTable", "UsageTable")
    names = world.names["TenantsTable"], world.names["KeysTable"]
    tenants.fill(DynamoTenants(client(world), *names, ids.random_uuid), demo_keys())
