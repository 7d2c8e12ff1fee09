"""Large blocks go back to the system."""

import subprocess
import sys

import pytest

from openbunker_local import memory

# Blocks of a MiB that are freed between small ones which stay, as bodies are.
CHURN = """
import sys
from openbunker_local import memory
{first}
def held():
    return int(open("/proc/self/statm").read().split()[1]) // 256
before, pins = held(), []
for _ in range(3):
    blocks = []
    for at in range(40):
        blocks.append(b"a" * (1024 * 1024 + 4096 * at))
        pins.append(bytes(1000))
    del blocks
print(held() - before)
"""


def test_blocks_that_are_free_are_no_longer_held() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHURN.format(first="memory.give_back()")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 10


def test_a_library_that_cannot_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    memory.give_back()


def test_cycles_are_searched_for_seldom_and_not_among_what_is_there() -> None:
    told = "import gc; from openbunker_local import memory; memory.search_seldom()"
    done = subprocess.run(
        [sys.executable, "-c", f"{told}; print(gc.get_freeze_count(), *gc.get_threshold())"],
        capture_output=True,
        text=True,
        check=True,
    )
    frozen, *numbers = map(int, done.stdout.split())
    assert frozen > 1000
    assert tuple(numbers) == memory.OBJECTS_BETWEEN
