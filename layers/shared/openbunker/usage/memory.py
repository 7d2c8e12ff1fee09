"""A store of counts in dicts: the fake beside the real ones, with the same contract tests."""

from collections.abc import Mapping, Sequence

from openbunker.usage.model import Line, UsageUnavailable, Use


class MemoryUsageStore:
    """Counts by project, day and dialect. `down` makes every call fail."""

    def __init__(self) -> None:
        self.lines: dict[tuple[str, str, str], Line] = {}
        self.uses: dict[tuple[str, str], int] = {}
        self.counted: int | None = None
        self.down = False

    def put(self, lines: Sequence[Line], uses: Sequence[Use], counted_ms: int) -> None:
        """Keep counts in place of earlier ones."""
        self._up()
        self.lines |= {(line.project_id, line.day, line.dialect): line for line in lines}
        self.uses |= {(use.project_id, use.key_id): use.hour_ms for use in uses}
        self.counted = counted_ms

    def of_project(self, project_id: str, from_day: str, to_day: str) -> list[Line]:
        """Return the lines of a project."""
        self._up()
        found = sorted(place for place in self.lines if place[0] == project_id)
        return [self.lines[place] for place in found if from_day <= place[1] <= to_day]

    def last_used(self, project_id: str) -> Mapping[str, int]:
        """Return the hour of each key of a project."""
        self._up()
        return {key: hour for (project, key), hour in self.uses.items() if project == project_id}

    def counted_ms(self) -> int | None:
        """Return when the last counting began."""
        self._up()
        return self.counted

    def _up(self) -> None:
        if self.down:
            raise UsageUnavailable("the store is down")
