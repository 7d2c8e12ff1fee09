"""The order of turns: round robin over projects, then over their keys, first come within. Pure.

No clock and no thread: `gate` waits. Where too many wait, the newest of whoever has most of them
goes, so that no project can take the room of another one.
"""

from collections import Counter, deque


class Ticket:
    """One wish for a turn. Two of them are never the same."""

    __slots__ = ("key", "project")

    def __init__(self, project: str, key: str) -> None:
        self.project = project
        self.key = key


class Turns:
    """`places` are taken at a time, by one project at most `per_project`; `most_waiting` wait.

    A project waits for no more turns of others than there are projects that wait, as long as it
    has less than `per_project` places itself.
    """

    def __init__(self, places: int, per_project: int, most_waiting: int) -> None:
        self._places = places
        self._per_project = per_project
        self._most_waiting = most_waiting
        # Who is next stands first in both: a dictionary keeps the order in which names came.
        self._waiting: dict[str, dict[str, deque[Ticket]]] = {}
        self._taken: Counter[str] = Counter()
        self.waiting = 0

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._taken.total()

    def ask(self, ticket: Ticket) -> Ticket | None:
        """Let a ticket wait. Return the one that must go for it, perhaps itself."""
        keys = self._waiting.setdefault(ticket.project, {})
        keys.setdefault(ticket.key, deque()).append(ticket)
        self.waiting += 1
        if self.waiting <= self._most_waiting:
            return None
        last = self._newest_of_most(ticket)
        self.give_up(last)
        return last

    def grant(self) -> Ticket | None:
        """Return the ticket whose turn begins now, None when nobody's does."""
        if self.taken >= self._places:
            return None
        for project in self._waiting:
            if self._taken[project] < self._per_project:
                return self._take(project)
        return None

    def done(self, ticket: Ticket) -> None:
        """End a turn that was granted."""
        self._taken[ticket.project] -= 1
        if not self._taken[ticket.project]:
            del self._taken[ticket.project]

    def give_up(self, ticket: Ticket) -> bool:
        """Let a ticket wait no more; return whether it did."""
        tickets = self._waiting.get(ticket.project, {}).get(ticket.key, ())
        if ticket not in tickets:
            return False
        self._waiting[ticket.project][ticket.key].remove(ticket)
        self._forget_empty(ticket)
        return True

    def _take(self, project: str) -> Ticket:
        keys = self._waiting.pop(project)
        key = next(iter(keys))
        tickets = keys.pop(key)
        ticket = tickets.popleft()
        keys[key] = tickets  # both stand last now
        self._waiting[project] = keys
        self._forget_empty(ticket)
        self._taken[project] += 1
        return ticket

    def _forget_empty(self, ticket: Ticket) -> None:
        self.waiting -= 1
        keys = self._waiting[ticket.project]
        if not keys[ticket.key]:
            del keys[ticket.key]
        if not keys:
            del self._waiting[ticket.project]

    def _newest_of_most(self, ticket: Ticket) -> Ticket:
        """Return who goes; of equals, whoever came last."""

        def most(project: str) -> tuple[int, bool]:
            keys = self._waiting[project].values()
            return sum(map(len, keys)), project == ticket.project

        keys = self._waiting[max(self._waiting, key=most)]
        mine = ticket if keys is self._waiting[ticket.project] else None
        key = max(keys, key=lambda name: (len(keys[name]), bool(mine and name == mine.key)))
        return keys[key][-1]
