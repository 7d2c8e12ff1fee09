"""Which error ends a command with which code: one place for all commands.

Commands raise what their rooms raise; here it becomes a sentence and a code. What is not named
here is a bug, and shows its traceback. Every command loads this: nothing heavy is imported.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from openbunker.core.errors import OpenbunkerError, RequestRefused
from openbunker.query.engine import StatementRejected
from openbunker_local.cli.terminal.exits import Code, cannot, refuse
from openbunker_local.cli.terminal.program import typed
from openbunker_local.cold.manifest import ManifestUnreadable
from openbunker_local.stream.disk import FolderInUse
from openbunker_local.stream.folder import FolderNewer

UNKNOWN = (OpenbunkerError, FolderNewer, ManifestUnreadable, OSError, StatementRejected)
BOTO = ("boto3", "botocore")
# What DuckDB makes of a Ctrl-C that meets it at work.
INTERRUPTED = "Query interrupted"
SERVER_FAULTS = 500


@contextmanager
def told() -> Iterator[None]:
    """End the command with a sentence and its code where something inside fails."""
    try:
        yield
    except RequestRefused as refused:
        (cannot if refused.reason.facts.status >= SERVER_FAULTS else refuse)(refused.message)
    except FolderInUse as error:
        cannot(f"{error}. Wait until it has ended, or name another folder with --data.")
    except BrokenPipeError:
        _let_go()
    except UNKNOWN as error:
        cannot(f"Nobody can say: {error}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in BOTO:
            raise
        cannot(f"--stack needs boto3: {_pip()} install boto3")
    except KeyboardInterrupt:
        _interrupted()
    except RuntimeError as error:
        if str(error) != INTERRUPTED:
            raise
        _interrupted()


def _interrupted() -> None:
    typer.echo("\nEnded by Ctrl-C.", err=True)
    raise typer.Exit(Code.ENDED)


def _let_go() -> None:
    """Who read the output has gone: end quietly, and write nothing more to it on the way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(Code.DONE)


def _pip() -> str:
    return typed("pip")
