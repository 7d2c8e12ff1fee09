"""What a cold start of the hot path imports: little, and none of the heavy things.

Counts modules, not milliseconds, so that it says the same on every machine. `python -m bench init`
has the milliseconds.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOT = ("track", "batch", "key_validation")
# Beyond what Lambda's runtime client has imported for any handler. Raise it with a reason only:
# 112 since a stream can fail (the failover) and refusals are kept; their backends load at need.
# 115 since a mistyped key costs no look-up and projects have limits.
# 127 since the code stands in rooms (seven packages more, each a docstring) and the walk says in
# one value how far it came.
CEILING = 127
FORBIDDEN = {
    *("boto3", "botocore", "s3transfer", "urllib3", "requests", "httpx"),
    *("pydantic", "pydantic_core", "msgspec", "jsonschema", "typing_extensions"),
    *("sqlglot", "duckdb", "sqlite3", "yaml", "rich", "typer", "uvicorn"),
    *("aws_lambda_powertools", "aws_xray_sdk", "asyncio", "multiprocessing", "ctypes"),
    *(
        "openbunker_local",
        "openbunker.query",
        "openbunker.manage",
        "openbunker.sinks.spill",
        "openbunker.aws.objects",
    ),
}
PROBE = """
import json, sys
import awslambdaric.bootstrap
floor = set(sys.modules)
import app
from openbunker.wiring import hot
hot.current()
json.dump(sorted(set(sys.modules) - floor), sys.stdout)
"""


def imported(function: str) -> set[str]:
    """Return what a function has imported when its first request can be served."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env={
            "PYTHONPATH": f"{ROOT / 'functions' / function}:{ROOT / 'layers' / 'shared'}",
            "OPENBUNKER_STREAM": "events",
            "OPENBUNKER_KEYS_TABLE": "keys",
            "OPENBUNKER_GLUE_DATABASE": "openbunker",
            "OPENBUNKER_ATHENA_WORKGROUP": "openbunker",
            "OPENBUNKER_SPILL_QUEUE": "https://sqs.us-east-1.amazonaws.com/123456789012/spill",
            "OPENBUNKER_BUCKET": "events",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("function", HOT)
def test_the_hot_path_imports_little(function: str) -> None:
    found = imported(function)
    assert not FORBIDDEN & found
    assert len(found) <= CEILING, sorted(found)


def test_the_probe_sees_what_a_function_imports() -> None:
    assert {"app", "openbunker.ingest.pipeline", "openbunker.wiring.clients"} <= imported("track")
