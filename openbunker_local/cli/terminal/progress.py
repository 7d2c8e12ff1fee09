"""A progress bar on a terminal's standard error, and nothing where there is nothing to do."""

from contextlib import ExitStack
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)


class Bar:
    """Shows how far something is, from the first time on that there is something to do."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._open = ExitStack()
        self._shown: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> "Bar":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def update(self, done: int, of: int, what: str = "") -> None:
        """Say how much is done, of how much, and what is being done."""
        if self._shown is None and of:
            self._shown = self._started(of)
        if self._shown:
            bar, task = self._shown
            bar.update(task, completed=done, total=of, description=what or self._what)

    def _started(self, of: int) -> tuple[Progress, TaskID] | None:
        console = Console(stderr=True)
        if not console.is_terminal:
            return None
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        bar = self._open.enter_context(Progress(*columns, TimeRemainingColumn(), console=console))
        return bar, bar.add_task(self._what, total=of)
