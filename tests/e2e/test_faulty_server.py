"""A server that fails on purpose: it says so, goes on, and does not start with a wrong table."""

import subprocess
import sys
from pathlib import Path

from tests.support.server import FAULTY, running_server

ROOT = Path(__file__).parents[2]
TABLE = """
seed = 1
[[fault]]
name = "third-call"
kind = "timeout_before_commit"
window = [4, 9]
times = 100
[[fault]]
name = "always-late"
kind = "clock"
offset_seconds = -120.0
every = 1
times = 1000
"""


def test_a_table_makes_calls_fail_and_the_server_says_so(tmp_path: Path) -> None:
    """The sink's three attempts each meet the fault: the spill has the event until its replay."""
    file = tmp_path / "faults.toml"
    file.write_text(TABLE)
    with running_server(tmp_path / "data", "--faults", str(file), module=FAULTY) as server:
        said = "".join(server.told)
        key = {"x-eventbunker-write-key": server.demo["write_key"]}
        body = {"event_name": "e"}
        answers = [server.call("POST", "/post", body, key) for _ in range(6)]
        server.wait_until_visible()
        question = {"time_period": "minus_60_minutes", "computations": [{"function": "count"}]}
        visible = server.ask(question)["rows"][0][0]
    accepted = [answer for answer in answers if answer.status == 200]
    assert "FAULTS ARE INJECTED" in said
    assert "third-call (timeout_before_commit)" in said
    assert len(accepted) == visible == 6


def test_a_wrong_table_is_told_before_anything_starts(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text('seed = 1\n[[fault]]\nname = "f"\nkind = "throttle"\ntimes = 1\n')
    command = [sys.executable, "-m", *FAULTY, "--data", str(tmp_path / "data")]
    done = subprocess.run(
        [*command, "--faults", str(file)],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "fault[0] f: give exactly one of every, probability and window" in done.stderr
    assert not (tmp_path / "data").exists()
