"""What a million events cost on AWS, from list prices and the bytes that our records really have.

The rules are the product's own (`openbunker cost`); its prices say what is assumed.
"""

from rich.console import Console
from rich.table import Table

from bench.costs.sample import sample
from openbunker_local.costs import idle
from openbunker_local.costs.bill import Traffic, bill
from openbunker_local.costs.prices import MILLION, MONTH_SECONDS, PER_PUT, PUTS_PER_OBJECT
from openbunker_local.costs.writing import writing


def main() -> int:
    """Print the tables."""
    record = sample()
    table = Table(
        "events a request",
        *("HTTP API", "Lambda", "Firehose", "together, $"),
        title=f"dollars per million events of {len(record.data)} bytes as stored",
    )
    for size in (1, 10, 100):
        cost = writing(MILLION, size, len(record.data))
        cells = (cost.gateway, cost.functions, cost.stream, cost.total)
        table.add_row(str(size), *(f"{cell:.3f}" for cell in cells))
    Console().print(table)
    puts = Table(
        "objects a second", "S3 PUTs, $ a month", title="delivery goes by time, not events"
    )
    for rate in (0.01, 0.1, 1.0):
        puts.add_row(str(rate), f"{rate * MONTH_SECONDS * PUTS_PER_OBJECT * PER_PUT:.2f}")
    Console().print(puts)
    Console().print(_idle())
    starts = Table("of a function of 512 MB", "$", title="shorter starts")
    for what, dollars in idle.starts().items():
        starts.add_row(what, f"{dollars:.2f}")
    Console().print(starts)
    from bench.costs import compaction as cost_compaction
    from bench.costs import ids, partitions

    return max(cost_compaction.main(), ids.main(), partitions.main())


def _idle() -> Table:
    """Return what a month costs in which one event comes: what goes on without any."""
    table = Table("while nothing arrives", "how many", "$ a month", title="idle")
    lines = [line for line in bill(Traffic(events=1)) if line.dollars >= 0.005]
    for line in lines:
        table.add_row(line.what, line.many, f"{line.dollars:.2f}")
    table.add_row("together", "", f"{sum(line.dollars for line in lines):.2f}")
    return table
