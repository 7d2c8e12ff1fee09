"""The options of `openbunker run` from a file: TOML, each option under its own name.

What was typed goes before the environment (`OPENBUNKER_…`), and that before the file; click does
that, once it is told what the file says. No option is read anywhere else.
"""

import tomllib
from pathlib import Path
from typing import Any

import typer

from openbunker.wiring.system import environment_names
from openbunker_local.cli.terminal.exits import Misused

PREFIX = "OPENBUNKER"


def use(context: Any, file: Path | None) -> Path | None:
    """Take a file's values for the options that are not given otherwise."""
    options = {_longest(one.opts): one for one in context.command.params if one.name != "config"}
    _tell_unknown({one.name for one in context.command.params})
    if file is None:
        return None
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misused(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise Misused(f"{file} is not TOML: {error}.") from error
    for name, value in found.items():
        option = options.get(name)
        if option is None:
            raise Misused(f"{file}: there is no --{name}; there are {', '.join(sorted(options))}.")
        if isinstance(value, list) != option.multiple or isinstance(value, dict):
            raise Misused(f"{file}: {name} takes {'a list' if option.multiple else 'one value'}.")
    context.default_map = {options[name].name: value for name, value in found.items()}
    return file


def _tell_unknown(known: set[str]) -> None:
    names = {f"{PREFIX}_{name.upper()}" for name in known}
    unknown = [name for name in environment_names(f"{PREFIX}_") if name not in names]
    if unknown:
        # Told and no end: clients have names of their own under this prefix.
        typer.secho(f"Not an option of `run`: {', '.join(unknown)}.", fg="yellow", err=True)


def _longest(names: list[str]) -> str:
    return max(names, key=len).removeprefix("--")
