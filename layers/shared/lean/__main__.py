"""`python -m lean layer FOLDER` and `python -m lean function FOLDER`, called by compile.sh."""

import sys
from pathlib import Path

from lean import tree

# Where Lambda unpacks layers and functions.
LAYER, FUNCTION = "/opt/python", "/var/task"


def main(kind: str, folder: str) -> int:
    """Make a folder lean and say what was done."""
    make, shown_as = (tree.layer, LAYER) if kind == "layer" else (tree.function, FUNCTION)
    report = make(Path(folder), shown_as)
    lines = [
        f"openbunker {kind}: {report.modules} modules made lean, {report.written_out} dataclasses "
        f"written out; left as they stand: {len(report.left)} dataclasses, "
        f"{len(report.as_they_stand)} modules that read annotations when they run",
        *report.left,
    ]
    sys.stdout.write("\n  ".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
