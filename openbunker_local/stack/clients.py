"""boto3's clients for an operator at a deployed stack, with the credentials of the shell.

With `openbunker.wiring.boto` the only module that imports boto3. Makes clients only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from openbunker.query.athena.engine import AthenaEngine
from openbunker.query.engine import Engine
from openbunker.wiring import boto
from openbunker_local.stack.reach import StackUnavailable


def clients(*services: str) -> tuple[Any, ...]:
    """Return clients of services by name."""
    make: Any = boto3.client
    return tuple(make(service) for service in services)


@contextmanager
def reaching(stack: str) -> Iterator[None]:
    """Raise StackUnavailable for what AWS, or the shell's settings, do not let be read inside."""
    try:
        yield
    except boto.FAULTS as error:
        raise StackUnavailable(f"the stack {stack} cannot be read: {error}") from error
    except KeyError as error:
        raise StackUnavailable(
            f"the stack {stack} has no output {error}; deploy it anew"
        ) from error


def shell() -> tuple[Any, str, Any]:
    """Return the shell's session, the address of its region's DynamoDB and its credentials.

    The credentials are None where there are none.
    """
    session = boto3.Session()
    credentials = session.get_credentials()
    endpoint = session.client("dynamodb").meta.endpoint_url
    return session, endpoint, credentials.get_frozen_credentials() if credentials else None


def athena_engine(workgroup: str, database: str) -> Engine:
    """Return the engine of a workgroup of the shell's region, for an operator's questions."""
    return AthenaEngine(boto.executions(workgroup, database, None))
