"""Builds the services of the manage function, once, at first use."""

from openbunker.aws.client import DYNAMODB, AwsJsonClient
from openbunker.core import ids
from openbunker.keys.dynamo import DynamoKeyStore
from openbunker.manage.dynamo import DynamoTenants
from openbunker.manage.memory import MemoryTenants
from openbunker.manage.services import ManageServices
from openbunker.web.edge import Edge
from openbunker.wiring import clients, serving, stores, system
from openbunker.wiring.office import office_over
from openbunker.wiring.serving import Installed, once
from openbunker.wiring.unwired import Unwired


def current() -> ManageServices:
    """Return the services of the manage function. With wrong settings they answer 503 to all."""
    return Installed.manage_services or _deployed()[0]


def ready() -> None:
    """Build the services ahead of the first event, and connect the tables of keys and tenants."""
    serving.ahead(_deployed, lambda: clients.connect(_deployed()[1]))


@once
def _deployed() -> tuple[ManageServices, tuple[AwsJsonClient, ...]]:
    settings = clients.settings_or_none()
    if settings is None or settings.tenants_table is None:
        desk = office_over(MemoryTenants(down=True))
        return ManageServices(
            keys=Unwired(), office=desk, now_ms=system.now_ms, log=clients.log()
        ), ()
    client = clients.client(settings, DYNAMODB)
    tenants = DynamoTenants(client, settings.tenants_table, settings.keys_table, ids.random_uuid)
    found = ManageServices(
        keys=DynamoKeyStore(client, settings.keys_table, consistent=True),
        office=office_over(tenants),
        now_ms=system.now_ms,
        log=clients.log(),
        erasures=stores.erasures(settings),
        usage=stores.usage(settings),
        edge=Edge.of(settings.edge_secret),
    )
    return found, (client,)
