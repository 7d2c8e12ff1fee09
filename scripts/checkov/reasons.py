"""Compares checkov's findings, as JSON on standard input, with reasons.toml. Knows no check itself.

Exit 1 where something was found that nobody has given a reason for, where a reason is given for
what is not found any more, or where a template could not be read.
"""

import json
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

Report = Mapping[str, Any]
REASONS = Path(__file__).with_name("reasons.toml")


def problems(reports: Iterable[Report], reasons: Mapping[str, Report]) -> Iterator[str]:
    """Yield what is wrong with the findings and with the reasons.

    A reason may be for some resources only; one of others is none.
    """
    found: set[str] = set()
    for report in reports:
        for name in report["results"].get("parsing_errors", ()):
            yield f"{name} could not be read"
        for check in report["results"]["failed_checks"]:
            check_id, resource = check["check_id"], check["resource"].rpartition(".")[2]
            found.add(check_id)
            if resource not in reasons.get(check_id, {"only": ()}).get("only", (resource,)):
                yield f"{check_id} {check['resource']}: {check['check_name']}"
    for check_id in sorted(set(reasons) - found):
        yield f"{check_id} is not found any more: take its reason out of {REASONS.name}"


def main(given: TextIO, out: TextIO) -> int:
    """Tell what is wrong, and how much was compared; return the exit code."""
    text = given.read()
    told = json.loads(text[text.index(next(one for one in text if one in "[{")) :])
    reports = told if isinstance(told, list) else [told]
    passed = sum(report["summary"]["passed"] for report in reports)
    reasons = tomllib.loads(REASONS.read_text("utf-8"))
    wrong = list(problems(reports, reasons))
    for one in wrong:
        out.write(f"{one}\n")
    out.write(f"checkov: {passed} passed, {len(reasons)} kinds of finding with a reason\n")
    return 1 if wrong or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.stdin, sys.stdout))
