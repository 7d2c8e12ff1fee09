"""What is shown on a terminal of 80 columns and what goes into a pipe: the same ids, all whole."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shell import cli
from tests.support.terminal import ROOT, typed

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
NAME = "a name that is much longer than a terminal is wide, as names of projects now and then are"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    cli("projects", "create", NAME, "--data", str(folder))
    project = project_of(folder)
    for kind in ("WRITE", "QUERY"):
        words = ("--project", project, "--type", kind, "--name", NAME, "--customer", NAME)
        assert cli("keys", "create", *words, "--data", str(folder)).returncode == 0
    return folder


def project_of(data: Path) -> str:
    found: list[str] = re.findall(r"prj_\w+", cli("projects", "list", "--data", str(data)).stdout)
    return found[0]


@pytest.mark.parametrize("words", ["keys list", "projects list", "accounts list", "audit"])
def test_no_id_is_cut_on_80_columns_and_no_line_in_a_pipe(data: Path, words: str) -> None:
    more = ["--project", project_of(data)] if words == "keys list" else []
    piped = cli(*words.split(), *more, "--data", str(data)).stdout
    code, shown = typed(*words.split(), *more, "--data", str(data))
    shown = COLOURS.sub("", shown)

    assert code == 0
    assert max(map(len, shown.splitlines())) <= 80
    ids = set(re.findall(r"\b(?:key|prj|acc)_\w+", piped))
    assert ids
    assert ids <= set(re.findall(r"\b(?:key|prj|acc)_\w+", shown))
    if words != "audit":
        assert NAME in piped


def test_nothing_to_do_shows_no_progress_bar(tmp_path: Path) -> None:
    for words in ("compact", f"export --csv {tmp_path}/all.csv --project prj_x"):
        code, shown = typed(*words.split(), "--data", str(tmp_path))
        assert code == 0
        assert "━" not in shown
        assert "0/0" not in shown


def test_without_a_terminal_nothing_is_ended(data: Path) -> None:
    done = cli("projects", "delete", project_of(data), "--data", str(data))
    assert done.returncode == 2
    assert re.search(rf"Stop \d keys of {NAME}", done.stderr)
    assert "use --yes" in done.stderr


def test_a_reader_that_has_gone_is_no_error(data: Path) -> None:
    words = [sys.executable, "-m", "openbunker_local", "audit", "--data", str(data)]
    with subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
    assert (process.returncode, told) == (0, "")
