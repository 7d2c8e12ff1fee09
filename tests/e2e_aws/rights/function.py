"""Calls a built function, cold, in the Python of its runtime, with the settings of its deployment.

Beside the emulator's own way of calling it: as somebody by name, and with a clock put forward.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e_aws.emulator import environment
from tests.e2e_aws.report import StepFailed
from tests.e2e_aws.stack import BUILT, ROOT
from tests.e2e_aws.world import World

PYTHON = ROOT / ".cache/e2e-aws-venv/bin/python"
_RUNNER = Path(__file__).with_name("runner.py")
_SECONDS = 120


@dataclass(frozen=True)
class Told:
    """What a function answered to each event, and what it printed."""

    answers: list[dict[str, Any]]
    log: str


@dataclass(frozen=True)
class Function:
    """A function of the stack by its logical name, with the settings of its deployment."""

    name: str
    settings: Mapping[str, str]
    url: str

    @classmethod
    def of(cls, world: World, name: str, url: str = "") -> "Function":
        """Return a function of the stack; `url` is where its calls go, the emulator's if none."""
        told = world.stack.client("lambda").get_function_configuration(
            FunctionName=world.names[name], Qualifier="live"
        )
        return cls(name, told["Environment"]["Variables"], url or world.url)

    def call(self, calls: Sequence[Mapping[str, Any]], caller: str = "testing") -> Told:
        """Call it with some events in a new process. Raises StepFailed when that dies."""
        built = BUILT.parent
        told = {
            "path": [str(built / self.name), str(built / "SharedLayer" / "python")],
            "calls": list(calls),
        }
        done = subprocess.run(
            [str(PYTHON), "-B", str(_RUNNER)],
            input=json.dumps(told),
            env=environment(self.url) | dict(self.settings) | {"AWS_ACCESS_KEY_ID": caller},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise StepFailed(f"{self.name} died: {done.stderr.strip()[-600:]}")
        return Told(json.loads(done.stdout), done.stderr)
