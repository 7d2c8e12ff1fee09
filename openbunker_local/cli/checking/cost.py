"""`openbunker cost`: what a month of a deployed stack costs, before there is one.

Parses options and prints; prices and rules are `openbunker_local.costs`'s.
"""

from dataclasses import asdict
from typing import Annotated

import typer

from openbunker_local.cli.terminal import tables
from openbunker_local.cli.terminal.options import JsonOption
from openbunker_local.costs.bill import Traffic, bill
from openbunker_local.costs.compaction import ORDINARY_BYTES
from openbunker_local.costs.prices import MILLION

HEAD = "A month on AWS by list prices of us-east-1, without free tiers, questions and traffic out:"
MOST_BATCH, MOST_EVENT_BYTES = 2_500, 1_024_000


def cost(
    *,
    events: Annotated[int, typer.Option("--events-per-month", min=1, help="Events in a month.")],
    batch: Annotated[
        int, typer.Option("--batch", min=1, max=MOST_BATCH, help="Events in a request.")
    ] = 1,
    event_bytes: Annotated[
        int,
        typer.Option(
            "--event-bytes", min=1, max=MOST_EVENT_BYTES, help="Bytes of an event as stored."
        ),
    ] = ORDINARY_BYTES,
    function_url: Annotated[
        bool, typer.Option("--function-url", help="Through a Function URL, without API Gateway.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compute what a month of a deployed stack costs."""
    lines = bill(Traffic(events, batch, event_bytes, function_url))
    total = sum(line.dollars for line in lines)
    per_million = total / events * MILLION
    if as_json:
        told = {"dollars": total, "dollars_per_million_events": per_million}
        tables.show_json({"lines": [asdict(line) for line in lines], **told})
        return
    typer.echo(HEAD)
    rows = [{"what": one.what, "how many": one.many, "$": f"{one.dollars:,.2f}"} for one in lines]
    together = {"what": "together", "how many": "", "$": f"{total:,.2f}"}
    tables.show([*rows, together], ("what", "how many", "$"), "")
    typer.echo(f"${per_million:,.3f} for a million events.")
