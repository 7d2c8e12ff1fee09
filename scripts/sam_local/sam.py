"""The processes of `sam local`: started on loopback, asked over HTTP, ended by their own id."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_server
from typing import IO, Any

from scripts.sam_local.engine import Engine
from scripts.sam_local.standins import ENVIRONMENT, ROOT, TEMPLATE
from tests.support import backends

SAM = ROOT / ".cache" / "sam-venv" / "bin" / "sam"
READY_SECONDS, ANSWER_SECONDS = 120, 120


class SamFailed(Exception):
    """`sam local` ended, or did not answer; the text holds what it said last."""


def options(engine: Engine) -> Sequence[str]:
    """Return what every `sam local` is told."""
    pulled = ("--skip-pull-image",) if engine.has_image else ()
    chosen = ("--parameter-overrides", f"Architecture={engine.architecture}")
    return ("-t", str(TEMPLATE), "--env-vars", str(ENVIRONMENT), *pulled, *chosen)


def environ() -> dict[str, str]:
    """Return the environment of SAM's processes: no account's credentials, no telemetry."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, **backends.CREDENTIALS, "SAM_CLI_TELEMETRY": "0"}


@dataclass(frozen=True, slots=True)
class Running:
    """A `sam local` that listens, and the file with what it and the functions say."""

    url: str
    process: "subprocess.Popen[bytes]"
    said: Path

    def invoke(self, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of a function of `start-lambda`, named as its folder."""
        logical = "".join(part.title() for part in function.split("_")) + "Function"
        url = f"{self.url}/2015-03-31/functions/{logical}/invocations"
        request = urllib.request.Request(url, data=json.dumps(event).encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
        except (OSError, ValueError) as error:
            raise SamFailed(f"{function}: {error!r}: {self.last_words()}") from error
        return found

    def last_words(self) -> str:
        """Return the last lines that it and the functions have said."""
        return "\n".join(self.said.read_text("utf-8", "replace").splitlines()[-15:])


@contextmanager
def running(command: str, engine: Engine, folder: Path, *more: str) -> Iterator[Running]:
    """Run `sam local start-api` or `start-lambda` until the block ends."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [str(SAM), "local", command, *options(engine), "--host", "127.0.0.1"]
    words += ["--port", str(port), "--warm-containers", "LAZY", *more]
    said = folder / f"{command}.log"
    with said.open("wb") as log:
        process = _started(words, log)
        found = Running(f"http://127.0.0.1:{port}", process, said)
        try:
            _wait(found)
            yield found
        finally:
            process.terminate()
            try:
                process.wait(60)  # it takes its containers away
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def invoked_by_hand(engine: Engine, logical: str, event: Path) -> dict[str, Any]:
    """Return what `sam local invoke` prints of a function's answer."""
    words = [str(SAM), "local", "invoke", logical, "-e", str(event), *options(engine)]
    done = subprocess.run(
        words, cwd=ROOT, env=environ(), capture_output=True, text=True, timeout=300, check=False
    )
    answers = re.findall(r'^\{"statusCode".*\}$', done.stdout, re.MULTILINE)
    if not answers:
        raise SamFailed(f"sam local invoke {logical}: {done.stderr[-1500:]}")
    found: dict[str, Any] = json.loads(answers[-1])
    return found


def _started(words: Sequence[str], log: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(words, cwd=ROOT, env=environ(), stdout=log, stderr=log)


def _wait(found: Running) -> None:
    end = time.monotonic() + READY_SECONDS
    while found.process.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(found.url, timeout=2).close()
        except urllib.error.HTTPError:
            return  # no function is at its root, but it answers
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SamFailed(f"it does not answer: {found.last_words()}")
