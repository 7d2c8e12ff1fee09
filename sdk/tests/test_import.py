"""What it costs to import the client, and that it needs nothing but the standard library."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
MOST = 1.2


def fresh(source: Path, more: str = "", *options: str) -> "subprocess.CompletedProcess[str]":
    """Import the client in an interpreter of its own, which sees nothing but the standard library.

    A collection of garbage would be put down to whichever module it falls into: there is none.
    """
    code = f"import gc, sys; gc.disable(); sys.path.insert(0, {str(source)!r})\n"
    code += f"import openbunker_client\n{more}"
    command = [sys.executable, "-I", "-S", *options, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def measured(source: Path) -> dict[str, int]:
    """Return the microseconds that each module took by itself."""
    done = fresh(source, "", "-X", "importtime")
    rows = [line.removeprefix("import time:").split("|") for line in done.stderr.splitlines()[1:]]
    at = next(i for i, row in enumerate(rows) if row[2].strip() == "openbunker_client")
    found = {rows[at][2].strip(): int(rows[at][0])}
    for own, _, name in reversed(rows[:at]):
        if not name.startswith("   "):  # not loaded by the client
            break
        found[name.strip()] = int(own)
    return found


def test_importing_costs_little_more_than_what_it_uses_of_the_standard_library(
    tmp_path: Path,
) -> None:
    """The least of many runs for each module: what is more is another process's doing.

    Of a copy, whose compiled files nobody else makes or spoils.
    """
    shutil.copytree(SOURCE, tmp_path / "src")
    runs = [measured(tmp_path / "src") for _ in range(12)]
    least = {name: min(run[name] for run in runs) for name in runs[0]}
    ours = sum(us for name, us in least.items() if name.startswith("openbunker_client"))
    assert len(least) > 30
    assert sum(least.values()) <= MOST * (sum(least.values()) - ours), (ours, least)


def test_what_not_everybody_needs_is_not_loaded() -> None:
    heavy = "{'asyncio', 'ssl', 'http.client', 'dataclasses', 'inspect', 'email'}"
    done = fresh(SOURCE, f"print(sorted({heavy} & set(sys.modules)))")
    assert done.stdout.strip() == "[]"


def test_it_imports_the_standard_library_and_itself() -> None:
    for file in (SOURCE / "openbunker_client").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                root = name.split(".")[0]
                assert root == "openbunker_client" or root in sys.stdlib_module_names, file


def test_it_prints_nothing_and_says_that_it_is_typed() -> None:
    assert (SOURCE / "openbunker_client/py.typed").exists()
    for file in (SOURCE / "openbunker_client").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Name) and node.id == "print"), file
