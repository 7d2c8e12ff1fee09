"""The command line in this process: as a user gives it, without a child's imports."""

from dataclasses import dataclass

from typer.testing import CliRunner

from openbunker_local.cli.app import app


@dataclass(frozen=True)
class Done:
    """What a command left behind, by the names of `subprocess`."""

    returncode: int
    stdout: str
    stderr: str


def cli(*words: str) -> Done:
    """Run `openbunker` with some words. What it does not catch fails the test."""
    told = CliRunner().invoke(app, list(words), catch_exceptions=False, prog_name="openbunker")
    return Done(told.exit_code, told.stdout, told.stderr)
