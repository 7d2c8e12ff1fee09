"""Schemathesis reads /openapi.json of a running server and holds its answers against it.

Bounded and seeded. It lives in an environment of its own (scripts/venv.sh): `make e2e` runs
it, `make test` does not.
"""

import subprocess
from pathlib import Path

import pytest

from openbunker.key_validation import HEADERS
from openbunker.query import endpoint
from tests.e2e.test_golden_server import register_keys
from tests.support.server import running_server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SETUP_SECONDS, RUN_SECONDS = 300, 120
EXAMPLES, SEED = 30, 1
WRITE_KEY, QUERY_KEY = "wk-shop-1f0c", "qk-shop-77ab"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)


def test_a_running_server_answers_as_its_document_says(tmp_path: Path) -> None:
    setup = [str(ROOT / "scripts/venv.sh"), "e2e", "schemathesis", "--only-binary=:all:"]
    subprocess.run(setup, check=True, timeout=SETUP_SECONDS)
    register_keys(tmp_path / "data")
    with running_server(tmp_path / "data") as server:
        done = subprocess.run(
            [
                ROOT / ".cache/e2e-venv/bin/schemathesis",
                "run",
                f"{server.url}/openapi.json",
                *options(),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_SECONDS,
            cwd=tmp_path,
        )
        code, _ = server.stop()

    assert done.returncode == 0, done.stdout
    assert "No issues found" in done.stdout
    assert code == 0


def options() -> list[str]:
    keys = {**dict.fromkeys(HEADERS, WRITE_KEY), endpoint.KEY_HEADER: QUERY_KEY}
    headers = [word for name, key in keys.items() for word in ("-H", f"{name}: {key}")]
    return [
        *headers,
        *("--checks", ",".join(CHECKS), "--phases", "coverage,fuzzing", "--continue-on-failure"),
        *("--max-examples", str(EXAMPLES), "--seed", str(SEED), "--generation-database", "none"),
        *("--warnings", "off", "--request-timeout", "30", "--no-color"),
    ]
