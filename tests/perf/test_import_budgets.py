"""What a cold start of each function imports: what must not be there, and how much it may cost.

Package and handlers are the lean ones, as they are deployed. Modules are counted for the hot path,
so that it says the same on every machine. The cost of each function is CPU seconds from spawn to
ready, as a multiple of Lambda's runtime client alone in the same process. `python -m bench init`
has the milliseconds.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLOUD = {"boto3", "botocore", "s3transfer", "urllib3", "requests", "httpx"}
MODELS = {"pydantic", "pydantic_core", "msgspec", "jsonschema", "typing_extensions"}
MACHINE = {"openbunker_local", "duckdb", "sqlite3", "yaml", "rich", "typer", "uvicorn"}
RUNTIME = {"aws_lambda_powertools", "aws_xray_sdk", "asyncio", "multiprocessing", "ctypes"}
# What the build step is there for, and what the signed client does without.
LEAN = {"dataclasses", "inspect", "ast", "tokenize", "typing", "http", "email"}
HOT = (
    CLOUD | LEAN | MODELS | MACHINE | RUNTIME | {"sqlglot", "openbunker.query", "openbunker.manage"}
    | {"openbunker.sinks.spill", "openbunker.aws.objects", "openbunker.wiring.unwired"}
)  # fmt: skip
# Beyond what Lambda's runtime client has imported for any handler. Raise it with a reason only: it
# was 137 before the package was lean and had an HTTP reader of its own.
MODULES = 110
PROBE = """
import json, sys, time
import awslambdaric.bootstrap
floor, spent = set(sys.modules), time.process_time()
import app
for name in ("hot", "query", "manage"):
    if hasattr(app, name):
        getattr(app, name).current()
found = sorted(set(sys.modules) - floor)
json.dump({"modules": found, "times": time.process_time() / spent}, sys.stdout)
"""


@dataclass(frozen=True)
class Door:
    """A function: what it must not load, and how many times the runtime client's CPU it may take.

    The limit lies a third above what was seen on a busy machine.
    """

    function: str
    forbidden: set[str]
    times: float


DOORS = [
    Door("track", HOT, 2.7),
    Door("batch", HOT, 2.7),
    Door("key_validation", HOT, 2.7),
    Door("query", (CLOUD | MACHINE | MODELS | RUNTIME) - {"asyncio"}, 7.5),
    Door("manage", (CLOUD | MACHINE | RUNTIME | {"sqlglot"}) - {"asyncio"}, 7.5),
    Door("replay", MACHINE | {"sqlglot", "pydantic", "boto3", "openbunker.query"}, 5.5),
    Door("compact", MACHINE | {"openbunker.ingest"}, 13.5),
    Door("erase", MACHINE | {"openbunker.ingest"}, 13.5),
]
IDS = [door.function for door in DOORS]


@dataclass(frozen=True)
class Start:
    """What one start imported, and its CPU time as a multiple of the runtime client's."""

    modules: frozenset[str]
    times: float


@cache
def start(function: str, package: Path) -> Start:
    """Return a start within the budget, up to where a first request can be served.

    Of three the last, if none is: other work on the machine makes a start dearer, and none cheaper.
    """
    (limit,) = (door.times for door in DOORS if door.function == function)
    for _ in range(3):
        found = _start(function, package)
        if found.times <= limit:
            break
    return found


def _start(function: str, package: Path) -> Start:
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env={
            "PYTHONPATH": f"{package / 'functions' / function}:{package}",
            "OPENBUNKER_STREAM": "events",
            "OPENBUNKER_KEYS_TABLE": "keys",
            "OPENBUNKER_GLUE_DATABASE": "openbunker",
            "OPENBUNKER_ATHENA_WORKGROUP": "openbunker",
            "OPENBUNKER_SPILL_QUEUE": "https://sqs.us-east-1.amazonaws.com/123456789012/spill",
            "OPENBUNKER_BUCKET": "events",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    return Start(frozenset(told["modules"]), told["times"])


@pytest.mark.parametrize("door", DOORS, ids=IDS)
def test_a_function_does_not_load_what_it_does_not_need(door: Door, lean_package: Path) -> None:
    assert not door.forbidden & start(door.function, lean_package).modules


@pytest.mark.parametrize("door", DOORS, ids=IDS)
def test_a_function_starts_within_its_budget(door: Door, lean_package: Path) -> None:
    assert start(door.function, lean_package).times <= door.times


def test_the_hot_path_imports_little(lean_package: Path) -> None:
    for door in DOORS:
        if door.forbidden is HOT:
            found = start(door.function, lean_package).modules
            assert len(found) <= MODULES, (door.function, sorted(found))


def test_the_probe_sees_what_a_function_imports(lean_package: Path) -> None:
    seen = {"app", "openbunker.ingest.pipeline", "openbunker.wiring.clients"}
    assert seen <= start("track", lean_package).modules


def test_every_function_has_a_budget() -> None:
    assert {path.parent.name for path in (ROOT / "functions").glob("*/app.py")} == {*IDS}
