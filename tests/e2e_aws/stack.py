"""The stack, by the SAM CLI as an operator calls it, and what is in it. Knows no step."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.e2e_aws.emulator import environment, settings
from tests.e2e_aws.report import StepFailed

ROOT = Path(__file__).resolve().parents[2]
SAM = ROOT / ".cache/sam-venv/bin/sam"
BUILT = ROOT / ".aws-sam/build/template.yaml"
_SECONDS = 300


@dataclass(frozen=True)
class Stack:
    """A stack by its name, at an address."""

    name: str
    url: str

    def client(self, service: str) -> Any:
        """Return boto3's client of a service."""
        make: Any = boto3.Session().client
        return make(service, **settings(self.url))

    def deploy(self, parameters: Mapping[str, str], template: Path = BUILT) -> None:
        """Make or update the stack."""
        told = [f"{name}={value}" for name, value in parameters.items()]
        self._sam(
            *("deploy", "--template-file", str(template), "--no-confirm-changeset"),
            *("--parameter-overrides", *told),
        )

    def delete(self) -> None:
        """Delete the stack, and with it what it does not retain."""
        self._sam("delete", "--no-prompts", "--region", "us-east-1")

    def _sam(self, verb: str, *words: str) -> None:
        config = str(ROOT / "samconfig.toml")
        command = [str(SAM), verb, "--config-file", config, "--stack-name", self.name, *words]
        run(command, environment(self.url))

    def outputs(self) -> dict[str, str]:
        """Return the outputs by name."""
        (found,) = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}

    def resources(self) -> dict[str, tuple[str, str]]:
        """Return types and physical ids by logical name."""
        told = self.client("cloudformation").describe_stack_resources(StackName=self.name)
        return {
            one["LogicalResourceId"]: (one["ResourceType"], one["PhysicalResourceId"])
            for one in told["StackResources"]
        }

    def physical(self, logical: str) -> str:
        """Return the physical id of a resource."""
        return self.resources()[logical][1]


def run(command: Sequence[str], environ: Mapping[str, str]) -> str:
    """Run a command to its end and return what it prints. Raises StepFailed."""
    done = subprocess.run(
        command,
        env=dict(environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        told = (done.stdout + done.stderr).strip().splitlines()[-15:]
        raise StepFailed(
            f"{' '.join(command[:2])} ended with {done.returncode}: " + "\n".join(told)
        )
    return done.stdout
