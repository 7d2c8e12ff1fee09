"""What the Lambda runtime brings beside a function: its runtime client and boto3, as folders.

The runtime client is native code, so it must match the Python that runs it; boto3 is not. Both
come in the versions that requirements/dev.txt pins. Nothing of openbunker is here.
"""

import fcntl
import importlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
TARGET = "3.13"
_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")
_SDK = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")


def target_python() -> str | None:
    """Return a Python of the deployed version, or None where this machine has none."""
    script = ROOT / "layers" / "shared" / "find-python.sh"
    found = subprocess.run(["sh", script, TARGET], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def version_of(python: str) -> str:
    """Return the minor version of an interpreter, such as 3.13."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.check_output([python, "-c", code], text=True).strip()


def client_folder(python: str) -> Path:
    """Return a folder with the runtime client for a Python, installed once with its hashes.

    It is compiled by that Python, as the runtime's own is, or every start would pay for it.
    """
    folder = CACHE / f"lambda-runtime-{version_of(python)}"
    requirements = _pinned(_CLIENT)
    stamp = folder / "requirements.txt"
    with _one_at_a_time():
        if not (stamp.exists() and stamp.read_text() == requirements):
            shutil.rmtree(folder, ignore_errors=True)
            _install(python, requirements, folder)
            stamp.write_text(requirements)
    return folder


def _install(python: str, requirements: str, folder: Path) -> None:
    folder.mkdir(parents=True)
    wanted = folder / "wanted.txt"
    wanted.write_text(requirements)
    subprocess.run([*_PIP, *_wheels_for(python), "--target", folder, "-r", wanted], check=True)
    subprocess.run([python, "-m", "compileall", "-q", folder], check=True)
    wanted.unlink()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the cache, so that of several processes that find it empty one fills it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lambda-runtime.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sdk_folder() -> Path:
    """Return a folder that holds boto3 and what it needs, and nothing else of this environment."""
    folder = CACHE / "lambda-sdk"
    with _one_at_a_time():
        folder.mkdir(parents=True, exist_ok=True)
        for name in _SDK:
            file = Path(str(importlib.import_module(name).__file__))
            source = file.parent if file.name == "__init__.py" else file
            link = folder / source.name
            if not link.is_symlink() or link.readlink() != source:
                link.unlink(missing_ok=True)
                link.symlink_to(source)
    return folder


_PIP: Sequence[str | os.PathLike[str]] = (
    *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
    *("--no-deps", "--require-hashes", "--only-binary=:all:", "--upgrade", "--no-compile"),
)


def _wheels_for(python: str) -> list[str]:
    machine = platform.machine()
    platforms = [f"--platform=manylinux_2_28_{machine}", f"--platform=manylinux2014_{machine}"]
    return ["--implementation=cp", f"--python-version={version_of(python)}", *platforms]


def _pinned(names: Sequence[str]) -> str:
    """Return the lines of requirements/dev.txt that pin these packages, without their markers."""
    text = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    blocks = re.findall(r"^\S.*(?:\n +--hash.*)+", text, re.MULTILINE)
    found = [block for block in blocks if block.split("==")[0] in names]
    return "\n".join(re.sub(r" ; .*? \\", r" \\", block) for block in found) + "\n"
