"""How AWS is reached: whose credentials sign, and which endpoints. As AWS's SDKs are told it.

The environment is an argument. Settings of our own are `wiring.config`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from openbunker.aws import endpoints
from openbunker.aws.credentials import Given, Lent, Source
from openbunker.aws.sigv4 import Credentials
from openbunker.core.errors import InvalidSettings

FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
_KEY_ID, _SECRET, _TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
_SERVICES = ("firehose", "dynamodb", "sqs", "s3", "athena")


@dataclass(frozen=True, slots=True)
class Access:
    """`named` are endpoints, by service, that stand in place of AWS's own."""

    credentials: Source = field(repr=False)
    named: Mapping[str, str]
    fips: bool


def problems(environ: Mapping[str, str]) -> list[str]:
    """Return what is missing or wrong."""
    lent = environ.get(FULL_URI) and not environ.get(_KEY_ID)
    wanted = () if lent else (_KEY_ID, _SECRET)
    found = [f"{name} is missing" for name in wanted if not environ.get(name)]
    for service, endpoint in _named(environ).items():
        try:
            endpoints.parts(endpoint)
        except ValueError as error:
            found.append(f"{service}: {error}")
    return found


def of(environ: Mapping[str, str]) -> Access:
    """Return the access of an environment without problems. Raises InvalidSettings."""
    return Access(_credentials(environ), _named(environ), endpoints.uses_fips(environ))


def _named(environ: Mapping[str, str]) -> dict[str, str]:
    found = {service: endpoints.configured(service, environ) for service in _SERVICES}
    return {service: endpoint for service, endpoint in found.items() if endpoint}


def _credentials(environ: Mapping[str, str]) -> Source:
    if key_id := environ.get(_KEY_ID):
        return Given(Credentials(key_id, environ[_SECRET], environ.get(_TOKEN) or None))
    from openbunker.aws import container  # noqa: PLC0415  # with snapshots alone

    try:
        return Lent(container.borrower(environ))
    except ValueError as error:
        raise InvalidSettings(str(error)) from error
