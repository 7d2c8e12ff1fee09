"""What the command line loads and costs before it does anything: held as sets and as multiples.

The cost is a child's CPU seconds, as a multiple of those of a process that imports typer and
does nothing: the floor of the command line, 60 ms where an empty process takes 22. On a busy
machine an empty process takes no longer and imports take twice as long: nothing to compare with.
Before commands were loaded when they are asked for, `--help` took eight times the floor.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKSHOP = {"bench", "scripts", "tests", "pytest"}
CLOUD = {"boto3", "botocore", "s3transfer", "openbunker_local.stack"}
ENGINE = {"duckdb", "sqlglot", "openbunker_local.lake", "openbunker_local.compaction"}
PRETTY = {"rich", "markdown_it", "pygments"}
HEAVY = {"pydantic", "uvicorn", "yaml", "asyncio", "sqlite3", "importlib.metadata"}
LIST = WORKSHOP | CLOUD | ENGINE | PRETTY | HEAVY | {"openbunker", "openbunker_local.runtime"}
OTHERS = {
    f"openbunker_local.cli.{name}"
    for name in ("accounts", "audit", "compact", "export", "keys", "limits", "projects", "usage")
}
PROBE = """
import json, sys
sys.argv = ["openbunker", *sys.argv[1:]]
from openbunker_local.__main__ import main
try:
    main()
except SystemExit:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@dataclass(frozen=True)
class Door:
    """Some words, what must not be loaded for them, and how many floors they may cost.

    The limit lies a third above what was seen on a busy machine.
    """

    words: tuple[str, ...]
    forbidden: set[str]
    times: float


# `run --help` loads what `run` writes with, and stops before it opens anything: what only reads is
# loaded when it is opened, which the twin of tests leaves for the first question.
DOORS = [
    Door(("--help",), LIST, 1.8),
    Door(("keys", "--help"), WORKSHOP | CLOUD | ENGINE | PRETTY | {"uvicorn"}, 6.5),
    Door(
        ("run", "--help"),
        WORKSHOP | CLOUD | PRETTY | OTHERS | ENGINE | {"openbunker_local.reading"},
        7.5,
    ),
]
IDS = [" ".join(door.words) for door in DOORS]


def _child(*arguments: str) -> tuple[float, str]:
    """Return the CPU seconds of a Python process, and what it wrote to standard error."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        told = process.stderr.read() if process.stderr else ""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, told
    return used.ru_utime + used.ru_stime, told


@cache
def floor() -> float:
    return min(_child("-c", "import typer")[0] for _ in range(7))


@pytest.mark.parametrize("door", DOORS, ids=IDS)
def test_a_command_does_not_load_what_it_does_not_need(door: Door) -> None:
    loaded = set(json.loads(_child("-c", PROBE, *door.words)[1]))
    assert "typer" in loaded
    assert not door.forbidden & loaded


@pytest.mark.parametrize("door", DOORS, ids=IDS)
def test_a_command_starts_within_its_budget(door: Door) -> None:
    costs = (_child("-m", "openbunker_local", *door.words)[0] for _ in range(5))
    assert any(cost / floor() <= door.times for cost in costs), "not one of five starts"


def test_a_process_of_heavy_questions_loads_nothing_that_builds_them() -> None:
    code = "import sys, json, openbunker_local.lake.heavy.child as _; "
    told = _child("-c", code + "print(json.dumps(sorted(sys.modules)), file=sys.stderr)")[1]

    loaded = set(json.loads(told))
    assert "duckdb" in loaded
    assert not (WORKSHOP | CLOUD | PRETTY | {"sqlglot", "pydantic", "openbunker.query"}) & loaded
