"""What to type: the command's name as whoever reads a message can type it. No command's rules."""

import shlex
import shutil
import sys
from pathlib import Path

NAME, MODULE = "openbunker", "openbunker_local"


def typed(name: str = NAME) -> str:
    """Return how to call `openbunker`, or another program of the same environment."""
    if name == NAME and Path(sys.argv[0]).name == "__main__.py":
        return f"{_shown(Path(sys.executable))} -m {MODULE}"
    return _shown(Path(sys.executable).with_name(name))


def _shown(program: Path) -> str:
    """Return the name alone where the shell finds it by that, else the way to it from here."""
    found = shutil.which(program.name)
    if not program.exists() or (found and Path(found).absolute() == program.absolute()):
        return program.name
    here = Path.cwd()
    inside = program.is_relative_to(here)
    return shlex.quote(str(program.relative_to(here) if inside else program))
