"""docs/reverse-proxy.md is run as it stands: its nginx, its Caddy, its options, its unit.

Only addresses, ports and the place of the certificate are put in. Needs nginx, caddy, openssl, curl
and systemd-analyze: `make e2e` runs it, `make test` does not.
"""

import gzip
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support import proxies
from tests.support.proxies import CLIENT, NAME, Front
from tests.support.server import Answer, RunningServer, call, running_server

pytestmark = pytest.mark.slow
KEY = "x-eventbunker-write-key"
# A client's word of who and where it is, which nobody is to believe.
LIES = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Country": "DE",
    "CloudFront-Viewer-Country": "DE",
    "Forwarded": "for=203.0.113.9",
    "X-Real-IP": "203.0.113.9",
}
OFFER = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
Start = Callable[[Path, str], AbstractContextManager[Front]]
PROXIES: dict[str, Start] = {"nginx": proxies.nginx, "caddy": proxies.caddy}


@dataclass(frozen=True)
class Behind:
    """A server, and the proxy in front of it."""

    server: RunningServer
    front: Front

    def connect(self) -> HTTPSConnection:
        return self.front.connect()

    def headers(self, **more: str) -> dict[str, str]:
        return {KEY: self.server.demo["write_key"], **more}

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Answer:
        """Send one request on a connection of its own."""
        connection = self.connect()
        try:
            return call(connection, "POST", path, body, self.headers(**(headers or {})))
        finally:
            connection.close()

    def rows(self, name: str) -> list[list[Any]]:
        """Return address, country and count of the events with a name."""
        self.server.wait_until_visible()
        question = {
            "time_period": "minus_60_minutes",
            "group_by": ["ip", "country"],
            "filters": [{"field_name": "event_name", "op": "equals", "value": name}],
            "computations": [{"function": "count"}],
        }
        found: list[list[Any]] = self.server.ask(question)["rows"]
        return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Return a server with the options of the page's file; port and folder are typed."""
    folder = tmp_path_factory.mktemp("server")
    file = folder / "openbunker.toml"
    file.write_text(proxies.block("toml", "Options: typed, environment, file"))
    with running_server(folder / "data", "--demo", "--config", str(file)) as running:
        yield running


