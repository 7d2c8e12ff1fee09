"""Asks before something is ended. Without a terminal there is nobody to ask."""

import sys

import typer

from openbunker_local.cli.terminal.exits import Misused, refuse
from openbunker_local.cli.terminal.printable import printable


def there_is_a_terminal() -> bool:
    """Return whether somebody can answer."""
    return sys.stdin.isatty()


def confirmed(question: str, *, yes: bool) -> None:
    """Go on only if told so, by --yes or by an answer."""
    if yes:
        return
    if not there_is_a_terminal():
        raise Misused(f"{printable(question)} There is no terminal to ask on: use --yes.")
    if not typer.confirm(printable(question), err=True):
        refuse("Nothing was done.")
