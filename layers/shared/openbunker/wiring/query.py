"""The services of the query function, built once, at first use."""

from openbunker.query.services import QueryServices
from openbunker.wiring import clients, system
from openbunker.wiring.serving import Installed, once
from openbunker.wiring.unwired import Unwired


def current() -> QueryServices:
    """Return the services of the query function. With wrong settings they answer 503 to all."""
    return Installed.query_services or _deployed()


@once
def _deployed() -> QueryServices:
    settings = clients.settings_or_none()
    if settings is None:
        return QueryServices(
            keys=Unwired(), engine=Unwired(), now_ms=system.now_ms, log=clients.log()
        )
    from openbunker.wiring import athena  # noqa: PLC0415  # boto3's; one machine may have none

    return athena.services(settings)
