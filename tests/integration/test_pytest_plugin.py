"""The pytest plugin in a project of its own: one twin a worker, reset for each test, and light."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = "openbunker_local.testing.plugin"
TESTS = """
import json
from urllib.request import urlopen

import pytest


def send(openbunker, name):
    body = json.dumps([{"type": "custom", "name": name, "properties": {"value": 1}}])
    urlopen(f"{openbunker.url}/batch?client_id={openbunker.keys['client_id']}", body.encode())


@pytest.mark.parametrize("name", ["a", "b", "c", "d"])
def test_alone(openbunker, name):
    assert openbunker.good() == []
    send(openbunker, name)
    openbunker.wait_for(1)
    openbunker.assert_event(name, value=1)


def test_differs(openbunker):
    send(openbunker, "buy")
    openbunker.assert_event("buy", value=2)
"""


def run(folder: Path, *options: str) -> str:
    (folder / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", *options]
    env = {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/shared'}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [*command, "test_it.py"], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("workers", [(), ("-p", "xdist.plugin", "-n", "2")], ids=["one", "two"])
def test_each_test_has_an_empty_twin_and_a_failure_says_what_differs(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    told = run(tmp_path, *workers)
    assert "4 passed" in told, told
    assert "1 failed" in told
    assert "value: expected 2, was 1" in told


def test_a_run_that_asks_for_no_twin_loads_the_plugin_alone() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); "
        f"import {PLUGIN}; print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = ["openbunker_local", "openbunker_local.testing", PLUGIN]
    assert done.stdout.strip() == str(loaded)
