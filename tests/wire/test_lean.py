"""The recorded cases and the refusals once more, on the bytecode that is deployed."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUITES = ("tests/wire/test_golden.py", "tests/unit/wire/test_dialects.py")
PROBE = "import openbunker.core.event as one; print(one.Event.__base__, one.__file__)"


def test_what_is_deployed_answers_and_stores_the_same(lean_package: Path) -> None:
    paths = f"pythonpath=. {lean_package} sdk/src"
    options = ("-p", "no:cacheprovider", "-o", paths)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *SUITES],
        cwd=ROOT,
        env={name: text for name, text in os.environ.items() if not name.startswith("PYTEST")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    seen = subprocess.run(
        [sys.executable, "-P", "-c", PROBE],
        env={"PYTHONPATH": str(lean_package)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "openbunker.plain.Plain" in seen.stdout
    assert str(lean_package) in seen.stdout
