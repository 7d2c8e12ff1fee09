"""Tiny rounds of `make chaos` with the full verdict: two scenarios here, each in `make e2e`."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.chaos.__main__ import main
from bench.chaos.scenarios import SCENARIOS

TINY = {
    "--kills": 2, "--workers": 3, "--restarts": 1, "--drains": 1, "--compactions": 1, "--faults": 1,
    "--fault-seconds": 0.2, "--tempo": 0.3,
}  # fmt: skip


def ran(tmp_path: Path, *words: str) -> list[dict[str, Any]]:
    """Return the scenarios of a round, of which none found anything and each was under load."""
    file = tmp_path / "chaos.json"
    options = [str(word) for pair in TINY.items() for word in pair]
    assert main([*options, *words, "--json", str(file)]) == 0
    run = json.loads(file.read_text())
    assert run["good"]
    found: list[dict[str, Any]] = run["scenarios"]
    assert all(scenario["reads"] for scenario in found)
    assert all(scenario["accepted"] for scenario in found)
    return found


def test_a_tiny_round_of_chaos_loses_nothing(tmp_path: Path) -> None:
    assert len(ran(tmp_path, "--only", "workers", "leftovers")) == 2


@pytest.mark.slow
def test_each_scenario_once_loses_nothing(tmp_path: Path) -> None:
    assert len(ran(tmp_path)) == len(SCENARIOS)
