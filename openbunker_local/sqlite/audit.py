"""All SQLite files of a data folder whose rows have sums, read one after the other.

What the scrubber of a server and an audit by hand have in common. Writes nothing. What was refused
is counted in a file without sums: it is compared as it is opened, and begun anew.
"""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from openbunker_local.sqlite import desk, erasures, integrity, keys, usage

FILES: Mapping[str, Mapping[str, integrity.Columns]] = {
    desk.FILE: keys.SUMMED,
    erasures.FILE: erasures.SUMMED,
    usage.FILE: usage.SUMMED,
}


def problems(data: Path) -> dict[str, str]:
    """Return every file that is not as it was written, and why, by its name."""
    found = {name: _problem_of(data / name, tables) for name, tables in FILES.items()}
    return {name: problem for name, problem in found.items() if problem}


def _problem_of(file: Path, tables: Mapping[str, integrity.Columns]) -> str:
    """Return why a file cannot be believed; nothing where it can be, or cannot be read now."""
    if not file.exists():
        return ""
    try:
        integrity.hold_all(file, tables)
    except sqlite3.OperationalError:
        return ""  # busy, or the disk: whoever needs it will say so
    except sqlite3.DatabaseError as error:
        return str(error)
    return ""
