"""What the runtime brings is installed once, however many processes find its folder missing."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from bench.awslambda import lambda_runtime

MANY = 4


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Path]]:
    """Return a function that asks for the folder from many threads at once."""
    made: list[Path] = []

    def install(_python: str, _requirements: str, folder: Path) -> None:
        made.append(folder)
        folder.mkdir()  # fails where it stands already

    def ask() -> list[Path]:
        start = Barrier(MANY)
        with ThreadPoolExecutor(MANY) as threads:
            asked = [threads.submit(_ask, start) for _ in range(MANY)]
            assert {one.result() for one in asked} == {made[-1]}
        return made

    monkeypatch.setattr(lambda_runtime, "CACHE", tmp_path)
    monkeypatch.setattr(lambda_runtime, "_install", install)
    return ask


def _ask(start: Barrier) -> Path:
    start.wait()
    return lambda_runtime.client_folder(sys.executable)


def test_of_many_that_find_it_missing_one_installs(installed: Callable[[], list[Path]]) -> None:
    assert len(installed()) == 1
    assert len(installed()) == 1


def test_other_pins_install_anew(
    installed: Callable[[], list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed()
    monkeypatch.setattr(lambda_runtime, "_pinned", lambda _names: "newer==1\n")

    assert len(installed()) == 2
