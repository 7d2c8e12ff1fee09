"""The contract of a query engine: runs one statement, returns one table. No SQL text here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # who only names the contract does not load the trees
    from sqlglot import exp

from openbunker.query.incomplete import Lack

Scalar = str | int | float | bool | None
# The mark of a SELECT that nothing may be moved below; its LIMIT is what most engines heed.
FENCE = "fence"
# The parameters between which the rows of a statement happened.
PERIOD_FROM, PERIOD_TO = "period_from", "period_to"


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
    `known` bounds the cold rows of whose keys no hot row is shown; as `cold` when it is None.
    `steps` are there for the newest rows of a period: an engine may find them step by step.
    `asked_by` names the project and the key that wait for it, so that turns can be shared, and
    `heavy` says that nobody knows what it takes: a user wrote it.
    """

    tree: "exp.Query"
    parameters: Mapping[str, Scalar]
    from_ms: int
    to_ms: int
    table: str = "events"
    cold: tuple[int, int] | None = None
    all_hot: bool = True
    received: tuple[int, int] | None = None
    known: tuple[int, int] | None = None
    steps: "Steps | None" = None
    asked_by: tuple[str, str] = ("", "")
    heavy: bool = False

    def during(self, from_ms: int, to_ms: int) -> "Statement":
        """Return the same for rows of a part of the period; what is a copy stays one."""
        parameters = {**self.parameters, PERIOD_FROM: from_ms, PERIOD_TO: to_ms}
        if self.received:
            return replace(self, parameters=parameters, received=(from_ms, to_ms))
        known = self.known or self.cold
        return replace(self, parameters=parameters, cold=(from_ms, to_ms), known=known)


@dataclass(frozen=True, slots=True)
class Steps:
    """How the newest rows of a period are found in little memory: their keys first, then they.

    `keys` has the columns time, event id, KEY_HASH and OBJECT, newest first, at most `count`.
    `rows` makes a statement of the rows with some KEY_HASHes: their columns, then size, event id
    and KEY_HASH. Its texts are null where a row's are longer than the number given with the keys.
    A page holds no more characters than `room`, but for its last row.
    """

    count: int
    room: int
    keys: Statement
    rows: "Callable[[Sequence[int], tuple[int, int], int], Statement]"


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of an answer. `fresh_to_ms` is the time up to which arrivals are visible.

    None where the engine cannot know it. `incomplete` is what the engine could not read. `types`
    are those of the columns in the engine's words, lower case; none where nobody asks for them.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    fresh_to_ms: int | None
    incomplete: Sequence[Lack] = ()
    types: Sequence[str] = ()


class Engine(Protocol):
    """What runs statements over hot and cold events."""

    def run(self, statement: Statement) -> Table:
        """Return the rows of a statement. Raises QueryUnavailable when the engine fails."""
