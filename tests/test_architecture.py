"""The house's rules about files and imports, held by reading the source with `ast`.

One test a rule, over all files: a failure names every file that breaks it.
"""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.support.laws import checked
from tests.support.sources import (
    PRODUCT,
    ROOT,
    SHARED,
    WORKSHOP,
    arrows,
    circle,
    room_of,
    sources,
    within,
)

MODULES = sources(PRODUCT)
EVERYTHING = {**MODULES, **sources(WORKSHOP)}
# For other people's programs: the rules about size and names hold, those about rooms do not.
CLIENT = sources(((ROOT / "sdk/src", "openbunker_client"),))
SMALL = EVERYTHING | CLIENT | sources(((ROOT, "sdk/compare"),))
MAX_FILE, MAX_TEST_FILE, MAX_FUNCTION, MAX_HANDLER_FILE, MAX_MODULES = 300, 400, 40, 40, 16

# The floors of the house, the lowest first: a room imports from floors below its own, and from
# rooms that stand before it on its own floor. A room's name covers the rooms within it, unless
# they are named themselves.
LAYER = (
    "core",
    "aws", "web",
    "keys", "sinks", "erasure", "usage",
    "wire.calendar", "wire.looser_dates", "wire.dates", "wire.fields", "wire.dialect",
    "wire.eventbunker", "wire.nanosights", "wire.databuddy", "wire.segment", "wire.tracify",
    "wire.posthog", "wire.registry", "wire",
    "query.incomplete", "query.engine", "query.question", "query.scope", "query.tables",
    "query.rendering", "query.receipts", "query.state", "query.sql", "query.athena",
    "query.services",
    "query.scope_of_key", "query.answers", "query.user_sql", "query.usage", "query.system",
    "query.catalogue", "query.chart",
    "console", "query.endpoint", "query",
    "ingest",
    "manage.store", "manage.model", "manage.memory", "manage.dynamo", "manage.office",
    "manage.audit", "manage.projects", "manage.credentials", "manage.limits", "manage.services",
    "manage.routes", "manage.endpoint", "manage",
    "compaction.store", "compaction", "key_validation", "replay",
    "wiring",
)  # fmt: skip
LOCAL = (
    "tasks", "memory", "thawed",
    "demo", "doctor", "costs", "stream", "sqlite", "cold", "books", "turns", "lake", "compaction",
    "backup", "stack", "server",
    "workers",
    "half", "reading", "runtime", "testing", "cli", "__main__",
)  # fmt: skip
# What a room must not know although it lies below.
FORBIDDEN = {
    "openbunker.wire": ("openbunker.sinks", "openbunker.aws", "openbunker.erasure"),
    "openbunker.sinks": ("openbunker.web", "openbunker.keys"),
    "openbunker.keys": ("openbunker.web",),
    "openbunker.erasure": ("openbunker.web",),
    "openbunker.usage": ("openbunker.web",),
    "openbunker.ingest": ("openbunker.query", "openbunker.aws", "openbunker.manage"),
    "openbunker.query": ("openbunker.wire", "openbunker.sinks"),
    "openbunker.manage": ("openbunker.sinks", "openbunker.ingest"),
    "openbunker.compaction": ("openbunker.wire", "openbunker.sinks", "openbunker.ingest"),
    "openbunker_local.stream": ("openbunker.wire", "openbunker.ingest", "openbunker.manage"),
    "openbunker_local.sqlite": ("openbunker.wire", "openbunker.ingest", "openbunker.query"),
    "openbunker_local.lake": ("openbunker.wire", "openbunker.ingest", "openbunker_local.sqlite"),
    "openbunker_local.cold": ("openbunker.wire", "openbunker.ingest", "openbunker_local.sqlite"),
    "openbunker_local.server": ("openbunker.query", "openbunker_local.lake"),
    "openbunker_local.books": ("openbunker.wire", "openbunker.ingest", "openbunker_local.sqlite"),
}
DIALECTS = ("eventbunker", "nanosights", "databuddy", "segment", "tracify", "posthog")
HANDLERS_MAY = (
    "openbunker.wiring", "openbunker.ingest.pipeline", "openbunker.key_validation",
    "openbunker.query.endpoint", "openbunker.replay",
    "openbunker.compaction.endpoint", "openbunker.manage.endpoint",
)  # fmt: skip
BOTO = ("openbunker.wiring.boto", "openbunker_local.stack.clients")
SQL = (
    "openbunker.query.sql", "openbunker.query.user_sql", "openbunker.query.athena",
    "openbunker.query.usage", "openbunker.query.tables", "openbunker.query.rendering",
    "openbunker.compaction.statements", "openbunker_local.compaction",
    "openbunker_local.cold.lookup_trees", "openbunker_local.stack.trees",
    "openbunker_local.sqlite", "openbunker_local.lake",
)  # fmt: skip
VENDORS_WORDS = re.compile(
    r"\b(projectKey|anonymousId|customer_site_id|unique_req_id|identity_data)\b"
)
# The demo's keys and the README's curls are in the vendors' words.
MAY_SAY_THEM = (
    "openbunker.wire",
    "openbunker_local.demo",
    "openbunker_local.cli.terminal.curls",
    "openbunker_local.doctor.doors",
    "bench",
)


