"""nginx and Caddy in front of a server, with the configuration that a page shows.

The page's blocks are taken as they stand; ports, the server's address and the certificate's place
are put in, and what a test's folder needs besides (nginx's outer blocks, Caddy's storage).
"""

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path

from tests.support.server import ROOT, looks

NAME = "collect.example.com"
# A client that no option trusts, as the proxy's own address is trusted.
CLIENT = "127.0.0.2"
PAGE = ROOT / "docs/reverse-proxy.md"
_CERTIFICATE = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


@dataclass(frozen=True)
class Front:
    """Where a proxy listens, and the certificate that it shows."""

    port: int
    certificate: Path

    def connect(self) -> HTTPSConnection:
        """Return a connection to it by its name, from an address that nobody trusts."""
        return _Named(NAME, self.port, self.certificate)


class _Named(HTTPSConnection):
    """A connection to a name that no resolver knows: it is on the loopback."""

    def __init__(self, name: str, port: int, certificate: Path) -> None:
        self._trusting = ssl.create_default_context(cafile=str(certificate))
        super().__init__(name, port, timeout=30)

    def connect(self) -> None:
        """Open the connection; the certificate must be this name's."""
        plain = socket.create_connection(("127.0.0.1", self.port), 30, (CLIENT, 0))
        self.sock = self._trusting.wrap_socket(plain, server_hostname=self.host)


def block(language: str, heading: str) -> str:
    """Return the code of a language under a heading of the page."""
    part = PAGE.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.search(rf"```{language}\n(.*?)```", part, re.DOTALL)
    assert found, f"{heading} shows no {language}"
    return found[1]


def put(text: str, *changes: tuple[str, str]) -> str:
    """Return the text with each change made, every one of which must be due."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


@contextmanager
def nginx(folder: Path, upstream: str, location: str | None = None) -> Iterator[Front]:
    """Run the page's nginx, with another block for its `location` where one is given."""
    port, (certificate, key) = free_port(), certified(folder)
    text = block("nginx", "nginx")
    if location is not None:
        text = re.sub(r"    location / \{.*?\n    \}\n", lambda _: location, text, flags=re.DOTALL)
    text = put(
        text,
        ("127.0.0.1:3000", upstream),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        (f"/etc/letsencrypt/live/{NAME}/fullchain.pem", str(certificate)),
        (f"/etc/letsencrypt/live/{NAME}/privkey.pem", str(key)),
    )
    own = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr warn;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{own}{text}}}\n"
    )
    with _running(["nginx", "-p", str(folder), "-e", "stderr", "-c", str(file)], port, {}):
        yield Front(port, certificate)


@contextmanager
def caddy(folder: Path, upstream: str, heading: str = "Caddy") -> Iterator[Front]:
    """Run the page's Caddy of a heading."""
    port, (certificate, key) = free_port(), certified(folder)
    own = f"{NAME}:{port} {{\n    bind 127.0.0.1\n    tls {certificate} {key}\n"
    text = put(block("caddy", heading), ("127.0.0.1:3000", upstream), (f"{NAME} {{\n", own))
    file = folder / "Caddyfile"
    file.write_text("{\n    admin off\n    auto_https disable_redirects\n}\n" + text)
    home = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]
    with _running(command, port, home):
        yield Front(port, certificate)


def certified(folder: Path) -> tuple[Path, Path]:
    """Make a certificate of the page's name; return it and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    about = (
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={NAME}",
        "-addext",
        f"subjectAltName=DNS:{NAME}",
    )
    out = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run(["openssl", *_CERTIFICATE, *about, *out], check=True, capture_output=True)
    return certificate, key


def free_port() -> int:
    """Return a port of the loopback that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def _running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    """Run a proxy until the block ends; it listens when the block begins."""
    assert shutil.which(command[0]), f"this test needs {command[0]}"
    folder = Path(command[-1]).parent
    with (folder / "told").open("w") as told:
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environment}
        process = subprocess.Popen(command, stdout=told, stderr=told, env=environment)
        try:
            for _ in looks():
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                assert process.poll() is None, (folder / "told").read_text()
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)
