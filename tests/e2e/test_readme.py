"""The curls of the README and of the demo work as pasted."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbunker.wire.registry import DIALECTS
from openbunker_local.cli.terminal.curls import curls
from openbunker_local.demo import Demo
from tests.support.curl import answers_well, curls_of, send
from tests.support.server import RunningServer, running_server

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CURLS = curls_of(README)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("readme") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def variables(server: RunningServer) -> dict[str, str]:
    """What `eval "$(openbunker demo --export)"` puts into a shell."""
    return {name.upper(): value for name, value in server.demo.items()}


def test_every_dialect_has_a_curl() -> None:
    paths = {found[1] for command in CURLS if (found := re.search(r'BASE_URL([^?"]+)', command))}
    for dialect in DIALECTS:
        assert paths & {route.split(" ")[1] for route in dialect.routes}, dialect.name


@pytest.mark.parametrize("command", CURLS, ids=lambda text: text.split("\n")[0][:40])
def test_a_curl_of_the_readme_is_a_success(
    server: RunningServer, variables: dict[str, str], command: str
) -> None:
    answer = send(server, command, variables)

    assert answers_well(command, answer), answer


def test_the_kept_openapi_document_is_the_one_that_is_served(server: RunningServer) -> None:
    kept = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))

    assert server.call("GET", "/openapi.json").body == kept
    assert server.call("POST", "/openapi.json").status == 405


def test_every_curl_of_the_demo_is_a_success_and_its_events_are_counted(
    server: RunningServer,
) -> None:
    *writes, question = curls(Demo(**server.demo)).values()
    for command in writes:
        answer = send(server, command, {})
        assert answer.status == 200, answer
        assert "x-openbunker-event-id" in answer.headers
    server.wait_until_visible()

    counted = dict(send(server, question, {}).body["rows"])

    assert {"signup", "purchase", "ButtonClick", "pageview", "Item Purchased"} <= set(counted)
    assert "Plan Chosen" in counted


def test_the_demo_is_shown_again_and_exported_for_a_shell(server: RunningServer) -> None:
    shown = openbunker("demo", "--data", str(server.data))
    exported = openbunker("demo", "--export", "--data", str(server.data))

    assert server.demo["write_key"] in shown
    assert f"export WRITE_KEY={server.demo['write_key']}\n" in exported


def test_what_cannot_work_says_what_to_do(tmp_path: Path, server: RunningServer) -> None:
    port = server.url.rsplit(":", 1)[1]
    taken = openbunker("run", "--port", port, "--data", str(tmp_path / "a"), code=3)
    missing = openbunker("demo", "--data", str(tmp_path / "b"), code=3)
    (tmp_path / "file").write_text("")
    no_folder = openbunker("run", "--port", "0", "--data", str(tmp_path / "file"), code=3)

    assert f"Cannot listen on 127.0.0.1:{port}" in taken
    assert f"Try --port {int(port) + 1} (make run: PORT={int(port) + 1})" in taken
    assert "run` makes" in missing
    assert "cannot be used" in no_folder


def openbunker(*words: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "openbunker_local", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
    )
    assert done.returncode == code, done
    return done.stdout + done.stderr
