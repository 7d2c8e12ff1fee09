"""Kill -9 in the middle of load: every answered record is there afterwards, once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from openbunker_local.stream.stream import EmbeddedStream
from tests.support.embedded import NEVER, journal_files, lines

ROOT = Path(__file__).parents[2]
ROUNDS = 8


@pytest.fixture
def rounds() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that are certainly gone after the test."""
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def started(data: Path, name: str) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(str(ROOT / part) for part in (".", "layers/shared"))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.put_numbers", str(data), name],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
    )


def test_every_answered_record_outlives_kill_9(
    tmp_path: Path, rounds: list[subprocess.Popen[bytes]]
) -> None:
    """Eight kills on one folder, each after another number of answers; each start recovers."""
    random = Random(20261121)
    answered: list[bytes] = []
    for number in range(ROUNDS):
        process = started(tmp_path, str(number))
        rounds.append(process)
        assert process.stdout
        answered += [process.stdout.readline() for _ in range(random.randint(100, 2500))]
        process.kill()
        answered += process.stdout.readlines()
        process.wait()
        process.stdout.close()
    stream = EmbeddedStream(tmp_path, deliver_after_seconds=NEVER)
    stream.close()
    found = lines(tmp_path)
    assert len(found) == len(set(found))
    assert {line.strip() for line in answered} <= set(found)
    assert journal_files(tmp_path) == []
