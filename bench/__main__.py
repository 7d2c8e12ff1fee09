"""`make bench`, or `python -m bench init local`: each part prints a table; exit 1 on a miss."""

import importlib
import sys

PARTS = ("init", "local", "wire", "warm", "keys", "compaction", "query", "growth", "cost")
# Parts that are run by name: `make fuzz`, `python -m bench receipts`.
APART = (
    "books", "front", "fuzz", "live", "peers", "receipts", "scaling", "tenants", "turns", "twin",
)  # fmt: skip


def main(names: list[str]) -> int:
    """Run the named parts, or all of them, and return the worst exit code."""
    known = (*PARTS, *APART)
    unknown = set(names) - set(known)
    if unknown:
        print(f"there is no bench {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return 2
    codes: list[int] = [importlib.import_module(f"bench.{name}").main() for name in names or PARTS]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
