"""Each written-out class beside the dataclass that its source says: they behave alike."""

import ast
import copy
import dataclasses
import importlib
import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean import classes, plain
from lean.modules import Report, lean
from tests.support.laws import checked
from tests.support.lean import modules
from tests.support.sources import SHARED, sources

# Enough kinds of values: what fields hold is nothing to the class, but a dict has no hash.
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3), st.text("ab", max_size=2),
    st.just(()), st.tuples(st.text("ab", max_size=1)), st.builds(dict),
)  # fmt: skip
Pair = tuple[Any, Any]


def _in_source() -> list[str]:
    found = sources(((SHARED, "openbunker"),))
    return [name for name, one in found.items() if "@dataclass" in one.text]


@pytest.fixture(scope="module")
def pairs(lean_package: Path) -> list[Pair]:
    """Every dataclass that is written out, and its plain class."""
    names = _in_source()
    made = modules(lean_package, names)
    found: list[Pair] = []
    for name in names:
        for one in vars(importlib.import_module(name)).values():
            if isinstance(one, type) and dataclasses.is_dataclass(one) and one.__module__ == name:
                other = getattr(made[name], one.__name__)
                found += [(one, other)] if hasattr(other, "__names__") else []
    return found


def outcome(action: Callable[[], Any]) -> Any:
    """What an action returns, or the type of what it raises."""
    try:
        return action()
    except (TypeError, AttributeError, KeyError) as error:
        return type(error)


def test_nearly_all_are_written_out(pairs: list[Pair]) -> None:
    assert len(pairs) > 60
    hot = [one for one, _ in pairs if one.__module__.split(".")[1] in ("core", "wire", "ingest")]
    assert len(hot) > 20


def test_they_take_the_same_arguments(pairs: list[Pair]) -> None:
    for one, other in checked(pairs):
        old, new = (inspect.signature(made).parameters.values() for made in (one, other))
        assert [(p.name, p.kind) for p in old] == [(p.name, p.kind) for p in new], one
        for was, now in zip(old, new, strict=True):
            if repr(was.default) != "<factory>":
                told = (repr(p.default).partition(" at ")[0] for p in (was, now))
                assert len({*told}) == 1, one
        assert one.__match_args__ == other.__match_args__, one
        assert one.__doc__ == other.__doc__ or one.__doc__.startswith(f"{one.__name__}("), one
        assert not hasattr(other, "__dict__") or "__dict__" not in dir(other), one


def test_dataclasses_own_functions_see_the_same_fields(pairs: list[Pair]) -> None:
    for one, other in checked(pairs):
        old, new = dataclasses.fields(one), dataclasses.fields(other)
        assert [(f.name, f.init, f.repr, f.compare) for f in old] == [
            (f.name, f.init, f.repr, f.compare) for f in new
        ], one
        assert [f.default_factory is dataclasses.MISSING for f in old] == [
            f.default_factory is dataclasses.MISSING for f in new
        ], one
        assert [f.name for f in plain.fields(other)] == [f.name for f in old], one


def _differs(field: "dataclasses.Field[Any]") -> bool:
    """Whether a field has no default that is equal in both classes: functions differ, and ours."""
    if field.default_factory is not dataclasses.MISSING:
        return " at 0x" in repr(field.default_factory())
    default = field.default
    if default is dataclasses.MISSING:
        return True
    held = default if isinstance(default, tuple) else (default,)
    return any(map(dataclasses.is_dataclass, held)) or " at 0x" in repr(default)


def _some(pair: Pair, data: st.DataObject) -> Pair:
    """One of each class, made of the same values, with some of the defaults."""
    chosen = [f for f in dataclasses.fields(pair[0]) if f.init]
    needed = [f for f in chosen if _differs(f)]
    others = [f for f in chosen if not _differs(f)]
    given_too = data.draw(st.lists(st.sampled_from(others), unique=True)) if others else []
    values = {f.name: data.draw(VALUES) for f in (*needed, *given_too)}
    one, other = (outcome(partial(made, **values)) for made in pair)
    return one, other


