"""What ways of calling AWS cost a cold start: import to a client that is ready, in turns.

    python -m bench.awslambda.imports

Each way runs in a process of its own, once a round, so that a busy moment of the machine hits all
alike. No connection is made. Absolute times belong to this machine; compare within one table.
"""

import subprocess
import sys
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = Path(__file__).parents[2]
ROUNDS = 21

_OURS = """
from openbunker.aws.client import FIREHOSE, AwsJsonClient
from openbunker.aws.sigv4 import Credentials
client = AwsJsonClient(FIREHOSE, region="us-east-1", credentials=Credentials("a", "b"),
                       now_ms=lambda: 0)
"""
_BOTOCORE = """
from botocore.session import Session
Session().create_client("firehose", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
"""
_BOTO3 = """
import boto3
boto3.client("firehose", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
"""
WAYS = {
    "nothing": "",
    "TLS alone: ssl, socket": "import ssl, socket",
    "http.client": "import ssl, socket, http.client",
    "h11": "import ssl, socket, h11",
    "our reader": "import ssl, socket, openbunker.aws.http1, openbunker.aws.lookup",
    "ours, no trust loaded": _OURS,
    "ours, Amazon's roots": _OURS + "from openbunker.aws.connection import *; amazon_trust()",
    "ours, the system's list": _OURS + "import ssl; ssl.create_default_context()",
    "botocore's signer and urllib3": "import botocore.auth, botocore.awsrequest, urllib3",
    "botocore client": _BOTOCORE,
    "boto3 client": _BOTO3,
}


def main() -> int:
    """Measure every way and print the table."""
    console = Console()
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in track(range(ROUNDS), "starting processes", console=console, transient=True):
        for way, code in WAYS.items():
            times[way].append(_milliseconds(code))
    table = Table("way", title=f"Milliseconds from first line to ready, {ROUNDS} rounds")
    for column in ("median", "min"):
        table.add_column(column, justify="right")
    for way, found in times.items():
        table.add_row(way, f"{median(found):.1f}", f"{min(found):.1f}")
    console.print(table)
    console.print(f"Python {sys.version.split()[0]}, bytecode cached by the interpreter")
    return 0


def _milliseconds(code: str) -> float:
    """Return what a new process says about its own clock, from its first line to the last."""
    timed = f"import time\nt = time.perf_counter()\n{code}\nprint(time.perf_counter() - t)"
    ran = subprocess.run(
        [sys.executable, "-c", timed],
        env={"PYTHONPATH": str(ROOT / "layers/shared")},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(ran.stdout) * 1000


if __name__ == "__main__":
    sys.exit(main())
