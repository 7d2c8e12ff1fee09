"""Prints template.yaml as JSON: anchors, merges and short functions written out. Changes no word.

For tools that take a key of a merge (`<<`) for a second one of its name.
"""

import json
import sys
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"


def plain() -> dict[str, Any]:
    """Return the template as CloudFormation is told it."""
    found: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    json.dump(plain(), sys.stdout, indent=1)
