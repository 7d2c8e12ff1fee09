"""Every command times every cause: a sentence and the code that `docs/cli.md` promises.

`cli` runs a command in process and lets through what is not caught: a traceback fails the test.
"""

import sys
from pathlib import Path

import pytest

from openbunker_local.cli.app import COMMANDS, loaded
from openbunker_local.cli.terminal.exits import Code
from tests.support.shell import Done, cli

# Words with which each command goes as far as it can. `{out}` is a folder to write to.
WORDS = {
    "run": "--port 0",
    "demo": "",
    "doctor": "--write-key nobodys",
    "reconcile": "",
    "cost": "--events-per-month 1",
    "compact": "",
    "backup": "{out}/backup",
    "restore": "{out}/nothing",
    "export": "--csv {out}/all.csv --project prj_x",
    "usage": "",
    "limits": "prj_x",
    "refused list": "--project prj_x",
    "refused replay": "--reason invalid_schema --project prj_x --key k --url http://127.0.0.1:1",
    "accounts list": "",
    "accounts create": "us",
    "accounts reset": "acc_x --yes",
    "projects list": "",
    "projects create": "shop",
    "projects update": "prj_x --name shop",
    "projects reset": "prj_x --yes",
    "projects delete": "prj_x --yes",
    "projects restore": "prj_x",
    "keys list": "--project prj_x",
    "keys create": "--project prj_x",
    "keys update": "key_x --project prj_x --name web",
    "keys rotate": "key_x --project prj_x --yes",
    "keys disable": "key_x --project prj_x --yes",
    "keys enable": "key_x --project prj_x",
    "keys delete": "key_x --project prj_x --yes",
    "audit": "",
}
# What asks no folder and no stack.
NOBODY = {"cost"}
TENANTS = {name for name in WORDS if name.split()[0] in ("accounts", "projects", "keys", "audit")}
STACK = TENANTS | {"reconcile"}
# Who reads a file of the folder, and so cannot go on when it is damaged.
READS = {
    "keys.sqlite": TENANTS | {"run", "usage", "limits"},
    "demo.json": {"run", "demo", "doctor"},
    "cold/manifest.json": {"reconcile", "compact", "export", "usage"},
    "erasures.sqlite": {"run", "compact", "export", "refused list", "refused replay"},
    "usage.sqlite": {"usage", "limits"},
}
TIMES = {"reconcile": "--from", "export": "--to", "usage": "--to", "keys create": "--expires-at"}


def run(name: str, out: Path, *more: str) -> Done:
    return cli(*name.split(), *WORDS[name].format(out=out).split(), *more)


def leaves(name: str) -> list[str]:
    found = loaded(name)
    return [f"{name} {one}" for one in found.commands] if hasattr(found, "commands") else [name]


def ends(done: Done, code: Code) -> None:
    assert done.returncode == code, done
    assert done.stderr.strip(), "it says nothing"
    assert "Traceback" not in done.stderr


def test_no_command_is_forgotten() -> None:
    assert [leaf for name in COMMANDS for leaf in leaves(name)] == [*WORDS]


@pytest.mark.parametrize("name", sorted(WORDS.keys() - {"run", "restore"} - NOBODY))
def test_without_a_folder_nobody_can_say(name: str, tmp_path: Path) -> None:
    done = run(name, tmp_path, "--data", str(tmp_path / "none"))
    ends(done, Code.UNKNOWN)
    assert f"There is no folder {tmp_path / 'none'}" in done.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", sorted(WORDS.keys() - NOBODY))
def test_a_file_is_no_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ends(run(name, tmp_path, "--data", str(tmp_path / "file")), Code.UNKNOWN)


@pytest.mark.parametrize(
    ("file", "name"), [(file, name) for file in READS for name in sorted(READS[file])]
)
def test_what_is_damaged_is_named(file: str, name: str, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("this is nothing that could be read" * 100)
    ends(run(name, tmp_path, "--data", str(tmp_path)), Code.UNKNOWN)


@pytest.mark.parametrize("name", sorted(WORDS.keys() - {"restore"} - NOBODY))
def test_the_folder_of_a_newer_release_is_left_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / "format.json").write_text('{"format": 99}')
    done = run(name, tmp_path, "--data", str(tmp_path))
    ends(done, Code.UNKNOWN)
    assert "newer release" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["format.json"]


@pytest.mark.parametrize("name", WORDS)
def test_an_unknown_option_is_wrong_usage(name: str, tmp_path: Path) -> None:
    ends(run(name, tmp_path, "--nonsense"), Code.USAGE)


@pytest.mark.parametrize("name", TIMES)
def test_what_is_no_time_is_wrong_usage(name: str, tmp_path: Path) -> None:
    done = run(name, tmp_path, "--data", str(tmp_path), TIMES[name], "yesterday")
    ends(done, Code.USAGE)
    assert f"{TIMES[name]} is a day or a time such as 2026-11-21" in done.stderr


@pytest.mark.parametrize("name", sorted(name for name in TENANTS if "_x" in WORDS[name]))
def test_what_is_not_there_is_refused(name: str, tmp_path: Path) -> None:
    ends(run(name, tmp_path, "--data", str(tmp_path)), Code.REFUSED)


@pytest.mark.parametrize("name", sorted(STACK))
def test_a_stack_needs_boto3(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [one for one in sys.modules if one.startswith("openbunker_local.stack")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "boto3", None)
    done = run(name, tmp_path, "--stack", "mine")
    ends(done, Code.UNKNOWN)
    assert "needs boto3" in done.stderr


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A shell without anything of AWS's."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.mark.parametrize("name", sorted(STACK))
def test_a_stack_needs_a_region(name: str, tmp_path: Path, shell: pytest.MonkeyPatch) -> None:
    done = run(name, tmp_path, "--stack", "mine")
    ends(done, Code.UNKNOWN)
    assert "region" in done.stderr


@pytest.mark.parametrize("name", sorted(STACK))
def test_a_stack_needs_credentials(name: str, tmp_path: Path, shell: pytest.MonkeyPatch) -> None:
    shell.setenv("AWS_REGION", "eu-central-1")
    shell.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    done = run(name, tmp_path, "--stack", "mine")
    ends(done, Code.UNKNOWN)
    assert "credentials" in done.stderr


@pytest.mark.parametrize("name", sorted(STACK))
def test_a_stack_must_answer(name: str, tmp_path: Path, shell: pytest.MonkeyPatch) -> None:
    for variable, value in (
        ("AWS_REGION", "eu-central-1"),
        ("AWS_DEFAULT_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "none"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_MAX_ATTEMPTS", "1"),
    ):
        shell.setenv(variable, value)
    done = run(name, tmp_path, "--stack", "mine")
    ends(done, Code.UNKNOWN)
    assert "the stack mine cannot be read" in done.stderr
