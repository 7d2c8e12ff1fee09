"""`make bench`, or `python -m bench init local`: each part prints a table; exit 1 on a miss.

`python -m bench -h` names the parts.
"""

import importlib
import sys

PARTS = ("init", "local", "wire", "warm", "keys", "compaction", "query", "growth", "cost")
# Parts that are run by name: `make fuzz`, `python -m bench receipts`.
APART = (
    "books", "front", "fuzz", "live", "peers", "receipts", "scaling", "tenants", "turns", "twin",
)  # fmt: skip
HELP = f"""usage: python -m bench [-h] [PART ...]

Measures, and prints a table for each part; exit 1 where one misses its target, 2 for a part that
there is not.

without a name:  {", ".join(PARTS)}
by name alone:   {", ".join(APART)}

The first lines of bench/PART.py, or of bench/PART/, say what a part measures and what it needs."""


def main(names: list[str]) -> int:
    """Run the named parts, or all of them, and return the worst exit code."""
    if {"-h", "--help"} & set(names):
        print(HELP)
        return 0
    if unknown := sorted(set(names) - {*PARTS, *APART}):
        told = ", ".join(unknown)
        print(f"there is no bench {told}; `python -m bench -h` names them", file=sys.stderr)
        return 2
    codes: list[int] = [importlib.import_module(f"bench.{name}").main() for name in names or PARTS]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
