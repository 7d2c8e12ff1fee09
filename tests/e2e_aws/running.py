"""Starts the emulator and what stands in front of it, and runs steps until one fails."""

import argparse
import contextlib
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import boto3

from tests.e2e_aws import relay, template
from tests.e2e_aws.athena import Athena
from tests.e2e_aws.emulator import emulator, free_port, settings
from tests.e2e_aws.lake import Lake
from tests.e2e_aws.report import Report
from tests.e2e_aws.stack import BUILT, ROOT, Stack
from tests.e2e_aws.world import World

PYTHON = ROOT / ".cache/e2e-aws-venv/bin/python"


def run(steps: Callable[[Report, World], None], name: str) -> NoReturn:
    """Run steps on an emulator of their own, print the table, end with 1 when one failed."""
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--log", type=Path, help="keep the emulator's log there")
    options = parser.parse_args()
    report = Report()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="openbunker-e2e-")))
        try:
            world = begun(stack, (options.log or folder / "emulator.log").absolute())
            steps(report, world)
        except Exception as error:  # the table has it, unless nothing has begun
            report.failed = report.failed or 1
            print(f"\nstopped: {error}")
    print(f"\n{report.table()}")
    sys.stdout.flush()
    # Not by sys.exit: threads of connections that are kept alive hold DuckDB's objects.
    os._exit(1 if report.failed else 0)


def begun(stack: contextlib.ExitStack, log: Path) -> World:
    """Start the emulator and what stands in front of it."""
    port = free_port()

    def client(service: str) -> Any:
        make: Any = boto3.Session().client
        return make(service, **settings(f"http://127.0.0.1:{port}"))

    lake = Lake(client("glue"), client("s3"))
    stack.callback(lake.base.close)
    athena = Athena(lake)
    answer = relay.Relay(port, athena)
    url = stack.enter_context(relay.serving(answer))
    stack.enter_context(emulator(PYTHON, log, port, url))
    built, missing = template.for_emulator(BUILT)
    print(f"not made on the emulator: {', '.join(missing) or 'nothing'}")
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    world = World(
        url=url,
        relay=answer,
        athena=athena,
        parameters={"Architecture": machine},
        template=built,
        stack=Stack("", url),
    )
    world.door = stack.enter_context(relay.serving(relay.door(port, world.api)))
    return world
