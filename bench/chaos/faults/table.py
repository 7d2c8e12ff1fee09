"""The fault table: which things go wrong, when, and how often, read from a TOML file.

Only what a table may say, and whether it says it right. What a fault does when its moment has
come is in `injection`; only a server that the chaos runner starts has one.
"""

import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

MAX_TIMES = 1_000_000
MAX_WAIT_SECONDS = 30.0


class InvalidFaults(Exception):
    """The table is wrong; the message names every mistake and its element."""


class Operation(StrEnum):
    """What the embedded stream asks of a disk."""

    CREATE = "create"
    APPEND = "append"
    SYNC = "sync"
    CUT = "cut"
    MAKE_FOLDER = "make_folder"
    PUBLISH = "publish"
    REMOVE = "remove"


class Fault(BaseModel):
    """What all faults share: a name, a bound and one trigger.

    Calls are counted for each fault on its own, from 1: calls of the stream, operations of the
    disk that it is about, readings of the clock. It strikes on every `every`-th call, on a call
    with that `probability`, or on the calls of a `window` (first and last); after the first two
    also on the calls that follow, `lasting` in all. It never strikes more than `times` times.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    times: Annotated[int, Field(ge=1, le=MAX_TIMES)]
    every: Annotated[int | None, Field(ge=1)] = None
    probability: Annotated[float | None, Field(gt=0, le=1)] = None
    window: Annotated[list[int] | None, Field(min_length=2, max_length=2)] = None
    lasting: Annotated[int, Field(ge=1, le=MAX_TIMES)] = 1

    @model_validator(mode="after")
    def _one_trigger(self) -> "Fault":
        given = [value for value in (self.every, self.probability, self.window) if value]
        if len(given) != 1:
            raise ValueError("give exactly one of every, probability and window")
        if self.window and not 1 <= self.window[0] <= self.window[1]:
            raise ValueError("window: the first call is at least 1 and not after the last one")
        return self


class Throttle(Fault):
    """The stream takes none of the call's records."""

    kind: Literal["throttle"]


class Partial(Fault):
    """The stream takes some records of the call: not those at `indexes`, or not at `rate`."""

    kind: Literal["partial"]
    rate: Annotated[float | None, Field(gt=0, le=1)] = None
    indexes: Annotated[list[Annotated[int, Field(ge=0)]] | None, Field(min_length=1)] = None

    @model_validator(mode="after")
    def _one_choice(self) -> "Partial":
        if (self.rate is None) == (self.indexes is None):
            raise ValueError("give exactly one of rate and indexes")
        return self


class Slow(Fault):
    """The stream answers right, but late."""

    kind: Literal["slow"]
    seconds: Annotated[float, Field(gt=0, le=MAX_WAIT_SECONDS)]


class Timeout(Fault):
    """The call fails after a wait: before anything is stored, or after all of it was."""

    kind: Literal["timeout_before_commit", "timeout_after_commit"]
    seconds: Annotated[float, Field(ge=0, le=MAX_WAIT_SECONDS)] = 0.0


class DiskFault(Fault):
    """An operation of the disk fails: no room (ENOSPC) or read-only (EROFS)."""

    kind: Literal["disk_full", "read_only"]
    operation: Annotated[Operation, Field(strict=False)] = Operation.APPEND


class TornWrite(Fault):
    """Half of what is to be appended is written, then the disk fails (EIO)."""

    kind: Literal["torn_write"]


class SyncError(Fault):
    """All of it is written, then the sync fails (EIO)."""

    kind: Literal["sync_error"]


class ClockJump(Fault):
    """The clock of the process reads that much more, or less, than it should."""

    kind: Literal["clock"]
    offset_seconds: Annotated[float, Field(ge=-86_400, le=86_400)]


StreamFault: TypeAlias = Throttle | Partial | Slow | Timeout
AnyDiskFault: TypeAlias = DiskFault | TornWrite | SyncError
AnyFault: TypeAlias = StreamFault | AnyDiskFault | ClockJump


class FaultTable(BaseModel):
    """A seed and the faults, in the order in which they are asked. One seed, one course."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: Annotated[int, Field(ge=0)]
    fault: list[Annotated[AnyFault, Field(discriminator="kind")]] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> "FaultTable":
        names = [fault.name for fault in self.fault]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two faults have one name: {', '.join(twice)}")
        return self


def load(file: Path) -> FaultTable:
    """Return the table of a TOML file. Raises InvalidFaults with all mistakes in one message."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidFaults(f"{file}: {error}") from error
    try:
        return parse(found)
    except InvalidFaults as error:
        raise InvalidFaults(f"{file}:\n{error}") from error


def parse(found: Mapping[str, Any]) -> FaultTable:
    """Return the table of parsed TOML. Raises InvalidFaults with all mistakes in one message."""
    try:
        return FaultTable.model_validate(found)
    except ValidationError as error:
        lines = [
            f"  {_place(problem['loc'], found)}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors()
        ]
        raise InvalidFaults("\n".join(lines)) from error


def _place(path: Sequence[int | str], found: Mapping[str, Any]) -> str:
    """Return where a mistake is: `fault[2] throttle-storm, window`."""
    if len(path) < 2 or path[0] != "fault":
        return ".".join(map(str, path)) or "the table"
    index, inner = int(path[1]), path[3:]  # the third is the kind, which chose the model
    name = found["fault"][index].get("name") if isinstance(found["fault"][index], dict) else None
    named = f"fault[{index}] {name}" if isinstance(name, str) else f"fault[{index}]"
    return f"{named}, {'.'.join(map(str, inner))}" if inner else named
