"""What `make sam-local` does where it cannot run, and what it tells SAM. No engine is asked."""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from openbunker.wiring.config import Settings
from scripts.sam_local import __main__ as command
from scripts.sam_local import engine, sam, standins
from tests.support import backends

ROOT = Path(__file__).resolve().parents[2]
BUILT = """\
Globals:
  Function:
    Environment:
      Variables:
        OPENBUNKER_STACK:
          Ref: AWS::StackName
        OPENBUNKER_STREAM:
          Ref: EventStream
"""


def docker(folder: Path, says: str, code: int = 0) -> None:
    """Put a `docker` into a folder that says this to everything."""
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\nexit {code}\n")
    program.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH, but for a shell's own."""
    (tmp_path / "cat").symlink_to("/bin/cat")
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_without_an_engine_it_says_so_and_exits_with_2(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([]) == 2
    assert "there is no `docker`" in capsys.readouterr().out

    docker(path, "Cannot connect to the Docker daemon", code=1)
    assert command.main([]) == 2
    assert "no engine answers" in capsys.readouterr().out


def test_one_that_is_not_as_expected_is_told_and_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command._told("files", [("good", ""), ("bad", "(503, None) in place of 200")]) == 1
    said = capsys.readouterr().out
    assert "files: 1 of 2 as expected" in said and "  bad: (503, None) in place" in said
    assert "good:" not in said


def test_a_sam_that_fails_is_an_error_with_its_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise sam.SamFailed("sam local invoke TrackFunction: no space left")

    monkeypatch.setattr(sam, "invoked_by_hand", fails)
    monkeypatch.setattr(command, "problems", lambda _, invoke, *__: [invoke("track", {})])
    standing: Any = SimpleNamespace(stream=None, moto_url="")
    here = engine.Engine("127.0.0.1", "127.0.0.1", has_image=True, architecture="x86_64")
    assert command._check(here, standing) == 1
    assert "no space left" in capsys.readouterr().out


def test_what_nobody_knows_is_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["start"]) == 2
    assert "serve" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("config", "listens", "reached"),
    [
        ({"Subnet": "127.3.0.0/16"}, "127.3.0.1", "127.3.0.1"),
        ({"Subnet": "127.3.0.0/16", "Gateway": "127.3.0.9"}, "127.3.0.9", "127.3.0.9"),
        # An engine in a machine of its own: its bridge is no interface of this one.
        ({"Subnet": "203.0.113.0/24"}, "127.0.0.1", engine.DESKTOP),
    ],
)
def test_stand_ins_listen_where_containers_reach_them_and_nowhere_else(
    path: Path, config: dict[str, str], listens: str, reached: str
) -> None:
    docker(path, json.dumps([{"IPAM": {"Config": [config]}}]))
    found = engine.found()
    assert (found.listens, found.reached_as) == (listens, reached)


def test_the_copy_declares_every_endpoint_and_keeps_the_rest() -> None:
    told = standins.environment("http://10.0.0.1:1", "http://10.0.0.1:2")
    copy = yaml.safe_load(standins.declaring(BUILT, told))["Globals"]["Function"]["Environment"]
    endpoints = {name for name in told if name.startswith("AWS_ENDPOINT_URL_")}
    assert {f"AWS_ENDPOINT_URL_{one}" for one in ("FIREHOSE", "DYNAMODB", "SQS", "S3")} <= endpoints
    declared = copy["Variables"]
    assert {name for name in declared if declared[name] == ""} == endpoints
    assert declared["OPENBUNKER_STREAM"] == {"Ref": "EventStream"}
    with pytest.raises(ValueError, match="build it again"):
        standins.declaring("Globals: {}", told)


def test_what_functions_are_told_are_settings_without_an_account() -> None:
    told = standins.environment("http://10.0.0.1:1", "http://10.0.0.1:2")
    assert not set(told) & set(backends.CREDENTIALS)  # SAM hands its own shell's on
    found = Settings.from_env({**backends.CREDENTIALS, **told})
    assert found.stream == "events"
    assert found.refused_stream is None and found.edge_secret is None


def test_sam_gets_no_credentials_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    told = sam.environ()
    assert {name for name in told if name.startswith("AWS_")} == set(backends.CREDENTIALS)
    assert told["PATH"] == os.environ["PATH"]


def test_every_word_of_the_readmes_curls_is_told() -> None:
    keys = {*backends.demo_keys(), standins.EVERY_DIALECT}
    told = {name: text for name, text in standins.CURLS.items() if name != "SITE_ORIGIN"}
    assert set(told.values()) <= keys


def test_the_environment_for_sam_is_not_kept_in_git() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert str(standins.ENVIRONMENT.relative_to(ROOT)) in ignored
