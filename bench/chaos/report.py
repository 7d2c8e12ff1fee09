"""The result of a chaos run as a table, as JSON and as a piece of docs/reliability.md.

Reads and writes text; runs nothing.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from bench.chaos.trial import Result

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
KEPT = Path(__file__).parents[2] / "docs" / "reliability.json"
BEGIN, END = "<!-- chaos: begin -->", "<!-- chaos: end -->"
_MARKED = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
COLUMNS = (
    "scenario",
    "done",
    "requests",
    "accepted",
    "reads",
    "lost",
    "doubled",
    "ghosts",
    "false reads",
    "slowest, ms",
)
GHOSTS = ("refused_but_visible", "retry_but_visible", "never_sent")


def document(seed: str, results: Sequence[Result], seconds: float) -> dict[str, Any]:
    """Return the run as JSON data."""
    return {
        "seed": seed,
        "seconds": round(seconds),
        "good": all(result.good for result in results),
        "scenarios": [asdict(result) for result in results],
    }


def row(scenario: Mapping[str, Any]) -> list[str]:
    """Return a scenario of the document as texts, one per column.

    A run of before reads were checked has none.
    """
    found = scenario["findings"]
    return [
        scenario["scenario"],
        scenario["note"],
        f"{scenario['requests']:,}",
        f"{scenario['accepted']:,}",
        f"{scenario.get('reads', 0):,}",
        str(found["missing"]),
        str(found["doubled"] + found["ids_given_twice"]),
        str(sum(found[name] for name in GHOSTS)),
        str(found.get("history", 0)),
        f"{scenario['slowest_ms']:,}",
    ]


def screen(run: Mapping[str, Any]) -> Table:
    """Return the table for a terminal."""
    title = f"--seed {run['seed']}: {run['seconds']} s"
    table = Table(*COLUMNS, "verdict", title=title)
    for scenario in run["scenarios"]:
        good = not any(scenario["findings"].values())
        table.add_row(*row(scenario), "good" if good else scenario["told"])
    return table


def markdown(run: Mapping[str, Any]) -> str:
    """Return the table for the page, with its sums, between the page's marks."""
    rows = [row(scenario) for scenario in run["scenarios"]]
    sums = {
        name: sum(int(one[COLUMNS.index(name)].replace(",", "")) for one in rows)
        for name in COLUMNS[2:-1]
    }
    lines = [
        BEGIN,
        f"Measured with `python -m bench.chaos --seed {run['seed']} --write-docs`, "
        f"{run['seconds']} seconds:",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "|" + " --- |" * len(COLUMNS),
        *("| " + " | ".join(one) + " |" for one in rows),
        "| **all** | | " + " | ".join(f"{value:,}" for value in sums.values()) + " | |",
        END,
    ]
    return "\n".join(lines)


def write_docs(run: Mapping[str, Any], page: Path = PAGE, kept: Path = KEPT) -> None:
    """Put the table between the marks of the page, and the data beside it."""
    text = page.read_text(encoding="utf-8")
    page.write_text(_MARKED.sub(lambda _: markdown(run), text), encoding="utf-8")
    kept.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
