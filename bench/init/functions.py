"""The functions that are started: their folders, their environment, the event that each gets."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.awslambda import layer
from bench.awslambda.lambda_runtime import ROOT, client_folder, sdk_folder
from bench.awslambda.worker import Function
from tests.support import backends

EMPTY = "empty handler"
BARE = "track, no bytecode"
HOT = ("track", "batch", "key_validation")
EVENTS = {
    EMPTY: "eventbunker-post",
    "track": "eventbunker-post",
    "batch": "databuddy-batch",
    "key_validation": "keys-validate-post",
    "query": "query-count",
    "manage": "manage-project-create-wrong-key",
    BARE: "eventbunker-post",
}


@dataclass(frozen=True, slots=True)
class Started:
    """A function, and the event that it is sent."""

    function: Function
    event: Mapping[str, Any]


def built(scratch: Path, package: Path, python: str, url: str) -> dict[str, Started]:
    """Build the functions and return them by their names, the floor first."""
    (scratch / "functions").mkdir()
    folders = {
        name: layer.function(name, scratch / "functions", python)
        for name in EVENTS
        if (ROOT / "functions" / name).is_dir()
    }
    empty = scratch / "empty"
    empty.mkdir()
    (empty / "app.py").write_text("def handler(event, context):\n    return {}\n")
    plain = shutil.copytree(ROOT / "functions" / "track", scratch / "plain" / "track")
    bare = layer.without_bytecode(package, scratch / "bare")
    paths = {name: (folder, package) for name, folder in folders.items()}
    paths |= {EMPTY: (empty, package), BARE: (plain, bare)}
    after = (client_folder(python), sdk_folder())
    environ = backends.environ(url, url)
    return {
        name: Started(
            Function(python=python, path=(*paths[name], *after), environ=environ, flags=("-S",)),
            json.loads((ROOT / "events" / f"{event}.json").read_bytes()),
        )
        for name, event in EVENTS.items()
    }
