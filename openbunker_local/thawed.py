"""Values that a serving process makes without asking each time whether it may: frozen no more.

A frozen dataclass sets each of its fields by a call of its own, which was a sixth of an event's
walk. That nobody writes to one is shown on the sources, by types and tests; the artefacts' classes
may be written to as well, for the same reason (docs/decisions/0075). Nothing else changes of them.
"""

from dataclasses import field, fields, make_dataclass
from typing import Any

from openbunker.core.books import Entry
from openbunker.core.event import Draft
from openbunker.core.records import Record
from openbunker.core.verdict import Accepted, Verdict
from openbunker.ingest.enrich import Origin
from openbunker.web.http import Reply, Request
from openbunker.wire.dialect import Outcome, Submission

# Made for each event, then for each request.
HOT: tuple[type, ...] = (
    *(Draft, Accepted, Record, Verdict),
    *(Request, Reply, Submission, Outcome, Origin, Entry),
)


def thaw(*more: type) -> None:
    """Let dataclasses be written to, for good: those of the walk, and more of them."""
    for one in (*HOT, *more):
        if "__setattr__" in vars(one):
            one.__init__ = _written(one)  # type: ignore[misc]
            del one.__setattr__, one.__delattr__


def _written(frozen: Any) -> Any:
    """Return what makes one of a class by plain assignments, from the same arguments."""
    own = [(one.name, object, _like(one)) for one in fields(frozen)]
    return make_dataclass(frozen.__name__, own).__init__  # type: ignore[misc]


def _like(one: Any) -> Any:
    """Return a field of the same kind for another class."""
    same = {name: getattr(one, name) for name in ("default", "default_factory", "kw_only", "init")}
    return field(**same)
