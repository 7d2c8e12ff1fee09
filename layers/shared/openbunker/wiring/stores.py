"""Builds the stores of DynamoDB that only functions off the hot path read: usage and erasures."""

from openbunker.aws.client import DYNAMODB
from openbunker.erasure.dynamo import DynamoErasureStore
from openbunker.usage.dynamo import DynamoUsageStore
from openbunker.wiring import clients
from openbunker.wiring.config import Settings


def usage(settings: Settings) -> DynamoUsageStore | None:
    """Return the store of counts, None where no table is named."""
    if settings.usage_table is None:
        return None
    client = clients.client(settings, DYNAMODB)
    return DynamoUsageStore(client, settings.usage_table)


def erasures(settings: Settings) -> DynamoErasureStore:
    """Return the store of who is erased. Without its table it says that it cannot say."""
    client = clients.client(settings, DYNAMODB)
    return DynamoErasureStore(client, settings.erasures_table or "not-set")
