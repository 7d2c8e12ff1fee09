"""What is dropped from a module, what stays, and where what fails is said to be."""

import ast
import gc
import importlib.util
import traceback
from pathlib import Path
from typing import Any

import pytest

from lean import tree
from lean.__main__ import main
from lean.modules import Report, lean

TYPED = '''"""Says what lives there."""
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from decimal import Decimal

T = TypeVar("T")
Pairs = Mapping[str, Any]
most: int = 3

class Box(Generic[T]):
    held: T
    def put(self, it: T, *rest: Sequence[T], last: "Decimal | None" = None) -> "Box[T]":
        self.held: T = it
        return self

class Crate(Box[int]):
    most = 4

class Reader(Protocol):
    name: str
'''
LEAN = '''"""Says what lives there."""
import json
from collections.abc import Mapping
Pairs = Mapping[str, object]
most = 3

class Box:

    def put(self, it, *rest, last=None):
        self.held = it
        return self

class Crate(Box):
    most = 4

class Reader:
    pass'''


def text_of(source: str) -> str:
    return ast.unparse(lean(ast.parse(source), "m", lambda _: None, Report()))


def test_types_go_and_what_only_they_needed() -> None:
    """`json` was read by nobody before, so it is there for another reason."""
    assert text_of(TYPED) == LEAN


def test_a_name_that_is_read_stays_imported() -> None:
    source = "from typing import cast\nx = cast(int, 1)"
    assert text_of(source) == source


@pytest.mark.parametrize("reader", ["from pydantic import Field", "import pydantic"])
def test_a_module_whose_annotations_are_read_stays_as_it_is(reader: str) -> None:
    source, report = f"{reader}\nx: int = 1", Report()
    assert ast.unparse(lean(ast.parse(source), "m", lambda _: None, report)) == source
    assert (report.as_they_stand, report.modules) == (["m"], 0)


def _loaded(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location("app", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HANDLER = '''"""A handler."""
import gc
from typing import Any

collected_meanwhile = gc.isenabled()

def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Fail."""
    raise ValueError("here")
'''


def test_nothing_is_collected_while_a_handler_is_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "app.py").write_text(HANDLER)
    assert main("function", str(tmp_path)) == 0
    assert "1 modules made lean" in capsys.readouterr().out
    app = _loaded(tmp_path / "app.py")
    try:
        assert app.collected_meanwhile is False
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
    assert app.handler.__annotations__ == {}
    with pytest.raises(ValueError, match="here") as failed:
        app.handler({}, None)
    (*_, place) = traceback.extract_tb(failed.value.__traceback__)
    assert (place.filename, place.lineno, place.name) == (app.__file__, 9, "handler")


WRITTEN_OUT = """from dataclasses import dataclass, field

@dataclass(slots=True)
class A:
    x: int = 0
    y: list[int] = field(default_factory=list)

    @property
    def z(self) -> int:
        return self.x
"""


def test_what_is_written_out_stands_on_the_lines_of_its_fields() -> None:
    made = lean(ast.parse(WRITTEN_OUT), "m", lambda _: None, Report())
    (name,) = [one for one in ast.walk(made) if isinstance(one, ast.FunctionDef)][:1]
    assert [(ast.unparse(one), one.lineno) for one in name.body] == [
        ("self.x = x", 5),
        ("self.y = list() if y is ABSENT else y", 6),
    ]
    assert {one.lineno for one in ast.walk(made) if isinstance(one, ast.Return)} == {10}


def test_what_classes_share_is_put_into_the_package(tmp_path: Path) -> None:
    package = tmp_path / "openbunker"
    package.mkdir()
    (package / "m.py").write_text(WRITTEN_OUT)
    report = tree.layer(tmp_path, "/opt/python")
    assert (report.modules, report.written_out, report.left) == (2, 1, [])
    assert sorted(file.name for file in package.glob("*.py")) == ["m.py", "plain.py"]
    assert len([*package.rglob("*.pyc")]) == 2
