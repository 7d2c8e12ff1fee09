"""How far erasing has come. One small object of JSON, which no other function writes.

Written only if nobody else wrote it since it was read, as compaction's own is. No SQL.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from openbunker.compaction.store.state import Batch, State, Task, batch_of, task_of

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasingState:
    """`erasing` says since when a customer's rows are in no file of the newest snapshot (ms since
    the epoch), by the id of the erasure; `batch` who is worked on; `vacuuming` which removal of
    old snapshots is under way.
    """

    erasing: Mapping[str, int] = field(default_factory=dict)
    batch: Batch | None = None
    vacuuming: Task | None = None


def taken_over(state: State) -> ErasingState:
    """Return what an earlier release kept of erasures in compaction's state."""
    return ErasingState(erasing=state.erasing, batch=state.batch)


def dumps(state: ErasingState) -> bytes:
    """Return the object's bytes."""
    return json.dumps({"v": VERSION, **asdict(state)}, sort_keys=True).encode()


def loads(data: bytes) -> ErasingState:
    """Return the state of an object's bytes. Raises ValueError for what is none."""
    told = json.loads(data)
    if not isinstance(told, dict) or told.pop("v", None) != VERSION:
        raise ValueError("the state of erasing has another version")
    try:
        batch, task = told["batch"], told["vacuuming"]
        found = {"batch": batch and batch_of(batch), "vacuuming": task and task_of(task)}
        return ErasingState(**{**told, **found})
    except (KeyError, TypeError) as error:
        raise ValueError(f"the state of erasing: {error}") from error
