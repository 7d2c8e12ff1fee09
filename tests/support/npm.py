"""Packages of npm's registry in a folder of their own, and a script that runs beside them."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

_INSTALL = ("npm", "install", "--no-save", "--ignore-scripts", "--no-package-lock", "--no-audit")
_INSTALL_SECONDS = 240


def installed(folder: Path, *packages: str) -> Path:
    """Install packages (`name@version`) and return the folder that node finds them from."""
    assert shutil.which("npm"), "this test needs node and npm"
    command = [*_INSTALL, "--no-fund", "--prefix", str(folder), *packages]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def run(folder: Path, script: Path, told: Any, seconds: float) -> Any:
    """Run a script beside the packages with JSON as its input; return the JSON that it prints."""
    shutil.copy(script, folder)
    done = subprocess.run(
        ["node", script.name],
        cwd=folder,
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
