"""Which of its two times puts an event into a period: when it happened, or when it was received."""

from enum import StrEnum

from openbunker.query.question.columns import Field


class Basis(StrEnum):
    """What `time_period`, date buckets and the order of a listing go by."""

    EVENT = "event"
    RECEIVED = "received"

    @property
    def column(self) -> str:
        """The column of the time."""
        return "timestamp_ms" if self is Basis.EVENT else "received_ms"

    @property
    def field(self) -> Field:
        """The same as a field."""
        return Field(self.column, column=self.column)
