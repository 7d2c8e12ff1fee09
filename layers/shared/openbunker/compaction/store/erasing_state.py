"""How far erasing has come. One small object of JSON, which no other function writes.

Written only if nobody else wrote it since it was read, as compaction's own is. No SQL.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from openbunker.compaction.store.state import Batch, State, Task, batch_of, task_of

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The last look before erasures are told done: what was written into `place` since a time (ms).

    `after` is the last object of it that was looked into.
    """

    erasures: tuple[str, ...]
    since_ms: int
    place: str
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasingState:
    """`erasing` says since when a customer's rows are in no file of the newest snapshot (ms since
    the epoch), by the id of the erasure; `batch` who is worked on; `vacuuming` which removal of
    old snapshots is under way; `look` how far the last look is, where a run did not end it.
    """

    erasing: Mapping[str, int] = field(default_factory=dict)
    batch: Batch | None = None
    vacuuming: Task | None = None
    look: Look | None = None


def taken_over(state: State) -> ErasingState:
    """Return what an earlier release kept of erasures in compaction's state."""
    return ErasingState(erasing=state.erasing, batch=state.batch)


def dumps(state: ErasingState) -> bytes:
    """Return the object's bytes. Without a look under way older versions read them too."""
    told = {"v": VERSION, **asdict(state)}
    if state.look is None:
        del told["look"]
    return json.dumps(told, sort_keys=True).encode()


def loads(data: bytes) -> ErasingState:
    """Return the state of an object's bytes. Raises ValueError for what is none."""
    told = json.loads(data)
    if not isinstance(told, dict) or told.pop("v", None) != VERSION:
        raise ValueError("the state of erasing has another version")
    try:
        batch, task, look = told["batch"], told["vacuuming"], told.get("look")
        found = {"batch": batch and batch_of(batch), "vacuuming": task and task_of(task)}
        found |= {"look": look and Look(**{**look, "erasures": tuple(look["erasures"])})}
        return ErasingState(**{**told, **found})
    except (KeyError, TypeError) as error:
        raise ValueError(f"the state of erasing: {error}") from error
