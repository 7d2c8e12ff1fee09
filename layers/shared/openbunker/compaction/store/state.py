"""How far compaction has come, and the plan that it is in the middle of. One small object of JSON.

Written only if nobody else wrote it since it was read, so two runs cannot cross. No SQL is made
here: a plan holds its statements as text, because a run that takes over has to start exactly what
its predecessor did.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

VERSION = 1
_TASKS = ("joining", "vacuuming")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Statements to run, in order, under tokens made of `plan_id`; and what is true afterwards."""

    plan_id: str
    statements: tuple[str, ...]
    compacted_to_ms: int
    listed_ms: int
    rows: int = 0

    def token(self, index: int) -> str:
        """Return the token under which a statement is started, by whichever run."""
        return f"{self.plan_id}-{index:04}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Erasures that are worked on together, by their ids, and how far that is.

    `stage` is what is being done and `after` the last day or object of it that is done; `days` are
    those of the table in which their rows were found, None where an earlier release began; `tries`
    counts the statements of the batch that have ended, so that each one has a token of its own.
    """

    batch_id: str
    erasures: tuple[str, ...]
    stage: str
    after: str = ""
    tries: int = 0
    days: tuple[str, ...] | None = None

    def token(self) -> str:
        """Return the token under which a statement is started, by whichever run."""
        return f"{self.batch_id}-{self.tries:04}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Upkeep of the table that is under way since a time (ms): the days that are left to do.

    `tries` is as in a batch; `failed` says that a statement of it did, and its days were left out.
    """

    task_id: str
    begun_ms: int
    days: tuple[str, ...] = ()
    tries: int = 0
    failed: bool = False

    def token(self) -> str:
        """Return the token under which a statement is started, by whichever run."""
        return f"{self.task_id}-{self.tries:04}"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What holds: every object of a minute before `compacted_to_ms` that lay there when the
    bucket was listed, at `listed_ms`, is in the cold table (ms since the epoch, 0: nothing yet).

    `optimized_ms` and `vacuumed_ms` say when the table was last begun to be looked after,
    `joining` and `vacuuming` how far that is. `erasing` and `batch` are of an earlier release,
    which erased in the same run: they stay as they are until erasing has taken them over.
    """

    compacted_to_ms: int = 0
    listed_ms: int = 0
    pending: Plan | None = None
    optimized_ms: int = 0
    vacuumed_ms: int = 0
    erasing: Mapping[str, int] = field(default_factory=dict)
    batch: Batch | None = None
    joining: Task | None = None
    vacuuming: Task | None = None

    def settled(self) -> "State":
        """Return the state after the plan has succeeded."""
        if self.pending is None:
            return self
        done = self.pending
        to_ms, at_ms = done.compacted_to_ms, done.listed_ms
        return replace(self, compacted_to_ms=to_ms, listed_ms=at_ms, pending=None)

    def dropped(self) -> "State":
        """Return the state after the plan has failed: another one has to be made."""
        return replace(self, pending=None)


def dumps(state: State) -> bytes:
    """Return the object's bytes. With nothing under way they are what older versions read too."""
    told = {"v": VERSION, **asdict(state)}
    for name in ("batch", *_TASKS):
        if told[name] is None:
            del told[name]
    return json.dumps(told, sort_keys=True).encode()


def loads(data: bytes) -> State:
    """Return the state of an object's bytes. Raises ValueError for what is none."""
    told = json.loads(data)
    if not isinstance(told, dict) or told.pop("v", None) != VERSION:
        raise ValueError("the state of compaction has another version")
    try:
        if plan := told.pop("pending"):
            told["pending"] = Plan(**{**plan, "statements": tuple(plan["statements"])})
        if batch := told.get("batch"):
            told["batch"] = batch_of(batch)
        for name in _TASKS:
            if task := told.get(name):
                told[name] = task_of(task)
        return State(**told)
    except (KeyError, TypeError) as error:
        raise ValueError(f"the state of compaction: {error}") from error


def batch_of(told: Mapping[str, Any]) -> Batch:
    """Return the batch that an object tells of. Raises KeyError or TypeError."""
    days = tuple(told["days"]) if told.get("days") is not None else None
    return Batch(**{**told, "erasures": tuple(told["erasures"]), "days": days})


def task_of(told: Mapping[str, Any]) -> Task:
    """Return the task that an object tells of. Raises KeyError or TypeError."""
    return Task(**{**told, "days": tuple(told["days"])})
