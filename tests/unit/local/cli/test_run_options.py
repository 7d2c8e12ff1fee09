"""Options of `openbunker run` from the command line, the environment and a file, in this order."""

from pathlib import Path
from typing import Any

import pytest

from openbunker_local.cli.app import loaded
from openbunker_local.cli.terminal.exits import Misused


def options(*typed: str) -> dict[str, Any]:
    context: Any = loaded("run").make_context("run", list(typed))
    found: dict[str, Any] = context.params
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "openbunker.toml"
    file.write_text('port = 1\nlog = true\nidle-seconds = 61\ntrusted-proxy = ["10.0.0.1"]\n')
    return file


def test_typed_goes_before_the_environment_and_that_before_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert options()["port"] == 3000
    assert options("--config", str(file))["port"] == 1
    monkeypatch.setenv("OPENBUNKER_PORT", "2")
    assert options("--config", str(file))["port"] == 2
    assert options("--config", str(file), "--port", "3")["port"] == 3


def test_every_kind_of_option_comes_from_a_file(file: Path) -> None:
    found = options("--config", str(file))
    assert (found["log"], found["idle_seconds"]) == (True, 61.0)
    assert list(found["trusted_proxy"]) == ["10.0.0.1"]
    assert found["demo"] is True


def test_every_kind_of_option_comes_from_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBUNKER_CONFIG", str(file))
    monkeypatch.setenv("OPENBUNKER_DEMO", "false")
    monkeypatch.setenv("OPENBUNKER_TRUSTED_PROXY", "10.0.0.2 10.0.0.3")
    found = options()
    assert (found["port"], found["demo"]) == (1, False)
    assert list(found["trusted_proxy"]) == ["10.0.0.2", "10.0.0.3"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prot = 1", "there is no --prot"),
        ("port = [1]", "port takes one value"),
        ('trusted-proxy = "10.0.0.1"', "trusted-proxy takes a list"),
        ("[front]\nheaders = 1", "there is no --front"),
        ("port", "is not TOML"),
        ("idle_seconds = 1", "there is no --idle_seconds"),
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text)
    with pytest.raises(Misused, match=told):
        options("--config", str(file))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misused, match="cannot be read"):
        options("--config", str(tmp_path / "none.toml"))


def test_a_name_of_the_environment_that_is_no_option_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENBUNKER_PROT", "1")
    options()
    assert "OPENBUNKER_PROT" in capsys.readouterr().err


def test_the_page_shows_a_file_that_is_taken(tmp_path: Path) -> None:
    page = (Path(__file__).parents[4] / "docs/reverse-proxy.md").read_text(encoding="utf-8")
    file = tmp_path / "c.toml"
    file.write_text(page.partition("```toml\n")[2].partition("```")[0])
    found = options("--config", str(file))
    assert (found["port"], found["demo"]) == (3000, False)
    assert list(found["trusted_proxy"]) == ["127.0.0.1", "::1"]
    assert found["country_header"] == "x-country"