@given(data=st.data())
def test_they_are_equal_hashed_shown_and_copied_alike(
    pairs: list[Pair], data: st.DataObject
) -> None:
    pair = data.draw(st.sampled_from(pairs))
    one, other = _some(pair, data)
    if isinstance(one, type):  # values that the class itself refuses
        assert one is other
        return
    names = [f.name for f in dataclasses.fields(one)]
    assert repr(one) == repr(other)
    assert [getattr(one, n) for n in names] == [getattr(other, n) for n in names]
    assert outcome(lambda: hash(one)) == outcome(lambda: hash(other))
    assert other != one
    assert dataclasses.asdict(one) == dataclasses.asdict(other)
    for again in (copy.copy(other), copy.deepcopy(other), dataclasses.replace(other)):
        assert again == other
        assert again is not other
    second, its = _some(pair, data)
    if not isinstance(second, type):
        assert (one == second) is (other == its)


@given(data=st.data())
def test_they_are_replaced_alike(pairs: list[Pair], data: st.DataObject) -> None:
    one, other = _some(data.draw(st.sampled_from(pairs)), data)
    if isinstance(one, type) or not dataclasses.fields(one):
        return
    changed = data.draw(st.sampled_from([f.name for f in dataclasses.fields(one)]))
    change = {changed: data.draw(VALUES)}
    old = outcome(lambda: repr(dataclasses.replace(one, **change)))
    if isinstance(old, str):
        assert repr(plain.replace(other, **change)) == old
        assert repr(dataclasses.replace(other, **change)) == old
    with pytest.raises(TypeError):
        plain.replace(other, no_such_field=1)


def test_they_refuse_what_dataclasses_refuse(pairs: list[Pair]) -> None:
    for pair in checked(pairs):
        for made in pair:
            assert outcome(partial(made, no_such_field=1)) is TypeError, made
            assert outcome(partial(made, *[None] * 40)) is TypeError, made
        with pytest.raises(AttributeError):
            made.__new__(made).no_such_field = 1


def written(source: str) -> tuple[str, Report]:
    report = Report()
    return ast.unparse(lean(ast.parse(source), "m", lambda _: None, report)), report


@pytest.mark.parametrize(
    "source",
    [
        "@dataclass(frozen=True)\nclass A:\n    x: int",
        "@dataclass(slots=True, order=True)\nclass A:\n    x: int",
        "@dataclass(slots=True)\nclass A:\n    x: int = field(default=1, metadata={})",
        "@dataclass(slots=True)\nclass A:\n    x: ClassVar[int] = 1",
        "@dataclass(slots=True)\nclass A(Unknown):\n    x: int",
        "@dataclass(slots=True)\nclass A:\n    x: int\n    def __eq__(self, other): ...",
        "@dataclass(slots=True)\nclass A(metaclass=M):\n    x: int",
    ],
)
def test_what_is_not_known_stays_a_dataclass(source: str) -> None:
    text, report = written(f"from dataclasses import dataclass, field\n{source}")
    assert "@dataclass" in text
    assert "from dataclasses import dataclass" in text
    assert "x: " in text  # a dataclass reads its annotations
    assert (len(report.left), report.written_out) == (1, 0)


def test_a_class_of_the_same_module_may_be_the_base_of_another() -> None:
    text, _ = written(
        "from dataclasses import dataclass\n"
        "@dataclass(frozen=True, slots=True)\nclass A:\n    x: int\n"
        "@dataclass(frozen=True, slots=True)\nclass B(A):\n    y: int = 1\n"
    )
    found: dict[str, Any] = {}
    exec(text.replace("openbunker.plain", "lean.plain"), found)
    assert repr(found["B"](2)) == "B(x=2, y=1)"
    assert repr(plain.replace(found["B"](2, 3), x=4)) == "B(x=4, y=3)"
    assert found["A"](1) != found["B"](1)


def test_a_field_may_be_told_by_its_default_alone() -> None:
    (node,) = ast.parse("class A:\n    x: int = field(default=3, hash=False)").body
    assert isinstance(node, ast.ClassDef)
    (found,) = classes.fields_of(node)
    assert (ast.unparse(found.default or node), found.compared, found.hashed) == ("3", True, False)
