"""A call on its way through the committer of an embedded stream, and who waits for it. No files."""

from dataclasses import dataclass, field
from typing import Optional

from openbunker_local.tasks.waiter import Waiter


@dataclass(slots=True)
class Call:
    """Records to commit. `answers` stays None when nobody will answer.

    `then` is an entry of the books that is true once they are stored; `done` is the same then.
    """

    records: list[bytes]
    answers: list[dict[str, str]] | None = None
    done: Waiter = field(default_factory=Waiter)
    then: Optional["Call"] = None

    @property
    def kept(self) -> bool:
        """Whether all of it is known to be on the disk."""
        return bool(self.answers) and all("RecordId" in one for one in self.answers or ())
