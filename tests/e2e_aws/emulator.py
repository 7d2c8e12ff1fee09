"""Starts and stops the emulator of AWS. It listens on loopback alone, and is stopped by its pid.

Knows no stack. Functions find the services where the relay is: see `relay`.
"""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

REGION, ACCOUNT = "us-east-1", "000000000000"
# What the stack is made of, and what the SAM CLI asks on the way.
SERVICES = (
    *("cloudformation", "s3", "iam", "sts", "lambda", "apigateway", "dynamodb", "firehose"),
    *("sqs", "sns", "glue", "athena", "logs", "cloudwatch", "events"),
)
START_SECONDS = 60.0
# Of our own shell nothing may lead a tool to a real account.
_OURS = ("PATH", "HOME", "LANG", "TMPDIR")


def free_port() -> int:
    """Return a port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(endpoint: str) -> dict[str, str]:
    """Return the environment in which AWS's tools and ours meet the emulator and nothing else."""
    kept = {name: os.environ[name] for name in _OURS if name in os.environ}
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
    }


@contextmanager
def emulator(python: Path, log: Path, port: int, relay: str) -> Iterator[None]:
    """Run the emulator on a port while the block runs; functions are told the relay's address."""
    own = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": ",".join(SERVICES),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(log.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [str(python), "-m", "ministack"]
    with log.open("wb") as told:
        process = subprocess.Popen(
            command, env=environment(relay) | own, stdout=told, stderr=told, cwd=log.parent
        )
        try:
            _wait(f"http://127.0.0.1:{port}", process)
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the emulator ended with {process.returncode}")
        try:
            urllib.request.urlopen(f"{url}/_ministack/health", timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the emulator did not start within {START_SECONDS:.0f} s")


def settings(url: str) -> Mapping[str, str]:
    """Return what boto3's clients are made with."""
    return {
        "region_name": REGION,
        "endpoint_url": url,
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
    }
