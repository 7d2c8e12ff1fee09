"""The names that `python -m bench` takes are parts that there are."""

from importlib.util import find_spec

import pytest

from bench.__main__ import APART, PARTS, main


def test_help_names_every_part_and_runs_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-h", "init"]) == 0
    shown = capsys.readouterr().out
    for name in (*PARTS, *APART):
        assert name in shown
        assert find_spec(f"bench.{name}"), name


def test_a_part_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "nonsense"]) == 2
    told = capsys.readouterr()
    assert "nonsense" in told.err
    assert not told.out