def floor_of(name: str) -> tuple[int, int] | None:
    """Return where a module stands: its house and its floor, by the longest name that covers it."""
    for house, (package, floors) in enumerate((("openbunker", LAYER), ("openbunker_local", LOCAL))):
        if within(name, package):
            rooms = [room for room in floors if within(name, f"{package}.{room}")]
            best = max(rooms, key=len, default=None)
            return None if best is None else (house, floors.index(best))
    return None


def upwards() -> Iterator[str]:
    for name, others in checked(arrows(MODULES).items()):
        mine = floor_of(name)
        for other in others:
            theirs = floor_of(other)
            if mine and theirs and theirs > mine:
                yield f"{name} -> {other}"


def test_every_module_has_a_floor() -> None:
    rooms = [name for name in MODULES if not name.startswith("functions")]
    assert not [n for n in rooms if not floor_of(n) and n not in ("openbunker", "openbunker_local")]


def test_no_import_runs_upwards() -> None:
    assert not sorted(upwards())


def test_there_is_no_circle_between_files() -> None:
    assert not circle(arrows(MODULES))


def test_there_is_no_circle_between_rooms() -> None:
    rooms: defaultdict[str, set[str]] = defaultdict(set)
    for name, others in checked(arrows(MODULES).items()):
        mine = room_of(MODULES[name])
        rooms[mine] |= {room_of(MODULES[other]) for other in others} - {mine}
    assert not circle(rooms)


def test_no_room_imports_what_it_must_not_know() -> None:
    found = [
        f"{name} imports {module}"
        for name, source in checked(MODULES.items())
        for room, banned in FORBIDDEN.items()
        if within(name, room)
        for module in source.imports
        if any(within(module, one) for one in banned)
    ]
    assert not found


def test_the_layer_knows_nothing_of_one_machine_and_neither_of_the_workshop() -> None:
    for name, source in checked(MODULES.items()):
        ours = ("openbunker_local",) if name.startswith("openbunker_local") else ()
        workshop = {"bench", "scripts", "lean"}
        banned = {"openbunker_local", "tests", "functions", *workshop} - {*ours}
        assert not [m for m in source.imports for one in banned if within(m, one)], name


def test_a_dialect_never_imports_another() -> None:
    for dialect in DIALECTS:
        others = [f"openbunker.wire.{other}" for other in DIALECTS if other != dialect]
        for name, source in checked(MODULES.items()):
            if within(name, f"openbunker.wire.{dialect}"):
                assert not [m for m in source.imports for o in others if within(m, o)], name


def test_the_dialects_are_those_of_the_registry() -> None:
    text = MODULES["openbunker.wire.registry"].text
    assert set(re.findall(r"^from openbunker\.wire\.(\w+)[.\w]* import [A-Z_]+$", text, re.M)) == {
        *DIALECTS
    }


def test_a_handler_is_wiring_and_one_walk() -> None:
    for name, source in checked(MODULES.items()):
        if name.startswith("functions"):
            ours = {m for m in source.imports if within(m, "openbunker")} - {"openbunker"}
            assert all(any(within(m, may) for may in HANDLERS_MAY) for m in ours), name
            assert len(source.text.splitlines()) <= MAX_HANDLER_FILE, name


def test_boto3_is_imported_where_clients_are_made() -> None:
    for name, source in checked(MODULES.items()):
        if name not in BOTO:
            assert not [m for m in source.imports if m.split(".")[0] in ("boto3", "botocore")], name


def test_the_environment_is_read_in_one_room() -> None:
    for name, source in checked(MODULES.items()):
        if not within(name, "openbunker.wiring"):
            assert "os.environ" not in source.text, name
            assert "getenv" not in source.text, name


