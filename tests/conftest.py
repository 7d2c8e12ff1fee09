"""What all tests share: Hypothesis profiles without a clock, so that a slow machine fails none,
AWS's service models, read once, and the number of checks that a run has made.
"""

import atexit
import gc
import os
import sys
from collections.abc import Generator
from functools import cache
from pathlib import Path

import pytest
from botocore.loaders import JSONFileLoader
from hypothesis import HealthCheck, settings

from tests.support import in_memory, lean
from tests.support.laws import HOUSE, Count
from tests.support.once import once

# The same cases in each run, so that a change fails by what it changed; explore draws others.
settings.register_profile(
    HOUSE,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("whole", settings.get_profile(HOUSE))
settings.register_profile("explore", settings.get_profile(HOUSE), derandomize=False)
settings.load_profile(HOUSE)

# Where the environment keeps Python from writing bytecode, each of the hundreds of processes of a
# run would compile our modules again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A third of a run waited for the disk, for syncs of folders that are deleted a moment later.
if in_memory.fits():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(in_memory.FOLDER))

# No test asks an account of who runs it.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]

# Trees of SQL are circles. At the usual pace all that a worker has loaded is looked through for
# them in a twentieth of a run; with 100,000 the young ones no longer fit the processor's cache.
gc.set_threshold(20_000, 50, 100)


# Registered first, so called last. A worker's memory goes back whole: taken apart object by object
# it costs seconds, and DuckDB's library complains of each one that a cache still holds.
WORKER = "PYTEST_XDIST_WORKER" in os.environ
if WORKER:
    atexit.register(os._exit, 0)


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than cores: tests of servers wait for a sixth of their time."""
    return (os.cpu_count() or 1) + 1


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name zipped bytes by a word: they hold the second of their making, another in each worker."""
    return "gzip" if isinstance(val, bytes) and val.startswith(b"\x1f\x8b") else None


@pytest.fixture(scope="session")
def lean_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the package as it is deployed, in bytecode of the Python that runs this."""
    return once(tmp_path_factory, "lean", lean.build)


# botocore reads its models anew for each session, a quarter of a second of CPU for each command
# that a test runs on a stack.
_read_model = cache(JSONFileLoader().load_file)


@pytest.fixture(scope="session", autouse=True)
def models_read_once() -> Generator[None]:
    """Keep what botocore has read for the sessions that come after."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _self, path: _read_model(path))
        yield


@pytest.fixture(autouse=True)
def own_session() -> Generator[None]:
    """Let no test find the credentials of one before it: boto3 keeps them with its session."""
    yield
    if "boto3" in sys.modules:
        vars(sys.modules["boto3"])["DEFAULT_SESSION"] = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Note the checks of a test: the cases of its laws, or the test itself."""
    before = Count.cases
    yield
    item.user_properties.append(("checks", max(1, Count.cases - before)))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Look for errors among what a worker forgot once, not five times as pytest does after this."""
    if WORKER:
        gc.collect()
        gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many checks the tests that passed have made."""
    passed = terminalreporter.stats.get("passed", [])
    checks = sum(dict(report.user_properties).get("checks", 0) for report in passed)
    terminalreporter.write_line(f"{checks:,} checks in {len(passed):,} tests passed")
