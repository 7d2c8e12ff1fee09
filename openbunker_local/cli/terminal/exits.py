"""How a command ends: four codes, the same for every command, and a sentence that says why.

`docs/cli.md` repeats the table, and a test compares the two. Which error has which code is
`failures`'.
"""

from enum import IntEnum
from typing import NoReturn

import typer


class Code(IntEnum):
    """What the exit code of every command says."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNKNOWN = 3
    ENDED = 130


MEANINGS = {
    Code.DONE: "it is done",
    Code.REFUSED: "the books do not close, something was refused, or a check failed",
    Code.USAGE: "the command was typed wrong; nothing was done",
    Code.UNKNOWN: "nobody can say: a folder, region, file or service is missing or unreadable",
    Code.ENDED: "ended by Ctrl-C",
}


class Misused(typer.BadParameter):
    """The command was typed wrong. The message says how to type it."""

    def format_message(self) -> str:
        """Return the message as it is: it names its options itself."""
        return self.message


def refuse(message: str) -> NoReturn:
    """End because something was refused."""
    _end(message, Code.REFUSED)


def cannot(message: str) -> NoReturn:
    """End because nobody can say, or nothing can be done as things are."""
    _end(message, Code.UNKNOWN)


def _end(message: str, code: Code) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(code)
