"""A script of PHP's, with what Debian's php-cli and php-curl bring and nothing else."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any


def run(script: Path, told: Any, seconds: float) -> Any:
    """Run a script with JSON as its input; return the JSON that it prints."""
    assert shutil.which("php"), "this test needs php and its curl"
    done = subprocess.run(
        ["php", "-d", "display_errors=stderr", str(script)],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)
