"""How many different event names a project uses, counted cheaply and therefore approximately.

Lives in the memory of one process and asks no store: each Lambda environment counts for itself,
and what it forgot it counts anew. Knows no dialect; which limit holds is the dialect's.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from threading import Lock

# 2,000 hashes take 16 KB, so all projects together at most 16 MB.
MAX_PROJECTS = 1_000


class NameBudget:
    """The event names that were stored in this process, by project, as hashes of 64 bits.

    Names whose hashes collide count as one. Of too many projects the one that was quiet for
    longest is forgotten. Safe to share between threads.
    """

    def __init__(self, max_projects: int = MAX_PROJECTS) -> None:
        self._max_projects = max_projects
        self._known: dict[str, array[int]] = {}
        self._lock = Lock()

    def beyond(self, project: str, names: Iterable[str], limit: int) -> frozenset[str]:
        """Return those of the names that are new to the project and no longer fit; counts none.

        Of several new names the first ones fit.
        """
        with self._lock:
            known = self._known.get(project, _NONE)
            fresh = [name for name in dict.fromkeys(names) if not _holds(known, hash(name))]
            return frozenset(fresh[max(0, limit - len(known)) :])

    def count(self, project: str, names: Iterable[str]) -> None:
        """Remember names that were stored, and that the project was not quiet."""
        with self._lock:
            known = self._known.pop(project, None) or array("q")
            for name in map(hash, names):
                if not _holds(known, name):
                    known.insert(bisect_left(known, name), name)
            self._known[project] = known
            if len(self._known) > self._max_projects:
                del self._known[next(iter(self._known))]


_NONE: "array[int]" = array("q")


def _holds(known: "array[int]", name: int) -> bool:
    at = bisect_left(known, name)
    return at < len(known) and known[at] == name
