"""What a twin loads before it can be asked: nothing that only questions need."""

import json
import subprocess
import sys
from pathlib import Path

from tests.perf.test_command_imports import CLOUD, ENGINE, PRETTY, WORKSHOP

ROOT = Path(__file__).resolve().parents[2]
PROBE = """
import json, sys
from pathlib import Path
from openbunker_local import runtime
from openbunker_local.testing import twin
pace = runtime.Pace(late=True)
with runtime.running(Path(sys.argv[1]), "http://x", print, pace) as running:
    early = sorted(sys.modules)
    running.read()
    print(json.dumps([early, sorted(sys.modules)]))
"""


def test_what_only_reads_is_loaded_when_it_is_opened(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(tmp_path / "data")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    early, late = json.loads(done.stdout.splitlines()[-1])
    assert not (WORKSHOP | CLOUD | ENGINE | PRETTY | {"pydantic", "typer"}) & {*early}
    assert {"duckdb", "sqlglot", "openbunker_local.reading"} <= {*late}
