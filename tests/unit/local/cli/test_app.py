"""What the command line prints for programs: lines of JSON, and nothing of good requests."""

import json

import pytest

from openbunker_local.cli.run.command import print_line, print_unexpected


def test_a_line_of_the_log_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_line({"dialect": "tracify", "reason": None})

    assert json.loads(capsys.readouterr().err) == {"dialect": "tracify", "reason": None}


def test_without_a_log_only_the_unexpected_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    print_unexpected({"status": 200})
    print_unexpected({"unexpected": 1})

    assert capsys.readouterr().err == '{"unexpected": 1}\n'
