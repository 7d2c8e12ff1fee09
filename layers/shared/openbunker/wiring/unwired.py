"""What stands where the settings of a function are wrong: every store says that it cannot say.

So every answer is a 503, which tells the operator, and never an answer of a wrong store.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from openbunker.core.errors import KeyStoreUnavailable, QueryUnavailable
from openbunker.core.reasons import Reason
from openbunker.core.records import Record
from openbunker.core.verdict import Delivery, Fate
from openbunker.keys.model import Key
from openbunker.keys.projects import ProjectState

if TYPE_CHECKING:
    from openbunker.query.engine import Statement, Table


class Unwired:
    """A key store, a sink and an engine that cannot say."""

    def find(self, _key_hash: str) -> Key | None:
        """Find no key."""
        raise KeyStoreUnavailable("the function's settings are wrong")

    def project(self, _project_id: str) -> ProjectState:
        """Know of no project."""
        raise KeyStoreUnavailable("the function's settings are wrong")

    def publish(self, records: Sequence[Record], _seconds: float | None = None) -> list[Delivery]:
        """Take none of the records."""
        return [Delivery(Fate.RETRY, Reason.STREAM_UNAVAILABLE, "Unwired") for _ in records]

    def run(self, _statement: "Statement") -> "Table":
        """Answer no question."""
        raise QueryUnavailable("the function's settings are wrong")
