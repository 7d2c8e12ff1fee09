"""`make bench`, or `python -m bench init local`: each part prints a table; exit 1 on a miss."""

import importlib
import sys

PARTS = ("init", "local")


def main(names: list[str]) -> int:
    """Run the named parts, or all of them, and return the worst exit code."""
    unknown = set(names) - set(PARTS)
    if unknown:
        print(f"there is no bench {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
        return 2
    codes: list[int] = [importlib.import_module(f"bench.{name}").main() for name in names or PARTS]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
