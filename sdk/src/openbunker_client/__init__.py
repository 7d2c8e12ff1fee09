"""Track events from Python without losing one in silence. See README.md.

`Client` for threads, `AsyncClient` for asyncio, `openbunker_client.testing` for your tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openbunker_client.client import Client
from openbunker_client.delivery.sending import __version__
from openbunker_client.model import Report, Request, Response, Transport, Unsent

if TYPE_CHECKING:
    from openbunker_client.aio import AsyncClient
    from openbunker_client.receipts import ReceiptUnavailable

__all__ = [
    "AsyncClient",
    "Client",
    "ReceiptUnavailable",
    "Report",
    "Request",
    "Response",
    "Transport",
    "Unsent",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Load what not everybody needs when it is asked for: asyncio costs more than all the rest."""
    if name == "AsyncClient":
        from openbunker_client.aio import AsyncClient  # noqa: PLC0415

        return AsyncClient
    if name == "ReceiptUnavailable":
        from openbunker_client.receipts import ReceiptUnavailable  # noqa: PLC0415

        return ReceiptUnavailable
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