def test_there_is_one_catch_all() -> None:
    # And what catches an error to raise it where its result is awaited.
    may = ("openbunker.web.guard", "openbunker_local.tasks.task")
    for name, source in checked(EVERYTHING.items()):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ExceptHandler) and name not in may:
                caught = ast.unparse(node.type) if node.type else "BaseException"
                assert caught not in ("Exception", "BaseException"), f"{name}:{node.lineno}"


def test_sql_is_built_in_its_rooms() -> None:
    pattern = re.compile(r"\bSELECT\b[^\"']*\bFROM\b")
    for name, source in checked(MODULES.items()):
        if not any(within(name, room) for room in SQL):
            assert not pattern.search(source.text), name


def test_vendors_words_stay_in_their_dialect() -> None:
    """`projectKey` and its like are known to the dialect, the demo and nobody else."""
    for name, source in checked(MODULES.items()):
        if not any(within(name, room) for room in MAY_SAY_THEM):
            assert not VENDORS_WORDS.search(source.text), name


def test_every_module_says_what_lives_there() -> None:
    assert not [n for n, one in SMALL.items() if one.text and not ast.get_docstring(one.tree)]


def test_files_and_functions_stay_small() -> None:
    found = [n for n, one in SMALL.items() if len(one.text.splitlines()) > MAX_FILE]
    found += [
        f"{name}:{node.name}"
        for name, source in SMALL.items()
        for node in source.functions()
        if (node.end_lineno or node.lineno) - node.lineno + 1 > MAX_FUNCTION
    ]
    assert not found


def test_the_client_imports_nothing_of_ours() -> None:
    ours = ("openbunker", "openbunker_local", "functions", "bench", "tests", "scripts")
    for name, source in CLIENT.items():
        assert not [m for m in source.imports for one in ours if within(m, one)], name
    assert "openbunker_client.delivery.core" in CLIENT


def test_no_folder_of_the_product_is_crowded() -> None:
    folders = Counter(one.file.parent for one in SMALL.values())
    assert not [folder for folder, modules in folders.items() if modules > MAX_MODULES]


def test_test_files_stay_small() -> None:
    files = sorted([*(ROOT / "tests").rglob("*.py"), *(ROOT / "sdk/tests").rglob("*.py")])
    found = {file.name: len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert not {name: lines for name, lines in found.items() if lines > MAX_TEST_FILE}


def test_no_module_is_called_utils() -> None:
    banned = {"utils", "util", "helpers", "common", "misc"}
    assert not [name for name in SMALL if banned & set(name.split("."))]


def test_all_packages_of_the_product_are_seen() -> None:
    """The rules above read what is there: this one fails when a folder is left out."""
    seen = {source.file for source in checked(MODULES.values())}
    assert {SHARED / "openbunker/core/ids.py", ROOT / "functions/track/app.py"} <= seen
    assert Path(ROOT / "openbunker_local/runtime.py") in seen


def test_the_page_of_the_architecture_names_what_is_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/.]+/[\w/.]*)`", text))
    places = (ROOT, SHARED / "openbunker", ROOT / "openbunker_local")
    lost = [name for name in named if not any((place / name).exists() for place in places)]
    assert len(named) > 10
    assert not lost


def test_unit_tests_lie_in_folders_named_as_rooms() -> None:
    """Of a module beside the rooms, the test lies beside the folders."""
    houses = {"local": ROOT / "openbunker_local", "support": ROOT / "tests" / "support"}
    houses |= {name: ROOT / name for name in ("bench", "scripts")} | {"lean": SHARED / "lean"}
    unit, lost = ROOT / "tests" / "unit", []
    for file in checked(sorted(unit.rglob("test_*.py"))):
        first, *rest = file.relative_to(unit).parts
        room = houses.get(first, SHARED / "openbunker" / first).joinpath(*rest[:-1])
        if not (room.is_dir() if rest else room.with_name(first.removeprefix("test_")).is_file()):
            lost.append(file)
    assert not lost


def test_each_room_says_what_each_of_its_files_is_for() -> None:
    rooms = {n: one for n, one in MODULES.items() if one.file.name == "__init__.py"}
    lost = [
        f"{room}/__init__.py does not name {other.file.stem}"
        for room, source in rooms.items()
        if not room.startswith("functions")
        for other in MODULES.values()
        if other.file.parent == source.file.parent and not other.file.stem.startswith("__")
        if not re.search(rf"^ *{other.file.stem} +\S", source.text, re.MULTILINE)
    ]
    assert not lost
