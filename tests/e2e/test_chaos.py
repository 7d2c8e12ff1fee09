"""A tiny round of `make chaos` with the full verdict, each of its scenarios once."""

import json
from pathlib import Path

from bench.chaos.__main__ import main

TINY = {
    "--kills": 2, "--workers": 3, "--restarts": 1, "--drains": 1, "--compactions": 1, "--faults": 1,
    "--fault-seconds": 0.2, "--tempo": 0.3,
}  # fmt: skip


def test_a_tiny_round_of_chaos_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "chaos.json"
    options = [str(word) for pair in TINY.items() for word in pair]
    assert main([*options, "--json", str(file)]) == 0
    run = json.loads(file.read_text())
    assert run["good"]
    assert len(run["scenarios"]) == 7
    assert all(scenario["reads"] for scenario in run["scenarios"])
    assert all(scenario["accepted"] for scenario in run["scenarios"])
