"""What the integration tests share: layer and functions as they are deployed, built once."""

import sys
from pathlib import Path

import pytest

from bench.awslambda import layer
from bench.awslambda.lambda_runtime import ROOT, target_python
from tests.support.once import once


@pytest.fixture(scope="session")
def target() -> str:
    """The deployed version of Python where the machine has it, else the one that runs the tests."""
    return target_python() or sys.executable


@pytest.fixture(scope="session")
def built_layer(target: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that Lambda puts on the path, built by the layer's makefile."""
    return once(tmp_path_factory, "layer", lambda scratch: layer.build(scratch, target))


@pytest.fixture(scope="session")
def built_functions(target: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of the functions by their names, built by the same makefile."""
    built = once(tmp_path_factory, "functions", lambda scratch: _functions(scratch, target))
    return {folder.name: folder for folder in built.iterdir()}


def _functions(scratch: Path, target: str) -> Path:
    for file in (ROOT / "functions").glob("*/app.py"):
        layer.function(file.parent.name, scratch, target)
    return scratch
