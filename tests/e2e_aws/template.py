"""The built template as the emulator takes it: without the alarms that compute from metrics.

Nothing else is changed. What is left out is told, and docs/deploy.md says so.
"""

import json
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse


def read(path: Path) -> dict[str, Any]:
    """Return a template, its short tags spelled out, as `Fn::Sub` and the like."""
    text = path.read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text) if path.suffix == ".json" else yaml_parse(text)
    return found


def left_out(template: dict[str, Any]) -> list[str]:
    """Return the names of what the emulator cannot make: alarms over expressions."""
    return sorted(
        name
        for name, one in template["Resources"].items()
        if one["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in one["Properties"]
    )


def for_emulator(path: Path) -> tuple[Path, list[str]]:
    """Write what the emulator can make beside a built template; return it, and what is left out."""
    template = read(path)
    names = left_out(template)
    for name in names:
        del template["Resources"][name]
    written = path.with_name(f"{path.stem}-on-emulator.json")
    written.write_text(json.dumps(template, default=str), encoding="utf-8")
    return written, names
