"""The layer as `sam build` makes it: what is in it, and bytecode that outlives SAM's packaging."""

import os
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path

from bench.awslambda import layer
from bench.awslambda.lambda_runtime import version_of

SOURCE = layer.SOURCE
SAM_DATE = (1980, 1, 1, 0, 0, 0)


def run(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*arguments],
        cwd=SOURCE,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_module_has_bytecode_that_is_never_checked(built_layer: Path, target: str) -> None:
    flags = layer.bytecode_flags(built_layer)
    tag = f".cpython-{version_of(target).replace('.', '')}.pyc"
    modules = {file.stem for file in built_layer.rglob("*.py")}
    assert {Path(name).name.removesuffix(tag) for name in flags} == modules
    assert layer.has_lasting_bytecode(built_layer)


def test_bytecode_survives_a_package_dated_1980(
    built_layer: Path, target: str, tmp_path: Path
) -> None:
    package, unpacked = tmp_path / "layer.zip", tmp_path / "opt"
    with zipfile.ZipFile(package, "w") as packed:
        for file in sorted((built_layer / "openbunker").rglob("*.*")):
            entry = zipfile.ZipInfo(str(file.relative_to(built_layer)), SAM_DATE)
            packed.writestr(entry, file.read_bytes())
    shutil.unpack_archive(package, unpacked)
    # Python that looked at this source would end here; the bytecode knows nothing of it.
    (unpacked / "openbunker" / "ids.py").write_text("raise SystemExit('compiled anew')\n")
    code = "from openbunker.core.ids import new_id; print(new_id(0))"
    done = subprocess.run(
        [target, "-S", "-c", code],
        env={"PYTHONPATH": str(unpacked), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(done.stdout.strip()) == 32, done.stderr


def test_powertools_is_where_it_is_imported_and_nowhere_else(
    built_layer: Path, built_functions: dict[str, Path]
) -> None:
    name = "aws_lambda_powertools"
    assert not (built_layer / name).exists()
    carriers = {found for found, folder in built_functions.items() if (folder / name).exists()}
    assert carriers == {"replay", "compact", "erase"}
    for found in carriers:
        assert layer.has_lasting_bytecode(built_functions[found])
    lean = [folder for found, folder in built_functions.items() if found not in carriers]
    assert all(
        {one.name for one in folder.iterdir()} == {"app.py", "__pycache__"} for folder in lean
    )


def test_it_carries_native_code_for_both_processors(built_layer: Path) -> None:
    native = {file.name.split("-", 2)[2] for file in built_layer.rglob("*.so")}
    assert native == {"aarch64-linux-gnu.so", "x86_64-linux-gnu.so"}


def test_it_knows_time_zones_and_draws_charts_by_itself(built_layer: Path, target: str) -> None:
    """The runtime may have no zone database, and whatever is no module must come along too."""
    code = (
        "from openbunker.query.question import zones; from openbunker.query.chart import page;"
        "print(zones.named('Europe/Berlin').key, len(page.policy()) > 100)"
    )
    done = subprocess.run(
        [target, "-S", "-c", code],
        env={"PYTHONPATH": str(built_layer), "PYTHONTZPATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "Europe/Berlin True\n", done.stderr


def test_it_carries_no_leftovers(built_layer: Path) -> None:
    top = {entry.name for entry in built_layer.iterdir()}
    assert not top & {"bin", "tests", ".lock", ".wheels", "boto3", "botocore"}
    assert not list(built_layer.rglob("RECORD"))
    assert {entry.name for entry in built_layer.parent.iterdir()} == {"python"}


def test_without_the_targets_python_the_build_passes_and_says_what_it_costs(
    tmp_path: Path,
) -> None:
    for kind in ("layer", "function"):
        done = run("sh", "compile.sh", "3.99", kind, tmp_path)
        assert done.returncode == 0
        assert "NO BYTECODE" in done.stdout  # SAM shows no standard error of a build that passes
        assert "cold start" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_every_handler_has_bytecode_that_is_never_checked(
    built_functions: dict[str, Path],
) -> None:
    assert len(built_functions) == 8
    for folder in built_functions.values():
        assert layer.has_lasting_bytecode(folder)


def test_what_fails_in_lean_bytecode_is_found_in_the_sources(
    built_layer: Path, target: str
) -> None:
    """A traceback names the file that lies there, and the line as people read it."""
    code = (
        "import traceback\n"
        "from openbunker.core.errors import Refusal\n"
        "from openbunker.core.records import decode\n"
        "try: decode(b'{}')\n"
        "except ValueError as error: print(traceback.extract_tb(error.__traceback__)[-1])\n"
        "print(Refusal.__base__)"
    )
    environ = {"PYTHONPATH": str(built_layer), "PYTHONDONTWRITEBYTECODE": "1"}
    done = run(target, "-P", "-S", "-c", code, **environ)
    lines = (SOURCE / "openbunker/core/records.py").read_text(encoding="utf-8").splitlines()
    at = 1 + next(n for n, line in enumerate(lines) if "of schema version {" in line)
    file = built_layer / "openbunker/core/records.py"
    told = f"<FrameSummary file {file}, line {at} in decode>"
    assert done.stdout.splitlines() == [told, "<class 'openbunker.plain.Plain'>"]


def test_a_shim_that_fails_is_not_taken_for_a_python(tmp_path: Path, target: str) -> None:
    wanted = version_of(target)
    shim = tmp_path / "bin" / f"python{wanted}"
    home = tmp_path / "home" / ".pyenv" / "versions" / f"{wanted}.0" / "bin"
    shim.parent.mkdir()
    home.mkdir(parents=True)
    shim.write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
    shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    (home / "python").symlink_to(target)
    empty = {"PATH": str(shim.parent), "HOME": str(tmp_path / "home")}
    for name in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR"):
        empty[name] = str(tmp_path / "home" / ".pyenv") if name == "PYENV_ROOT" else "/nowhere"
    found = run("/bin/sh", "find-python.sh", wanted, TARGET_PYTHON="", **empty)
    assert found.stdout.strip() == str(home / "python")
