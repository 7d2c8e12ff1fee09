"""How things are refused: a whole request by an exception, one item by a value.

No I/O, no vendor words, no HTTP. What a refusal looks like on the wire is the dialect's.
"""

from dataclasses import dataclass

from openbunker.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one field: `path` leads to it from the item's root.

    `code` is the name a schema validator would give it (`invalid_type`, `too_big`, ...).
    """

    code: str
    path: tuple[str | int, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """An item that does not read as an event. It is final: sending it again helps nobody.

    `message` is for people and names the field or the place; `problems` holds every finding
    where a dialect reports them one by one.
    """

    reason: Reason
    message: str
    field: str | None = None
    problems: tuple[Problem, ...] = ()


class OpenbunkerError(Exception):
    """Root of the errors that this package raises on purpose.

    OpenbunkerError
    ├── RequestRefused         the client's request cannot be served as a whole
    ├── KeyStoreUnavailable    nobody can say whether a key is good
    ├── QueryUnavailable       the engine did not answer
    │   ├── QueryTimedOut      not in the time that the request had
    │   ├── QueryBusy          its turn did not come
    │   ├── StoreDamaged       what it has to read is not as it was written
    │   └── QueryTooLarge      it would have to read more than it may
    ├── ErasureStoreUnavailable nobody can say who is to be hidden
    └── InvalidSettings        the environment of the process is incomplete or wrong
    """


class RequestRefused(OpenbunkerError):
    """The request as a whole is refused; caught once, in the pipeline.

    `retry_after_seconds` is for what may be resent and knows when; None leaves it to the reply.
    `cause` is what a service said of its fault: for the log, never for the client.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        field: str | None = None,
        retry_after_seconds: int | None = None,
        cause: str = "",
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.field = field
        self.retry_after_seconds = retry_after_seconds
        self.cause = cause

    def held(self) -> "RequestRefused":
        """Return itself without the frames that it came from: with who holds it they would be a
        cycle, garbage that keeps the whole body, for each refusal.
        """
        self.__traceback__ = self.__context__ = self.__cause__ = None
        return self

    def anew(self) -> "RequestRefused":
        """Return an equal refusal, to raise where this one is held."""
        self.held()
        return RequestRefused(
            self.reason,
            self.message,
            field=self.field,
            retry_after_seconds=self.retry_after_seconds,
            cause=self.cause,
        )


class KeyStoreUnavailable(OpenbunkerError):
    """The key store failed and nothing is cached: the request may be sent again."""


class QueryUnavailable(OpenbunkerError):
    """The query engine failed or took too long: the question may be asked again."""


class QueryTimedOut(QueryUnavailable):
    """The question took longer than its request may; it was cancelled."""


class QueryBusy(QueryUnavailable):
    """The question never had its turn; the text says why, and may be told to whoever asked."""


class StoreDamaged(QueryUnavailable):
    """What was stored is not as it was written, and the answer cannot do without it."""


class QueryTooLarge(QueryUnavailable):
    """The question would have read more than one may; asking again unchanged helps nobody."""


class ErasureStoreUnavailable(OpenbunkerError):
    """The store of erasures failed: nothing may be shown, for nobody can say who is hidden."""


class InvalidSettings(OpenbunkerError):
    """The environment variables are wrong; the message lists every problem."""
