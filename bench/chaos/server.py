"""A server whose stream, disk and clock fail as a table says: `openbunker run`, made to fail.

`python -m bench.chaos.server --faults bench/chaos/faults.example.toml --data /tmp/trial`. The
command's own code serves; only what stands before its parts is put there here.
"""

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.panel import Panel

from bench.chaos.faults.injection import Injection
from bench.chaos.faults.table import FaultTable, InvalidFaults, load
from openbunker_local.cli.run.command import PLAIN, Wanted, serve
from openbunker_local.tasks import task

# Alone on its line: trials read it.
STRUCK = "faults struck: "
# A file holds one at least: whoever writes one means it.
NONE = FaultTable.model_construct(seed=0, fault=[])


def main() -> None:
    """Serve until SIGTERM, then tell how often each fault has struck."""
    given = _parser().parse_args()
    try:
        table = load(given.faults) if given.faults else NONE
    except InvalidFaults as error:
        raise SystemExit(f"Cannot use the faults of {error}") from error
    if table.fault:
        _warn(table)
    injection = Injection(table, task.sleep)
    wanted = Wanted(
        port=given.port,
        data=given.data,
        compact_seconds=given.compact_interval,
        workers=given.workers,
        worker_bytes=given.worker_bytes,
    )
    serve(wanted, injection)
    print(f"{STRUCK}{json.dumps(injection.struck())}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos.server", description=__doc__)
    parser.add_argument("--faults", type=Path, help="TOML table of faults to inject")
    parser.add_argument("--port", type=int, default=PLAIN.port, help="0 takes a free one")
    parser.add_argument("--data", type=Path, default=PLAIN.data, help="folder of events and keys")
    parser.add_argument("--compact-interval", type=float, default=PLAIN.compact_seconds)
    parser.add_argument("--workers", type=int, default=PLAIN.workers)
    parser.add_argument("--worker-bytes", type=int, default=PLAIN.worker_bytes)
    return parser


def _warn(table: FaultTable) -> None:
    """Say loudly that there are faults, and which."""
    text = "\n".join(f"{fault.name} ({fault.kind})" for fault in table.fault)
    title = f"FAULTS ARE INJECTED: things fail on purpose (seed {table.seed})"
    Console(stderr=True).print(Panel.fit(text, title=title, border_style="bold red"))


if __name__ == "__main__":
    main()
