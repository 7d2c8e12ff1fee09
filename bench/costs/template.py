"""What template.yaml says, for whoever computes with it. Decides nothing of its conditions."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"


def resources() -> Mapping[str, Any]:
    """Return the resources by name."""
    found: Mapping[str, Any] = _document()["Resources"]
    return found


def parameter(name: str) -> float:
    """Return the default of a parameter that is a number."""
    return float(_document()["Parameters"][name]["Default"])


@cache
def _document() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Template)
    return found


class _Template(yaml.SafeLoader):
    """YAML with CloudFormation's short functions, whose arguments are all that stays of them."""


def _argument(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        items: Sequence[Any] = loader.construct_sequence(node, deep=True)
        return items
    return None


_Template.add_multi_constructor("!", _argument)
