"""Packages of PyPI in an environment of their own, and a script that runs in it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_INSTALL_SECONDS = 240


def installed(folder: Path, *packages: str) -> Path:
    """Install packages and return the Python that finds them."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin/python"
    command = [str(python), "-m", "pip", "install", "--quiet", *packages]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return python


def run(python: Path, script: Path, told: Any, seconds: float) -> Any:
    """Run a script with JSON as its input; return the JSON that it prints."""
    done = subprocess.run(
        [str(python), "-I", str(script)],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
