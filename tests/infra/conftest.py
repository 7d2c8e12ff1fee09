"""The template as written and as CloudFormation gets it. Nothing is sent anywhere."""

import copy
from pathlib import Path
from typing import Any

import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
Document = dict[str, Any]


@pytest.fixture(scope="session")
def template() -> Document:
    """template.yaml with its short tags spelled out, as `Fn::Sub` and the like."""
    document: Document = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="session")
def resources(template: Document) -> Document:
    """The resources as written."""
    found: Document = template["Resources"]
    return found


@pytest.fixture(scope="session")
def translated(template: Document, monkeypatch_session: pytest.MonkeyPatch) -> Document:
    """The resources after the SAM transform, with the default parameters."""
    monkeypatch_session.setenv("AWS_DEFAULT_REGION", "us-east-1")
    uploaded = copy.deepcopy(template)
    for resource in uploaded["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = "s3://bucket/key"
    parameters = {name: parameter["Default"] for name, parameter in template["Parameters"].items()}
    parameters["AWS::Region"] = "us-east-1"
    found: Document = Translator({}, Parser()).translate(uploaded, parameters)["Resources"]
    return found


@pytest.fixture(scope="session")
def monkeypatch_session() -> Any:
    """A monkeypatch that lives as long as what is made under it."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch
