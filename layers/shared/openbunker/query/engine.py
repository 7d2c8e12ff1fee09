"""The contract of a query engine: runs one statement, returns one table. No SQL text here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # who only names the contract does not load the trees
    from sqlglot import exp

from openbunker.query.incomplete import Lack

Scalar = str | int | float | bool | None


class StatementRejected(Exception):
    """An engine calls a statement wrong: a bug of ours, unless a user wrote the statement.

    So it is caught where a user's SQL is run, and by the guard. Its text is the engine's.
    """


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT as a syntax tree. Its parameters are bound by name, never rendered as text.

    `from_ms` and `to_ms` bound the arrival time of the rows it needs (milliseconds since the
    epoch, UTC), so that an engine reads no more partitions than those; where `cold` is given and
    something was compacted, all hot rows are read instead. `table` is the one table of objects
    that it reads. `cold` bounds the `timestamp_ms` of the cold rows that it needs, so
    that an engine opens no more days than those; None when it reads no cold rows. `received`
    bounds `received_ms` of the cold rows instead, whenever they happened. With
    `all_hot` false the hot rows are those of the two times and no others, cold by now or not.
    """

    tree: "exp.Query"
    parameters: Mapping[str, Scalar]
    from_ms: int
    to_ms: int
    table: str = "events"
    cold: tuple[int, int] | None = None
    all_hot: bool = True
    received: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of an answer. `fresh_to_ms` is the time up to which arrivals are visible.

    None where the engine cannot know it. `incomplete` is what the engine could not read.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    fresh_to_ms: int | None
    incomplete: Sequence[Lack] = ()


class Engine(Protocol):
    """What runs statements over hot and cold events."""

    def run(self, statement: Statement) -> Table:
        """Return the rows of a statement. Raises QueryUnavailable when the engine fails."""
