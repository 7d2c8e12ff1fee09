"""The comparison with peers: its ratio, its verdict, and what it says when something is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import peers
from bench.peers import contenders, load, postgres
from bench.peers.load import Round


def seen(*per_second: float) -> list[Round]:
    return [Round(one, 1.0, 1.0) for one in per_second]


def test_a_ratio_is_of_rounds_that_were_neighbours() -> None:
    found = {contenders.OURS: seen(100, 20, 100), contenders.POSTGRES: seen(50, 10, 1000)}
    assert peers.ratio(found) == 2


def test_all_take_turns() -> None:
    turns: list[str] = []

    def one(peer: contenders.Contender, seconds: int) -> Round:
        turns.append(peer.name)
        return Round(float(seconds), 1.0, 1.0)

    both = [contenders.Contender(name, "", "", "", ()) for name in ("a", "b")]
    found = peers.rounds(both, one)
    assert turns == ["a", "b"] * (1 + peers.ROUNDS)
    assert {name: len(rounds) for name, rounds in found.items()} == dict.fromkeys(
        "ab", peers.ROUNDS
    )


def test_what_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert peers.main() == peers.MISSING
    assert "apt-get install wrk" in capsys.readouterr().err


def test_a_machine_without_postgres_is_told_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres, "DEBIAN", tmp_path)
    with pytest.raises(postgres.NoPostgres, match="apt-get install postgresql"):
        postgres.binaries()
    for version in ("9", "15"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    assert postgres.binaries() == tmp_path / "15" / "bin"


def test_the_cpu_of_children_counts() -> None:
    spend = "i = 0\nwhile i < 3_000_000: i += 1"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {spend!r}])"
    before = load.cpu_seconds((os.getpid(),))
    subprocess.run([sys.executable, "-c", nested], check=True)
    assert load.cpu_seconds((os.getpid(),)) - before > 0.05
