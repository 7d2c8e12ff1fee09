"""The services of the query function, built once, at first use."""

from typing import TYPE_CHECKING

from openbunker.query.services import QueryServices
from openbunker.wiring import clients, serving, system
from openbunker.wiring.serving import Installed, once
from openbunker.wiring.unwired import Unwired

if TYPE_CHECKING:
    from openbunker.wiring.athena import Built


def current() -> QueryServices:
    """Return the services of the query function. With wrong settings they answer 503 to all."""
    return Installed.query_services or _deployed()[0]


def ready() -> None:
    """Build the services ahead of the first event, and connect what every question calls."""
    serving.ahead(_deployed, lambda: clients.connect(_deployed()[1]))


@once
def _deployed() -> "Built":
    settings = clients.settings_or_none()
    if settings is None:
        return QueryServices(
            keys=Unwired(), engine=Unwired(), now_ms=system.now_ms, log=clients.log()
        ), ()
    from openbunker.wiring import athena  # noqa: PLC0415  # one machine has an engine of its own

    return athena.services(settings)
