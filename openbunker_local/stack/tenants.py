"""What an operator's command line reaches of a deployed stack, with the credentials of the shell.

The stack, the region and the credentials are found as AWS's own tools find them; the calls are made
as the deployed functions make them.
"""

from openbunker.aws.client import DYNAMODB, AwsJsonClient
from openbunker.aws.sigv4 import Credentials
from openbunker.core import ids
from openbunker.manage.dynamo import DynamoTenants
from openbunker.wiring import system
from openbunker_local.stack import clients
from openbunker_local.stack.reach import StackUnavailable


def tenants_of(stack: str) -> DynamoTenants:
    """Return the store of management of a stack. Raises StackUnavailable."""
    with clients.reaching(stack):
        session, endpoint, who = clients.shell()
        if who is None:
            raise StackUnavailable("there are no AWS credentials in this shell")
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
        tables = outputs["TenantsTableName"], outputs["KeysTableName"]
    client = AwsJsonClient(
        DYNAMODB,
        region=str(session.region_name),
        credentials=Credentials(str(who.access_key), str(who.secret_key), who.token),
        now_ms=system.now_ms,
        endpoint=endpoint,
    )
    return DynamoTenants(client, *tables, ids.random_uuid)
