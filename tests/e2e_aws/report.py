"""The table of steps: what was done, how long it took, how it ended. Prints as steps end."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field


class StepFailed(Exception):
    """Something was not as it must be; the text says what."""


def expect(found: object, wanted: object, what: str) -> None:
    """Fail the step unless what was found is what was wanted."""
    if found != wanted:
        raise StepFailed(f"{what}: {found!r}, not {wanted!r}")


@dataclass
class Report:
    """What was done so far. `failed` counts the steps that failed."""

    steps: list[tuple[str, float, str]] = field(default_factory=list)
    failed: int = 0

    def step(self, name: str, do: Callable[[], str]) -> None:
        """Do a step and note how it ended. Raises what it raised, after noting it."""
        started = time.monotonic()
        try:
            told = do()
        except BaseException as error:
            self.failed += 1
            self._add(name, started, f"FAILED: {error}")
            raise
        self._add(name, started, told)

    def attempt(self, name: str, do: Callable[[], str]) -> None:
        """Do a step that no other one builds on: one that fails stops none."""
        with contextlib.suppress(StepFailed):
            self.step(name, do)

    def _add(self, name: str, started: float, told: str) -> None:
        self.steps.append((name, time.monotonic() - started, told))
        print(_line(*self.steps[-1]), flush=True)

    def table(self) -> str:
        """Return all steps as a table, with the sum of their seconds."""
        rows = [("step", "seconds", "outcome"), ("---", "---:", "---")]
        rows += [(name, f"{seconds:.1f}", told) for name, seconds, told in self.steps]
        rows.append(("all", f"{sum(s for _, s, _ in self.steps):.1f}", f"{self.failed} failed"))
        return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _line(name: str, seconds: float, told: str) -> str:
    return f"{seconds:6.1f} s  {name}: {told}"
