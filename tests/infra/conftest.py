"""The template as written and as CloudFormation gets it. Nothing is sent anywhere."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Document = dict[str, Any]


@pytest.fixture(scope="session")
def template() -> Document:
    """template.yaml with its short tags spelled out, as `Fn::Sub` and the like."""
    return read(ROOT / "template.yaml")


@cache
def read(path: Path) -> Document:
    """Return a template with its short tags spelled out. Nobody changes it."""
    from samtranslator.yaml_helper import yaml_parse

    document: Document = yaml_parse(path.read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="session")
def resources(template: Document) -> Document:
    """The resources as written, for the default parameters."""
    found: Document = settled(template, {})["Resources"]
    return found


@pytest.fixture(scope="session", autouse=True)
def region(monkeypatch_session: pytest.MonkeyPatch) -> None:
    """The transform names partitions by a region of the shell."""
    monkeypatch_session.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture(scope="session")
def translated(template: Document) -> Document:
    """The resources after the SAM transform, with the default parameters."""
    return transformed(template, {})


def transformed(template: Document, values: dict[str, Any], layer: str = "layer") -> Document:
    """Return the resources after the SAM transform, with such parameters and such a layer."""
    assert template is read(ROOT / "template.yaml"), "one template is transformed, once each way"
    return dict(_transformed(json.dumps(values), layer))


@cache
def _transformed(told: str, layer: str) -> Document:
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    template, values = read(ROOT / "template.yaml"), json.loads(told)
    uploaded = copy.deepcopy(template)
    for resource in uploaded["Resources"].values():
        for name, key in (("CodeUri", "code"), ("ContentUri", layer)):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = f"s3://bucket/{key}"
    parameters = {name: parameter["Default"] for name, parameter in template["Parameters"].items()}
    parameters |= values | {"AWS::Region": "us-east-1"}
    with pytest.MonkeyPatch.context() as patch:
        _copy_swiftly(patch)
        made: Document = Translator({}, Parser()).translate(uploaded, parameters)
    found: Document = settled(made, values)["Resources"]
    return found


def _copy_swiftly(patch: pytest.MonkeyPatch) -> None:
    """Let SAM's own dicts be copied as they lie there.

    It copies all routes for each of them, and asks for each key where Python 2 would have put it.
    """
    from samtranslator.utils.py27hash_fix import Py27Dict, Py27Keys

    def keys(old: Any, _memo: Any) -> Any:
        new = Py27Keys()
        vars(new).update(vars(old), keyorder=dict(old.keyorder))
        return new

    def dictionary(old: Any, memo: Any) -> Any:
        new = Py27Dict.__new__(Py27Dict)
        vars(new).update({name: copy.deepcopy(one, memo) for name, one in vars(old).items()})
        for key, one in dict.items(old):
            dict.__setitem__(new, key, one if isinstance(one, str) else copy.deepcopy(one, memo))
        return new

    patch.setattr(Py27Keys, "__deepcopy__", keys)
    patch.setattr(Py27Dict, "__deepcopy__", dictionary)


def settled(template: Document, values: dict[str, Any]) -> Document:
    """Return a template whose conditions are decided, as CloudFormation would with such parameters.

    Of a substitution with names of its own, the names are put in place.
    """
    chosen = {name: one["Default"] for name, one in template["Parameters"].items()} | values
    told = {name: _true(test, chosen) for name, test in template.get("Conditions", {}).items()}
    found: Document = _decided(template, told)
    resources = found["Resources"].items()
    found["Resources"] = {n: one for n, one in resources if told.get(one.get("Condition"), True)}
    return found


def _true(test: Any, values: dict[str, Any]) -> bool:
    ((function, parts),) = test.items()
    if function == "Fn::Not":
        return not _true(parts[0], values)
    assert function == "Fn::Equals"
    left, right = (values[one["Ref"]] if isinstance(one, dict) else one for one in parts)
    return bool(str(left) == str(right))


def _decided(part: Any, told: dict[str, bool]) -> Any:
    if isinstance(part, list):
        return [_decided(one, told) for one in part if not _nothing(one)]
    if not isinstance(part, dict):
        return part
    if "Fn::If" in part:
        name, when, otherwise = part["Fn::If"]
        return _decided(when if told[name] else otherwise, told)
    found = {name: _decided(one, told) for name, one in part.items()}
    found = {name: one for name, one in found.items() if not _nothing(one)}
    if isinstance(found.get("Fn::Sub"), list):
        text, names = found["Fn::Sub"]
        for name, one in names.items():
            text = text.replace("${" + name + "}", _text(one))
        return {"Fn::Sub": text}
    return found


def _nothing(part: Any) -> bool:
    return bool(part == {"Ref": "AWS::NoValue"})


def _text(part: Any) -> str:
    if isinstance(part, dict):
        ((function, named),) = part.items()
        if function == "Fn::Sub":
            return str(named)
        return "${" + (named if isinstance(named, str) else ".".join(named)) + "}"
    return str(part)


@pytest.fixture(scope="session")
def monkeypatch_session() -> Any:
    """A monkeypatch that lives as long as what is made under it."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch
