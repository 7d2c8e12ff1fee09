"""The container engine: whether there is one, its image, and how containers reach this machine.

Asks `docker` and changes nothing.
"""

import ipaddress
import json
import platform
import shutil
import socket
import subprocess
from dataclasses import dataclass

IMAGE = "public.ecr.aws/lambda/python:3.13-{}"
# Where the engine's bridge is no interface of this machine, as under Docker Desktop.
DESKTOP = "host.docker.internal"


class NoEngine(Exception):
    """No container engine answers here; the text says what was tried."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Where stand-ins listen, by which name containers reach them, and the image's state."""

    listens: str
    reached_as: str
    has_image: bool
    architecture: str


def found() -> Engine:
    """Return the engine that runs here. Raises NoEngine."""
    if shutil.which("docker") is None:
        raise NoEngine("there is no `docker` in the PATH")
    told = _docker("network", "inspect", "bridge")
    if told is None:
        raise NoEngine("`docker` is here, but no engine answers it; is it started?")
    config = json.loads(told)[0]["IPAM"]["Config"][0]
    network = ipaddress.ip_network(config["Subnet"])
    gateway = config.get("Gateway") or str(next(network.hosts()))
    architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    image = _docker("image", "inspect", IMAGE.format(architecture)) is not None
    if _is_ours(gateway):
        return Engine(gateway, gateway, image, architecture)
    return Engine("127.0.0.1", DESKTOP, image, architecture)


def _docker(*words: str) -> str | None:
    """Return what a command says, None where it fails."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def _is_ours(address: str) -> bool:
    """Return whether this machine has an address: the bridge's is reached by containers alone."""
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
