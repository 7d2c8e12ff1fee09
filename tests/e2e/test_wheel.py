"""The wheel holds all that it needs: built, installed outside the checkout and run there.

The dependencies are the developers' own: their folder is on the path of the fresh environment, by
a line that does not follow the editable install in it. So nothing is fetched, and whatever of ours
is imported comes from the wheel.
"""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.support.curl import answers_well, curls_of, send
from tests.support.server import ROOT, RunningServer, running_server

CURLS = curls_of((ROOT / "README.md").read_text(encoding="utf-8"))
FAR_MS = 4_102_444_800_000  # the year 2100: after every arrival
WHERE = """
import json, sys, openbunker, openbunker_local
from openbunker_local.server import deployed
print(json.dumps([sys.path, openbunker.__file__, openbunker_local.__file__,
                  str(deployed.TEMPLATE), str(deployed.OPENAPI)]))
"""


def run(*words: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done
    return done.stdout


def pip(*words: str | Path) -> str:
    return run(sys.executable, "-m", "pip", "--disable-pip-version-check", *words, cwd=ROOT)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", out, ROOT)
    (found,) = out.iterdir()
    return found


@pytest.fixture(scope="module")
def outside(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside the checkout with an environment `venv` that has the wheel."""
    folder = tmp_path_factory.mktemp("outside")
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv/bin/python"
    pip("--python", python, "install", "--no-deps", "--no-index", "--no-compile", wheel)
    packages = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    )
    line = sysconfig.get_path("purelib") + "\n"
    Path(packages.strip(), "developers.pth").write_text(line, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def server(outside: Path) -> Iterator[RunningServer]:
    python = outside / "venv/bin/python"
    with running_server(outside / "data", "--no-compact", python=python, cwd=outside) as running:
        yield running


def test_it_holds_two_packages_and_what_is_deployed(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    handlers = {f"openbunker_local/deployed/{one}" for one in files("functions/*/app.py")}
    layer = {one.removeprefix("layers/shared/") for one in files("layers/shared/openbunker/**/*")}

    assert {re.sub(r"/.*|-.*", "", name) for name in names} == {"openbunker", "openbunker_local"}
    assert {name for name in names if "/deployed/functions/" in name} == handlers
    assert names >= layer | files("openbunker_local/**/*")
    assert {"openbunker/py.typed", "openbunker_local/py.typed"} <= names


def files(pattern: str) -> set[str]:
    found = (one for one in ROOT.glob(pattern) if one.is_file() and "__pycache__" not in one.parts)
    return {one.relative_to(ROOT).as_posix() for one in found}


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    build = (sys.executable, "-m", "hatchling", "build")
    run(*build, "-t", "sdist", "-d", tmp_path, cwd=ROOT)
    (packed,) = tmp_path.iterdir()
    shutil.unpack_archive(packed, tmp_path)
    run(*build, "-t", "wheel", "-d", tmp_path, cwd=tmp_path / packed.name.removesuffix(".tar.gz"))

    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_nothing_of_the_checkout_is_on_its_path(outside: Path) -> None:
    path, *ours = json.loads(run(outside / "venv/bin/python", "-c", WHERE, cwd=outside))

    assert all(Path(one).is_relative_to(outside / "venv") for one in ours), ours
    assert not {str(ROOT), str(ROOT / "layers/shared")} & set(path)


def test_every_curl_of_the_readme_answers(server: RunningServer) -> None:
    variables = {name.upper(): value for name, value in server.demo.items()}

    answers = [(command, send(server, command, variables)) for command in CURLS]

    assert len(answers) >= 10
    assert [one for one in answers if not answers_well(*one)] == []


def test_it_serves_the_kept_openapi_document(server: RunningServer) -> None:
    kept = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))

    assert server.call("GET", "/openapi.json").body == kept


def test_the_commands_work_from_another_folder(outside: Path, server: RunningServer) -> None:
    openbunker = outside / "venv/bin/openbunker"
    server.wait_until_visible()

    assert "export" in run(openbunker, "--help", cwd=outside)
    assert server.demo["write_key"] in run(openbunker, "demo", "--data", "data", cwd=outside)
    run(openbunker, "export", "--parquet", "all.parquet", "--data", "data", cwd=outside)
    assert rows(outside / "all.parquet") > 0


def test_compaction_is_a_child_of_the_same_wheel(outside: Path, server: RunningServer) -> None:
    server.wait_until_visible()
    child = (outside / "venv/bin/python", "-m", "openbunker_local.compaction.child")
    words = [*map(str, child), "data", str(FAR_MS), str(FAR_MS)]
    with subprocess.Popen(
        words, cwd=outside, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.read())  # its input stays open for so long

    assert process.returncode == 0, told
    assert told["rows"] > 0


def rows(file: Path) -> int:
    return int(duckdb.read_parquet(str(file)).shape[0])
