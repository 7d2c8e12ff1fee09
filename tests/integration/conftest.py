"""What the integration tests share: the layer as it is deployed, built once."""

import fcntl
import os
import sys
from pathlib import Path

import pytest

from bench.awslambda import layer
from bench.awslambda.lambda_runtime import target_python


@pytest.fixture(scope="session")
def target() -> str:
    """The deployed version of Python where the machine has it, else the one that runs the tests."""
    return target_python() or sys.executable


@pytest.fixture(scope="session")
def built_layer(target: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that Lambda puts on the path, built by the layer's makefile.

    Once for all processes of a run: a second one waits for the first one's.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    told = shared / "layer-built"
    with (shared / "layer.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(str(layer.build(tmp_path_factory.mktemp("layer"), target)))
    return Path(told.read_text())
