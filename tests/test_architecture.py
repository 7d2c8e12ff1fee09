"""The house's rules about files and imports, held by reading the source with `ast`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ROOT / "layers/shared"
SOURCE = [
    *sorted((SHARED / "openbunker").rglob("*.py")),
    *sorted((ROOT / "local").rglob("*.py")),
    *sorted((ROOT / "functions").rglob("*.py")),
    *sorted((ROOT / "bench").rglob("*.py")),
]
REGISTRY = (SHARED / "openbunker/wire/registry.py").read_text(encoding="utf-8")
DIALECTS = re.findall(r"^from openbunker\.wire\.(\w+) import [A-Z_]+$", REGISTRY, re.MULTILINE)
MAX_FILE, MAX_TEST_FILE, MAX_FUNCTION, MAX_HANDLER_FILE, MAX_DIALECT = 300, 400, 40, 40, 200

# room -> modules (or packages) of ours that it must never import
FORBIDDEN = {
    "openbunker/wire/": (
        "openbunker.sinks", "openbunker.keys.cached", "openbunker.keys.dynamo",
        "openbunker.keys.memory", "openbunker.wiring", "openbunker.pipeline", "openbunker.query",
        "openbunker.aws",
    ),
    "openbunker/sinks/": ("openbunker.wire", "openbunker.http", "openbunker.pipeline"),
    "openbunker/keys/": ("openbunker.wire", "openbunker.http", "openbunker.sinks"),
    "openbunker/erasure/": (
        "openbunker.sinks", "openbunker.wire", "openbunker.pipeline", "openbunker.wiring",
        "openbunker.query.endpoint", "openbunker.query.athena", "sqlglot",
    ),
    "openbunker/query/": ("openbunker.sinks", "openbunker.wire", "openbunker.pipeline"),
    "openbunker/manage/": (
        "openbunker.sinks", "openbunker.pipeline", "openbunker.wiring",
    ),
    "openbunker/usage/": (
        "openbunker.sinks", "openbunker.wire", "openbunker.http", "openbunker.pipeline",
    ),
    "openbunker/pipeline.py": ("openbunker.wiring", "openbunker.aws", "openbunker.query"),
    "openbunker/compaction/": (
        "openbunker.wire", "openbunker.sinks", "openbunker.http", "openbunker.pipeline",
        "openbunker.wiring", "openbunker.boto",
    ),
    "openbunker/": ("local",),
}  # fmt: skip
HANDLERS_MAY = (
    "openbunker.wiring", "openbunker.pipeline", "openbunker.validation",
    "openbunker.query.endpoint", "openbunker.replay",
    "openbunker.compaction.endpoint", "openbunker.manage.endpoint",
)  # fmt: skip


def name_of(file: Path) -> str:
    base = SHARED if file.is_relative_to(SHARED) else ROOT
    return file.relative_to(base).as_posix()


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


@pytest.mark.parametrize("file", SOURCE, ids=name_of)
def test_no_room_imports_what_it_must_not_know(file: Path) -> None:
    name = name_of(file)
    for room, banned in FORBIDDEN.items():
        if name.startswith(room):
            found = [m for m in imports(file) for b in banned if within(m, b)]
            assert not found, f"{name} imports {found}"


def test_the_dialects_are_those_of_the_registry() -> None:
    assert {"eventbunker", "databuddy", "nanosights", "tracify"} < set(DIALECTS)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_never_imports_another(dialect: str) -> None:
    found = set(imports(SHARED / f"openbunker/wire/{dialect}.py"))
    assert not [m for other in DIALECTS if other != dialect for m in found if m.endswith(other)]


@pytest.mark.parametrize("file", sorted((ROOT / "functions").rglob("*.py")), ids=name_of)
def test_a_handler_is_wiring_only(file: Path) -> None:
    ours = {module for module in imports(file) if within(module, "openbunker")} - {"openbunker"}
    assert all(any(within(module, allowed) for allowed in HANDLERS_MAY) for module in ours)
    assert len(file.read_text().splitlines()) <= MAX_HANDLER_FILE


@pytest.mark.parametrize("file", SOURCE, ids=name_of)
def test_boto3_is_imported_in_one_place(file: Path) -> None:
    if name_of(file) not in ("openbunker/boto.py",) and not name_of(file).startswith("bench/"):
        assert not [m for m in imports(file) if m.split(".")[0] in ("boto3", "botocore")]


@pytest.mark.parametrize("file", SOURCE, ids=name_of)
def test_the_environment_is_read_in_one_place(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if not name_of(file).startswith(("bench/", "openbunker/wiring.py")):
        assert "os.environ" not in text
        assert "getenv" not in text


@pytest.mark.parametrize("file", SOURCE, ids=name_of)
def test_there_is_one_catch_all(file: Path) -> None:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.ExceptHandler) and name_of(file) != "openbunker/guard.py":
            caught = ast.unparse(node.type) if node.type else "BaseException"
            assert caught not in ("Exception", "BaseException"), f"{name_of(file)}:{node.lineno}"


@pytest.mark.parametrize("file", SOURCE, ids=name_of)
def test_every_module_says_what_lives_there(file: Path) -> None:
    assert ast.get_docstring(tree(file)), f"{name_of(file)} opens without a docstring"


@pytest.mark.parametrize("file", SOURCE, ids=name_of)
def test_files_and_functions_stay_small(file: Path) -> None:
    name, lines = name_of(file), len(file.read_text(encoding="utf-8").splitlines())
    dialect = name.startswith("openbunker/wire/") and file.stem in DIALECTS
    assert lines <= (MAX_DIALECT if dialect else MAX_FILE), f"{name} has {lines} lines"
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= MAX_FUNCTION, f"{name}:{node.name} has {length} lines"


@pytest.mark.parametrize("file", sorted((ROOT / "tests").rglob("*.py")), ids=name_of)
def test_test_files_stay_small(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MAX_TEST_FILE


@pytest.mark.parametrize("file", SOURCE, ids=name_of)
def test_vendor_words_stay_in_their_dialect(file: Path) -> None:
    """`projectKey` and its like are known to the dialect, the demo and nobody else."""
    words = r"\b(projectKey|anonymousId|customer_site_id|unique_req_id|identity_data)\b"
    if not name_of(file).startswith(("openbunker/wire/", "local/demo", "local/curls", "bench/")):
        assert not re.search(words, file.read_text(encoding="utf-8"))


def test_sql_is_built_in_one_place() -> None:
    """No other module of the layer holds SQL text."""
    pattern = re.compile(r"\bSELECT\b[^\"']*\bFROM\b")
    for file in sorted((SHARED / "openbunker").rglob("*.py")):
        if not name_of(file).startswith("openbunker/query/"):
            assert not pattern.search(file.read_text(encoding="utf-8")), name_of(file)


def test_no_module_is_called_utils() -> None:
    assert not [f for f in SOURCE if f.stem in ("utils", "util", "helpers", "common", "misc")]