@pytest.fixture(scope="module", params=PROXIES)
def behind(
    request: pytest.FixtureRequest,
    server: RunningServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp(request.param)
    with PROXIES[request.param](folder, urlsplit(server.url).netloc) as front:
        yield Behind(server, front)


def test_an_event_comes_through_with_the_clients_own_address(behind: Behind) -> None:
    name = f"plain-{behind.front.port}"
    assert behind.post("/post", {"event_name": name}).status == 200
    assert behind.rows(name) == [["127.0.0.0", None, 1]]


def test_what_a_client_says_of_itself_is_not_believed(behind: Behind) -> None:
    name = f"lies-{behind.front.port}"
    assert behind.post("/post", {"event_name": name}, LIES).status == 200
    assert behind.rows(name) == [["127.0.0.0", None, 1]]


def test_large_packed_and_chunked_bodies_come_through(behind: Behind) -> None:
    name = f"bodies-{behind.front.port}"
    large = json.dumps({"event_name": name, "text": "x" * 900_000}).encode()
    packed = {"Content-Encoding": "gzip"}
    assert behind.post("/post", large).status == 200
    assert behind.post("/post", gzip.compress(large), packed).status == 200
    connection = behind.connect()
    parts = iter([large[:10], large[10:500_000], large[500_000:]])
    connection.request("POST", "/post", parts, behind.headers(), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()
    assert behind.rows(name) == [["127.0.0.0", None, 3]]


def test_a_body_above_our_limit_is_refused_in_our_words(behind: Behind) -> None:
    told = behind.post("/post", b"x" * 1_200_000)
    assert (told.status, told.headers["x-openbunker-reason"]) == (413, "payload_too_large")


@pytest.mark.parametrize("size", [2_200_000, 30_000_000])
def test_a_body_of_any_size_is_a_413_that_nobody_sends_again(behind: Behind, size: int) -> None:
    """nginx has a limit of its own; through Caddy it is the server that answers."""
    connection = behind.connect()
    connection.request("POST", "/post", b"x" * size, behind.headers())
    answer = connection.getresponse()
    reason = "payload_too_large" if "caddy" in (answer.headers["server"] or "").lower() else None
    assert (answer.status, answer.headers.get("x-openbunker-reason")) == (413, reason)
    connection.close()


def test_an_offer_to_upgrade_is_ignored_and_its_body_is_a_body(behind: Behind) -> None:
    """The body holds a request, for whoever would take it for one; a further request follows."""
    port = behind.front.port
    inner = f"POST /post HTTP/1.1\r\nHost: x\r\n{KEY}: {behind.server.demo['write_key']}\r\n"
    inner += f'Content-Length: 40\r\n\r\n{{"event_name": "inner-{port}"}}'
    body = json.dumps({"event_name": f"outer-{port}", "text": inner}).encode()
    connection = behind.connect()
    for _ in range(2):
        told = call(connection, "POST", "/post", body, behind.headers(**OFFER))
        assert told.status == 200
    connection.close()
    assert behind.rows(f"outer-{port}") == [["127.0.0.0", None, 2]]
    assert behind.rows(f"inner-{port}") == []


def test_clients_that_speak_http_2_are_served(behind: Behind) -> None:
    name = f"http2-{behind.front.port}"
    url = f"https://{NAME}:{behind.front.port}/post"
    done = subprocess.run(
        [
            *("curl", "-sS", "--http2", "--cacert", str(behind.front.certificate)),
            *("--resolve", f"{NAME}:{behind.front.port}:127.0.0.1", "--interface", CLIENT),
            *("-H", f"{KEY}: {behind.server.demo['write_key']}"),
            *("-d", json.dumps({"event_name": name}), "-w", "%{http_version} %{http_code}"),
            *("-o", "/dev/null", url),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "2 200"
    assert behind.rows(name) == [["127.0.0.0", None, 1]]


def test_connections_are_kept_on_both_sides(behind: Behind) -> None:
    """Those that ended count too: a closed one stays in the kernel's table for a minute."""
    before = opened(behind.server)
    connection = behind.connect()
    for _ in range(50):
        told = call(connection, "POST", "/post", {"event_name": "kept"}, behind.headers())
        assert told.status == 200
    connection.close()
    assert len(opened(behind.server) - before) <= 2


def opened(server: RunningServer) -> set[str]:
    """Return the connections to a server, open or lately closed, by the client's end."""
    port = f":{urlsplit(server.url).port:04X}"
    lines = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    ends = [line.split()[1:3] for line in lines]
    return {local for local, remote in ends if remote.endswith(port)} | {
        remote for local, remote in ends if local.endswith(port)
    }


def test_a_preflight_and_a_refusal_reach_the_page(behind: Behind) -> None:
    connection = behind.connect()
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    connection.request("OPTIONS", "/post", headers=asked)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    connection.close()
    told = behind.post("/post", {"event_name": "e"}, {KEY: "nobody"})
    assert (told.status, told.headers["x-openbunker-reason"]) == (401, "unknown_key")


def nginx_below(folder: Path, upstream: str) -> AbstractContextManager[Front]:
    return proxies.nginx(folder, upstream, proxies.block("nginx", "Under a path"))


def caddy_below(folder: Path, upstream: str) -> AbstractContextManager[Front]:
    return proxies.caddy(folder, upstream, "Under a path")


@pytest.mark.parametrize("start", [nginx_below, caddy_below], ids=PROXIES)
def test_under_a_path_the_server_is_reached_there_alone(
    server: RunningServer, tmp_path: Path, start: Start
) -> None:
    with start(tmp_path, urlsplit(server.url).netloc) as front:
        behind, name = Behind(server, front), f"below-{front.port}"
        assert behind.post("/collect/post", {"event_name": name}, LIES).status == 200
        batch = {"writeKey": server.demo["write_key"], "batch": []}
        assert behind.post("/collect/v1/batch", batch).status == 200
        connection = behind.connect()
        connection.request("POST", "/post", json.dumps({"event_name": name}), behind.headers())
        assert "x-openbunker-event-id" not in connection.getresponse().headers
        connection.close()
        assert behind.rows(name) == [["127.0.0.0", None, 1]]


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    unit = tmp_path / "openbunker.service"
    text = proxies.block("ini", "systemd")
    unit.write_text(proxies.put(text, ("/opt/openbunker/bin/openbunker", "/bin/true")))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if re.search(unit.name, line)] == []
